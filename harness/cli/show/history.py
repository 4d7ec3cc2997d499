"""How the runs of a folder look on the terminal and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from harness.core.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from harness.core.records import Run
    from harness.store.stored import StoredRun

SHOWN = ("accuracy", "compliant", "step_validity")
UNBOUNDED = 10_000
"""Columns: wider than any table."""
LEAST_START = len("20261127-112449")
"""Of a run's name, where the whole does not fit the terminal."""


def history_document(found: Sequence[StoredRun]) -> dict[str, Any]:
    """The JSON of several runs."""
    from harness.cli.show.run import run_document

    return {"runs": [run_document(made.run, made.path) for made in found]}


def print_history(found: Sequence[StoredRun]) -> None:
    """A run a row, the newest first."""
    from harness.cli.show.console import out

    console = out()
    console.print(fitting(found, console))


def fitting(found: Sequence[StoredRun], console: Console) -> Table:
    """The whole names where a terminal has room for them, else as much of each as a command needs."""
    names = [made.path.name for made in found]
    whole = _table(found, names)
    width = console.measure(whole, options=console.options.update_width(UNBOUNDED)).maximum
    return whole if width <= console.width or not console.is_terminal else _table(found, starts(names))


def _table(found: Sequence[StoredRun], names: Sequence[str]) -> Table:
    """A run a row; of numbers and states only those that some run has."""
    from harness.cli.show.console import table
    from reports.view import short_name

    runs = [made.run for made in found]
    shown = [name for name in SHOWN if any(name in run.estimates for run in runs)]
    states = ["state"] if not all(run.finished for run in runs) else []
    made = table("run", "task", "model", "docs", *shown, *states, right=("docs", *shown), may_go=shown[:0:-1])
    for found_run, name in zip(found, names, strict=True):
        run = found_run.run
        values = [_value(run, metric) for metric in shown]
        state = ["finished" if run.finished else "unfinished"] if states else []
        made.add_row(name, run.task, short_name(run.model.name), _docs(found_run), *values, *state)
    return made


def _docs(made: StoredRun) -> str:
    """How many docs a run has a number of: '0 of 200' too for one that ended before any was answered."""
    from harness.core.words import n_of, scored_docs

    nothing = not made.run.finished and not _is_answered(made)
    return n_of(0, made.run.data.n_docs) if nothing else scored_docs(made.run)


def _is_answered(made: StoredRun) -> bool:
    try:
        return any(record.completion.finish != "error" for record in made.records)
    except UserError:  # no journal yet, or a damaged one: the run's own commands say which
        return False


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


def _value(run: Run, name: str) -> str:
    from harness.core.words import percent

    return percent(run.estimates[name].value) if name in run.estimates else ""
