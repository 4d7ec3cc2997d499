"""A run as a notebook shows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from harness.core import words
from harness.core.errors import unknown_name
from harness.store.stored import StoredRun
from reports import svg
from reports.html import fragment
from reports.inline.lines import columns, fitted
from reports.inline.links import page_link
from reports.inline.picture import Picture, Row, chosen, draw, losses
from reports.inline.said import overlap_said
from reports.tables import estimates_table, records_table, steps_table
from reports.view import RunView
from reports.write import stored_run_view

if TYPE_CHECKING:
    import pandas as pd

_FRAMES: dict[str, Callable[[StoredRun], pd.DataFrame]] = {
    "records": lambda run: records_table(run.records),
    "estimates": lambda run: estimates_table(run.run),
    "steps": lambda run: steps_table(run.records),
}


def frame(run: StoredRun, what: str) -> pd.DataFrame:
    """The records (the default), the estimates or the step verdicts. Raises UserError for another name."""
    name = what or "records"
    if name not in _FRAMES:
        raise unknown_name("table", name, _FRAMES, tip=f"tables of a run: {', '.join(_FRAMES)}.")
    return _FRAMES[name](run)


def as_text(run: StoredRun) -> str:
    """What was run, its metrics with their intervals, what to know of them, and where it lies."""
    if run.elsewhere:
        return _elsewhere(run)
    view = stored_run_view(run)
    rows = [["metric", "value", "95% interval", "docs", "not scored"]]
    for row in view.estimates:
        found, kind = row.estimate, row.info.kind
        cells = words.value(found.value, kind), words.interval(found.low, found.high, kind)
        rows.append([row.info.name, *cells, words.count(found.n_docs), words.count(found.n_not_scored)])
    return fitted([_heading(view)], columns(rows), _notes(view), f"run: {run.path}")


def as_html(run: StoredRun) -> str:
    """The primary metric, every estimate with its interval drawn, what to know of them, and where the run lies."""
    if run.elsewhere:
        return fragment("inline_note.html.j2", sentence=_elsewhere(run))
    return fragment(
        "inline_run.html.j2",
        view=(view := stored_run_view(run)),
        notes=_notes(view),
        marks=svg.marks(svg.share_axis(), signed=False),
        path=str(run.path),
        link=page_link(run.path / "report.html", run.id),
    )


def picture(run: StoredRun, what: str) -> Picture:
    """Every estimate with its interval (the default), or where answers were lost. Raises UserError for other names."""
    return chosen(_PICTURES, stored_run_view(run), what, "run")


def _estimates(view: RunView) -> Picture:
    rows = [
        Row(label=row.info.name, drawing=row.drawing, said=words.estimate(row.estimate, row.info.kind))
        for row in view.estimates
    ]
    return draw(_heading(view), rows, view.ruler)


_PICTURES: dict[str, Callable[[RunView], Picture]] = {
    "estimates": _estimates,
    "losses": lambda view: losses(_heading(view), view.common),
}


def _heading(view: RunView) -> str:
    return f"{view.run.task} · {view.common.names[0]} · {words.counted(view.primary.n_docs, 'doc')}"


def _elsewhere(run: StoredRun) -> str:
    return f"{run.run.task}: another process holds the numbers of this run; its folder is {run.path}"


def _notes(view: RunView) -> list[str]:
    """What must be known beside the numbers."""
    run = view.run
    found = []
    if not run.finished:
        found.append("this run is not finished: resume it before drawing conclusions")
    elif view.n_absent:
        missing = f"{words.counted(view.n_absent, 'completion')} of {run.n_expected:,} missing"
        found.append(f"{missing}: the numbers are over the others")
    if view.primary.n_not_scored:
        found.append(f"{words.counted(view.primary.n_not_scored, 'doc')} not scored: the numbers are over the others")
    if run.finished and view.n_failed > view.primary.n_not_scored:
        found.append(
            f"{words.counted(view.n_failed, 'completion')} without a verdict: a doc's value is over its others"
        )
    if run.data.notice:
        found.append(run.data.notice)
    return [*found, *overlap_said(view.common.overlap, view.info), *view.common.noise]
