"""`harness report`: a run or a comparison as pages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.options import DEFAULT_RUNS, AlsoOption, RunsOption


def report(
    run: Annotated[list[str], typer.Argument(help="One run, or a baseline and a candidate.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder for the pages. Default: the (candidate's) run folder.")
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="Also write the records as a CSV table.")] = None,
    parquet: Annotated[Path | None, typer.Option(help="Also write the records as a Parquet table.")] = None,
    allow: Annotated[list[str] | None, typer.Option(help="As for compare: prompt, settings, scorers.")] = None,
    margin: Annotated[float, typer.Option(help="The loss that the gate tolerates, as a fraction.")] = 0.02,
    also: AlsoOption = None,
    runs: RunsOption = DEFAULT_RUNS,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    json: Annotated[bool, typer.Option("--json", help="The paths as one JSON document.")] = False,
) -> None:
    """Write the report of a run, or of two runs compared: one HTML page and one Markdown page."""
    from harness.api.report import report as write_report
    from harness.cli.show.console import open_in_browser, print_json

    paths = write_report(
        run, out, csv=csv, parquet=parquet, allow=allow or (), margin=margin, also=also or (), runs=runs
    )
    if open_page:
        open_in_browser(paths)
    if json:
        print_json({"written": [str(path) for path in paths]})
        return
    for path in paths:
        print(path)
