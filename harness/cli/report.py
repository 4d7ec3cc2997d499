"""`harness report`: a run or a comparison as pages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.settings import DEFAULT_RUNS


def report(
    run: Annotated[list[str], typer.Argument(help="One run, or a baseline and a candidate.")],
    out: Annotated[Path | None, typer.Option(help="Folder for the pages. Default: the (candidate's) run folder.")] = None,
    allow: Annotated[list[str] | None, typer.Option(help="As for compare: prompt, settings, scorers.")] = None,
    runs: Annotated[Path, typer.Option(help="Where runs are kept.")] = DEFAULT_RUNS,
    json: Annotated[bool, typer.Option("--json", help="The paths as one JSON document.")] = False,
) -> None:
    """Write the report of a run, or of two runs compared."""
    from harness.cli.compare import load_comparison
    from harness.cli.console import print_json
    from harness.core.errors import UserError
    from harness.store.folder import find_run, read_run, read_run_records
    from reports.write import write_comparison, write_run_report

    if len(run) > 2:
        raise UserError(f"{len(run)} runs given", tip="a report is of one run, or of a baseline and a candidate.")
    folder = find_run(run[-1], runs)
    if len(run) == 1:
        loaded = read_run(folder)
        paths = write_run_report(loaded, read_run_records(folder, loaded), out or folder)
    else:
        made = load_comparison(run[0], run[1], runs, allow=allow)
        paths = write_comparison(made.comparison, made.baseline_records, made.candidate_records, out or folder)
    if json:
        print_json({"written": [str(path) for path in paths]})
        return
    for path in paths:
        print(path)
