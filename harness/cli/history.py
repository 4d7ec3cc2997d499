"""`harness history`: every run of a folder, newest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli.options import DEFAULT_RUNS

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from harness.core.records import Run

SHOWN = ("accuracy", "compliant", "step_validity")
UNBOUNDED = 10_000
"""Columns: wider than any table."""
LEAST_START = len("20261127-112449")
"""Of a run's name, where the whole does not fit the terminal."""


def history(
    runs: Annotated[Path, typer.Argument(help="The folder that holds the runs.")] = DEFAULT_RUNS,
    page: Annotated[bool, typer.Option("--page", help="Also write history.html into the folder.")] = False,
    open_page: Annotated[bool, typer.Option("--open", help="Write the page and open it in the browser.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """List the runs of a folder, newest first, with their main numbers."""
    from harness.cli.show.console import out, print_json
    from harness.cli.show.run import run_document
    from harness.core.errors import UserError

    if not runs.is_dir():
        raise UserError(f"no folder of runs at {runs}", tip="`harness run` makes one, or name another folder.")
    found = sorted(_readable(runs), key=lambda pair: pair[0].started, reverse=True)
    if page or open_page:
        _write_page(found, runs, show=open_page)
    if json:
        print_json({"runs": [run_document(run, folder) for run, folder in found]})
        return
    console = out()
    console.print(_fitting(found, console))


def _fitting(found: Sequence[tuple[Run, Path]], console: Console) -> Table:
    """The whole names where a terminal has room for them, else as much of each as a command needs."""
    names = [folder.name for _, folder in found]
    whole = _table(found, names)
    width = console.measure(whole, options=console.options.update_width(UNBOUNDED)).maximum
    return whole if width <= console.width or not console.is_terminal else _table(found, starts(names))


def _table(found: Sequence[tuple[Run, Path]], names: Sequence[str]) -> Table:
    """A run a row; of numbers and states only those that some run has."""
    from harness.cli.show.console import table
    from harness.cli.show.run import docs_words
    from harness.core.words import percent
    from reports.view import short_name

    shown = [name for name in SHOWN if any(name in run.estimates for run, _ in found)]
    states = ["state"] if not all(run.finished for run, _ in found) else []
    made = table("run", "task", "model", "docs", *shown, *states, right=("docs", *shown))
    for (run, _), name in zip(found, names, strict=True):
        values = [_value(run, metric, percent) for metric in shown]
        state = ["finished" if run.finished else "unfinished"] if states else []
        made.add_row(name, run.task, short_name(run.model.name), docs_words(run), *values, *state)
    return made


def starts(names: Sequence[str]) -> list[str]:
    """The start of each name that no other one has: every command takes it for the whole. The time where that will do.

    >>> starts(["20261127-112449-gsm8k-gemma-15c899", "20261127-112446-gsm8k-gemma-726b7a", "first"])
    ['20261127-112449', '20261127-112446', 'first']
    """
    return [_start(name, [other for other in names if other != name]) for name in names]


def _start(name: str, others: Sequence[str]) -> str:
    for length in range(LEAST_START, len(name)):
        if not any(other.startswith(name[:length]) for other in others):
            return name[:length]
    return name


def _readable(runs: Path) -> Iterator[tuple[Run, Path]]:
    """Every run whose run.json can be read; one that cannot must not hide the others."""
    from harness.core.errors import UserError
    from harness.core.notices import notice
    from harness.store.folder import read_run, run_folders

    for folder in run_folders(runs):
        try:
            yield read_run(folder), folder
        except UserError as error:
            notice(f"left out: {error.message}")
        except OSError as error:
            notice(f"left out: {error.filename}: {error.strerror}")


def _write_page(found: list[Any], runs: Path, *, show: bool) -> None:
    from harness.cli.show.console import open_in_browser
    from harness.core.notices import notice
    from reports.history import write_history

    paths = write_history(found, runs)
    for path in paths:
        notice(f"wrote {path}")
    if show:
        open_in_browser(paths)


def _value(run: Any, name: str, percent: Any) -> str:
    return percent(run.estimates[name].value) if name in run.estimates else ""
