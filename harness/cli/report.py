"""`harness report`: a run or a comparison as pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.also import HELP as ALSO_HELP
from harness.cli.options import DEFAULT_RUNS
from harness.core.errors import UserError, unknown_name
from harness.core.records import Record, Run

if TYPE_CHECKING:
    from harness.comparison.records import Comparison


def report(
    run: Annotated[list[str], typer.Argument(help="One run, or a baseline and a candidate.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder for the pages. Default: the (candidate's) run folder.")
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="Also write the records as a CSV table.")] = None,
    parquet: Annotated[Path | None, typer.Option(help="Also write the records as a Parquet table.")] = None,
    allow: Annotated[list[str] | None, typer.Option(help="As for compare: prompt, settings, scorers.")] = None,
    margin: Annotated[float, typer.Option(help="The loss that the gate tolerates, as a fraction.")] = 0.02,
    also: Annotated[list[str] | None, typer.Option(help=ALSO_HELP)] = None,
    runs: Annotated[Path, typer.Option(help="Where runs are kept.")] = DEFAULT_RUNS,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    json: Annotated[bool, typer.Option("--json", help="The paths as one JSON document.")] = False,
) -> None:
    """Write the report of a run, or of two runs compared: one HTML page and one Markdown page."""
    from harness.cli.also import ALSO
    from harness.cli.show.console import print_json

    if len(run) > 2:
        raise UserError(f"{len(run)} runs given", tip="a report is of one run, or of a baseline and a candidate.")
    for name in also or []:
        if name not in ALSO:
            raise unknown_name("--also", name, ALSO)
    loaded = _load_one(run[0], runs) if len(run) == 1 else _load_two(run, runs, allow, margin)
    if also:
        loaded = replace(loaded, records=tuple(_with_lm_eval(records) for records in loaded.records))
    paths = _write(loaded, out or loaded.folders[-1], csv, parquet, runs)
    if open_page:
        open_in_browser(paths)
    if json:
        print_json({"written": [str(path) for path in paths]})
        return
    for path in paths:
        print(path)


def open_in_browser(paths: list[Path]) -> None:
    """Open the HTML page among `paths`; says so where there is no browser."""
    import webbrowser

    from harness.cli.show.console import notice

    for path in paths:
        if path.suffix == ".html" and not webbrowser.open(path.resolve().as_uri()):
            notice(f"no browser to open {path} with")


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """One run, or two compared."""

    subject: Run | Comparison
    records: tuple[Sequence[Record], ...]
    """The run's, or the baseline's and the candidate's."""
    folders: tuple[Path, ...]
    """Of the same."""


def _load_one(name: str, runs: Path) -> Loaded:
    from harness.store.folder import find_run, read_run, read_run_records

    folder = find_run(name, runs)
    run = read_run(folder)
    return Loaded(subject=run, records=(read_run_records(folder, run),), folders=(folder,))


def _load_two(names: list[str], runs: Path, allow: list[str] | None, margin: float) -> Loaded:
    from harness.cli.compare import load_comparison

    made = load_comparison(names[0], names[1], runs, allow=allow, margin=margin)
    sides = (made.baseline_records, made.candidate_records)
    return Loaded(subject=made.comparison, records=sides, folders=made.folders)


def _write(loaded: Loaded, folder: Path, csv: Path | None, parquet: Path | None, runs: Path) -> list[Path]:
    from reports.tables import comparison_table, records_table
    from reports.write import write_comparison, write_run_report, write_tables

    subject, records = loaded.subject, loaded.records
    if isinstance(subject, Run):
        paths = write_run_report(subject, records[0], folder, run_folder=loaded.folders[0], runs=runs)
    else:
        both = (loaded.folders[0], loaded.folders[1])
        paths = write_comparison(subject, records[0], records[1], folder, run_folders=both, runs=runs)
    if csv or parquet:
        table = records_table(records[0]) if len(records) == 1 else comparison_table(records[0], records[1])
        paths += write_tables(table, csv, parquet)
    return paths


def _with_lm_eval(records: Sequence[Record]) -> list[Record]:
    from harness.cli.also import as_scores, lm_eval_verdicts
    from reports.sections.agreement import add_others

    return add_others(records, as_scores(lm_eval_verdicts(records)))
