"""`harness history`: every run of a folder, newest first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli.settings import DEFAULT_RUNS

if TYPE_CHECKING:
    from harness.core.records import Run

SHOWN = ("accuracy", "compliant", "step_validity")


def history(
    runs: Annotated[Path, typer.Argument(help="The folder that holds the runs.")] = DEFAULT_RUNS,
    page: Annotated[bool, typer.Option("--page", help="Also write history.html into the folder.")] = False,
    open_page: Annotated[bool, typer.Option("--open", help="Write the page and open it in the browser.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """List the runs of a folder, newest first, with their main numbers."""
    from harness.cli.console import out, print_json, table
    from harness.cli.show import docs_words, percent, run_document
    from harness.core.errors import UserError

    if not runs.is_dir():
        raise UserError(f"no folder of runs at {runs}", tip="`harness run` makes one, or name another folder.")
    found = sorted(_readable(runs), key=lambda pair: pair[0].started, reverse=True)
    if page or open_page:
        _write_page(found, runs, show=open_page)
    if json:
        print_json({"runs": [run_document(run, folder) for run, folder in found]})
        return
    made = table("run", "task", "model", "docs", *SHOWN, "state", right=("docs", *SHOWN))
    for run, folder in found:
        shown = [_value(run, name, percent) for name in SHOWN]
        state = "finished" if run.finished else "unfinished"
        made.add_row(folder.name, run.task, run.model.name, docs_words(run), *shown, state)
    out().print(made)


def _readable(runs: Path) -> Iterator[tuple[Run, Path]]:
    """Every run whose run.json can be read; one that cannot must not hide the others."""
    from harness.cli.console import notice
    from harness.core.errors import UserError
    from harness.store.folder import read_run, run_folders

    for folder in run_folders(runs):
        try:
            yield read_run(folder), folder
        except UserError as error:
            notice(f"left out: {error.message}")
        except OSError as error:
            notice(f"left out: {error.filename}: {error.strerror}")


def _write_page(found: list[Any], runs: Path, *, show: bool) -> None:
    from harness.cli.console import notice
    from harness.cli.report import open_in_browser
    from reports.history import write_history

    paths = write_history(found, runs)
    for path in paths:
        notice(f"wrote {path}")
    if show:
        open_in_browser(paths)


def _value(run: Any, name: str, percent: Any) -> str:
    return percent(run.estimates[name].value) if name in run.estimates else ""
