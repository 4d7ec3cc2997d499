"""Several runs as a notebook shows them: a line each, with its primary metric."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from markupsafe import Markup

from harness.core import words
from harness.core.errors import UserError, unknown_name
from harness.core.records import Estimate, Run
from harness.store.stored import StoredRun
from reports.inline.lines import columns, fitted, html_table
from reports.view import short_name

if TYPE_CHECKING:
    import pandas as pd

HEADER = ("run", "task", "model", "docs", "metric", "value", "95% interval")
UNFINISHED = "unfinished"


def as_text(runs: Sequence[StoredRun]) -> str:
    """A table with a line a run; at most 15 lines."""
    if not runs:
        return "no runs"
    return fitted([_heading(runs)], columns(_rows(runs)), [], "harness.load_run(...) takes the start of a run's name")


def as_html(runs: Sequence[StoredRun]) -> str:
    """The same table with every run."""
    heading = Markup("<p>{}</p>").format(_heading(runs))
    return str(heading + html_table(_rows(runs))) if runs else str(heading)


def frame(runs: Sequence[StoredRun], what: str) -> pd.DataFrame:
    """The runs, a row each, their primary metric as a fraction. Raises UserError for another name."""
    import pandas as pd

    if what not in ("", "runs"):
        raise unknown_name("table", what, ["runs"], tip="tables of several runs: runs.")
    names = ["id", "task", "model", "n_docs", "metric", "value", "low", "high", "finished", "path"]
    return pd.DataFrame([_values(made) for made in runs], columns=names)


def picture(runs: Sequence[StoredRun], what: str) -> None:
    """There is none. Raises UserError."""
    raise UserError("no picture shows runs of several tasks", tip="harness.compare(...) of comparable ones has one.")


def _heading(runs: Sequence[StoredRun]) -> str:
    return f"{words.counted(len(runs), 'run')}, newest first" if runs else "no runs"


def _rows(runs: Sequence[StoredRun]) -> list[Sequence[str]]:
    return [HEADER, *(_cells(made) for made in runs)]


def _cells(made: StoredRun) -> list[str]:
    run, found = made.run, _primary(made.run)
    start = [made.path.name, run.task, short_name(run.model.name)]
    if not run.finished or found is None:
        return [*start, words.count(run.data.n_docs), run.primary, words.UNDEFINED, UNFINISHED]
    kind = words.primary_kind(run)
    number = words.value(found.value, kind), words.interval(found.low, found.high, kind)
    return [*start, words.scored_docs(run), run.primary, *number]


def _values(made: StoredRun) -> list[object]:
    run, found = made.run, _primary(made.run)
    number = [None] * 3 if found is None else [found.value, found.low, found.high]
    n_docs = None if found is None else found.n_docs
    return [run.id, run.task, run.model.name, n_docs, run.primary, *number, bool(run.finished), str(made.path)]


def _primary(run: Run) -> Estimate | None:
    return run.estimates.get(run.primary)
