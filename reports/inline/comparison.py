"""A comparison as a notebook shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from harness.audits.compared import ComparedRuns
from harness.audits.probes.words import area_sentence
from harness.comparison import words as said
from harness.comparison.records import Difference
from harness.core import words
from harness.core.errors import unknown_name
from reports.html import fragment
from reports.inline.lines import columns, fitted
from reports.inline.links import page_link
from reports.inline.picture import Picture, Row, chosen, forest, losses
from reports.inline.said import overlap_said
from reports.tables import comparison_table, differences_table, flips_table
from reports.view import ComparisonView, Example, FlipExample
from reports.write import compared_view

if TYPE_CHECKING:
    import pandas as pd

N_FLIPS = 3
MOST_OF_QUESTION = 400
MOST_OF_REPLY = 1500
"""Characters: a notebook is read from top to bottom, and the page has everything."""

_FRAMES: dict[str, Callable[[ComparedRuns], pd.DataFrame]] = {
    "differences": lambda made: differences_table(made.comparison),
    "records": lambda made: comparison_table(made.baseline.records, made.candidate.records),
    "flips": lambda made: flips_table(made.comparison),
}


def frame(made: ComparedRuns, what: str) -> pd.DataFrame:
    """The differences (the default), both runs' records side by side, or the flips. Raises UserError for others."""
    name = what or "differences"
    if name not in _FRAMES:
        raise unknown_name("table", name, _FRAMES, tip=f"tables of a comparison: {', '.join(_FRAMES)}.")
    return _FRAMES[name](made)


def as_text(made: ComparedRuns) -> str:
    """The verdict, the gate, every difference with its interval, and what to know of them."""
    view = compared_view(made)
    head = [_heading(view), made.verdict]
    if made.gate is not None:
        reason = said.gate_reason(made.gate, view.primary.metric.kind)
        head.append(f"{said.GATE[made.gate.outcome]}. {reason}.")
    rows = [["metric", "baseline", "candidate", "difference", "95% interval", "p", "n"]]
    rows += [_cells(row.difference) for row in view.forest.rows]
    link = _link(made)
    last = f"page: {link}" if link else "harness.report(found) writes a page with every question and trace"
    return fitted(head, columns(rows), [*_counted(view.primary), *_notes(made, view)], last)


def as_html(made: ComparedRuns) -> str:
    """The verdict, the gate, what to know of them, every difference drawn, and some questions whose answer changed."""
    view = compared_view(made)
    return fragment(
        "inline_comparison.html.j2",
        view=view,
        notes=_notes(made, view),
        flips=_to_read(view.flips),
        link=_link(made),
    )


def picture(made: ComparedRuns, what: str) -> Picture:
    """Every difference with its interval (the default), or where answers were lost. Raises UserError for others."""
    return chosen(_PICTURES, compared_view(made), what, "comparison")


def _forest(view: ComparisonView) -> Picture:
    rows = [
        Row(label=row.difference.metric.name, drawing=row.drawing, said=_change(row.difference))
        for row in view.forest.rows
    ]
    return forest(_heading(view), view.forest, rows)


_PICTURES: dict[str, Callable[[ComparisonView], Picture]] = {
    "forest": _forest,
    "losses": lambda view: losses(_heading(view), view.common),
}


def _heading(view: ComparisonView) -> str:
    names, docs = view.common.names, words.counted(view.primary.n_paired, "doc")
    return f"{view.comparison.baseline.task} · {names[1]} against {names[0]} · {docs}, paired"


def _cells(found: Difference) -> list[str]:
    kind = found.metric.kind
    sides = words.value(found.baseline.value, kind), words.value(found.candidate.value, kind)
    change = words.change(found.value, kind), said.change_interval(found)
    return [found.metric.name, *sides, *change, words.p_value(_decisive_p(found)), words.count(found.n_paired)]


def _decisive_p(found: Difference) -> float | None:
    """Adjusted where the metric is one of several."""
    return found.p_value if found.p_adjusted is None else found.p_adjusted


def _change(found: Difference) -> str:
    change = words.change(found.value, found.metric.kind)
    return f"{change} [{said.change_interval(found)}], {words.p_words(_decisive_p(found))}"


def _counted(primary: Difference) -> list[str]:
    if primary.fixed is None or primary.broken is None:
        return []
    return [f"fixed {primary.fixed:,}, broken {primary.broken:,}"]


def _notes(made: ComparedRuns, view: ComparisonView) -> list[str]:
    """What must be known beside the numbers."""
    found = list(made.comparison.labels)
    if made.comparison.unpaired:
        found.append(f"left out: {said.left_out(made.comparison)}")
    found += [*overlap_said(view.common.overlap, view.primary.metric), *made.noise]
    return found if made.areas is None else [*found, area_sentence(made.areas)]


def _link(made: ComparedRuns) -> str:
    return page_link(made.candidate.path / "comparison.html", made.baseline.id, made.candidate.id)


def _to_read(flips: tuple[FlipExample, ...]) -> list[FlipExample]:
    """A few, broken ones first and at least one that was fixed where there is one."""
    broken = [flip for flip in flips if flip.flip.kind == "broken"]
    fixed = [flip for flip in flips if flip.flip.kind == "fixed"]
    n_broken = min(len(broken), max(N_FLIPS - 1, N_FLIPS - len(fixed)))
    some = broken[:n_broken] + fixed[: N_FLIPS - n_broken]
    return [replace(one, baseline=_short(one.baseline), candidate=_short(one.candidate)) for one in some]


def _short(example: Example) -> Example:
    reply = example.reply
    if len(reply) > MOST_OF_REPLY:
        reply = "… " + reply[-MOST_OF_REPLY:]  # its end has the answer
    return replace(example, question=words.one_line(example.question, MOST_OF_QUESTION), reply=reply)
