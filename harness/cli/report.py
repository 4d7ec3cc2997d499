"""`harness report`: a run or a comparison as pages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.settings import DEFAULT_RUNS


def report(
    run: Annotated[list[str], typer.Argument(help="One run, or a baseline and a candidate.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder for the pages. Default: the (candidate's) run folder.")
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="Also write the records as a CSV table.")] = None,
    parquet: Annotated[Path | None, typer.Option(help="Also write the records as a Parquet table.")] = None,
    allow: Annotated[list[str] | None, typer.Option(help="As for compare: prompt, settings, scorers.")] = None,
    runs: Annotated[Path, typer.Option(help="Where runs are kept.")] = DEFAULT_RUNS,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    json: Annotated[bool, typer.Option("--json", help="The paths as one JSON document.")] = False,
) -> None:
    """Write the report of a run, or of two runs compared: one HTML page and one Markdown page."""
    from harness.cli.console import print_json
    from harness.core.errors import UserError

    if len(run) > 2:
        raise UserError(f"{len(run)} runs given", tip="a report is of one run, or of a baseline and a candidate.")
    paths = (
        _report_one(run[0], out, csv, parquet, runs)
        if len(run) == 1
        else _report_two(run, out, csv, parquet, runs, allow)
    )
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

    from harness.cli.console import notice

    for path in paths:
        if path.suffix == ".html" and not webbrowser.open(path.resolve().as_uri()):
            notice(f"no browser to open {path} with")


def _report_one(name: str, out: Path | None, csv: Path | None, parquet: Path | None, runs: Path) -> list[Path]:
    from harness.store.folder import find_run, read_run, read_run_records
    from reports.tables import records_table
    from reports.write import write_run_report, write_tables

    folder = find_run(name, runs)
    loaded = read_run(folder)
    records = read_run_records(folder, loaded)
    paths = write_run_report(loaded, records, out or folder, run_folder=folder)
    return paths + (write_tables(records_table(records), csv, parquet) if csv or parquet else [])


def _report_two(
    names: list[str],
    out: Path | None,
    csv: Path | None,
    parquet: Path | None,
    runs: Path,
    allow: list[str] | None,
) -> list[Path]:
    from harness.cli.compare import load_comparison
    from reports.tables import comparison_table
    from reports.write import write_comparison, write_tables

    made = load_comparison(names[0], names[1], runs, allow=allow)
    sides = made.baseline_records, made.candidate_records
    folder = made.candidate_folder
    paths = write_comparison(made.comparison, *sides, out or folder, run_folder=folder)
    return paths + (write_tables(comparison_table(*sides), csv, parquet) if csv or parquet else [])
