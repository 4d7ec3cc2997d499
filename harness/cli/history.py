"""`harness history`: every run of a folder, newest first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import DEFAULT_RUNS, JsonOption

if TYPE_CHECKING:
    from harness.store.stored import StoredRun


def history(
    runs: Annotated[Path, typer.Argument(help="The folder that holds the runs.")] = DEFAULT_RUNS,
    page: Annotated[bool, typer.Option("--page", help="Also write history.html into the folder.")] = False,
    open_page: Annotated[bool, typer.Option("--open", help="Write the page and open it in the browser.")] = False,
    json: JsonOption = False,
) -> None:
    """List the runs of a folder, newest first, with their main numbers."""
    from harness.api.runs import list_runs
    from harness.cli.show.console import print_json
    from harness.cli.show.history import history_document, print_history

    found = list_runs(runs)
    if page or open_page:
        _write_page(found, runs, show=open_page)
    if json:
        print_json(history_document(found))
    else:
        print_history(found)


def _write_page(found: list[StoredRun], runs: Path, *, show: bool) -> None:
    from harness.api.runs import history_page
    from harness.cli.show.console import open_in_browser
    from harness.core.notices import notice

    path = history_page(runs, found=found)
    notice(f"wrote {path}")
    if show:
        open_in_browser([path])
