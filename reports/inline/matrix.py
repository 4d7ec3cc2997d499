"""Every pair of several runs as a notebook shows them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from markupsafe import Markup

from harness.audits.matrix import ComparedMany
from harness.comparison import words as said
from harness.comparison.records import Difference
from harness.core import words
from harness.core.errors import unknown_name
from harness.core.records import Run
from reports.html import fragment
from reports.inline.lines import columns, fitted
from reports.inline.picture import Picture, Row, chosen
from reports.inline.picture import forest as forest_picture
from reports.plots import Forest, forest_of
from reports.tables import pairs_table
from reports.view import side_names

if TYPE_CHECKING:
    import pandas as pd

_FRAMES: dict[str, Callable[[ComparedMany], pd.DataFrame]] = {
    "pairs": lambda made: pairs_table([pair.comparison for pair in made.pairs], made.p_adjusted),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PairRow:
    """One pair: its primary difference, the p-value adjusted over all pairs."""

    baseline: str
    candidate: str
    difference: Difference
    drawing: Markup
    gate: str
    verdict: str


def frame(made: ComparedMany, what: str) -> pd.DataFrame:
    """A row a pair. Raises UserError for another name than "pairs"."""
    name = what or "pairs"
    if name not in _FRAMES:
        raise unknown_name("table", name, _FRAMES, tip=f"tables of several runs: {', '.join(_FRAMES)}.")
    return _FRAMES[name](made)


def as_text(made: ComparedMany) -> str:
    """A row a pair with its interval and adjusted p-value, and what to know of them."""
    rows, _ = _rows(made)
    cells = [["candidate against baseline", "baseline", "candidate", "difference", "95% interval", "p adj.", "n"]]
    for row in rows:
        found, kind = row.difference, row.difference.metric.kind
        sides = words.value(found.baseline.value, kind), words.value(found.candidate.value, kind)
        change = words.change(found.value, kind), said.change_interval(found)
        counts = words.p_value(found.p_adjusted), words.count(found.n_paired)
        cells.append([f"{row.candidate} against {row.baseline}", *sides, *change, *counts])
    last = "p adj.: Holm over the pairs; intervals are not adjusted"
    return fitted([_heading(made)], columns(cells), _notes(made), last)


def as_html(made: ComparedMany) -> str:
    """A row a pair with its difference drawn, what to know of them, and the verdict of each pair by itself."""
    rows, forest = _rows(made)
    comparison = made.pairs[0].comparison
    return fragment(
        "inline_matrix.html.j2",
        task=comparison.baseline.task,
        metric=comparison.primary,
        level=made.pairs[0].difference().level,
        names=_names(made),
        rows=rows,
        forest=forest,
        gated=any(row.gate for row in rows),
        notes=_notes(made),
    )


def picture(made: ComparedMany, what: str) -> Picture:
    """The primary difference of each pair with its interval. Raises UserError for another name than "forest"."""
    return chosen(_PICTURES, made, what, "matrix")


def _forest(made: ComparedMany) -> Picture:
    rows, forest = _rows(made)
    drawn = [
        Row(label=f"{row.candidate} against {row.baseline}", drawing=row.drawing, said=_said(row.difference))
        for row in rows
    ]
    return forest_picture(_heading(made), forest, drawn)


_PICTURES: dict[str, Callable[[ComparedMany], Picture]] = {"forest": _forest}


def _said(found: Difference) -> str:
    adjusted = f"adjusted {words.p_words(found.p_adjusted)}"
    return f"{words.change(found.value, found.metric.kind)} [{said.change_interval(found)}], {adjusted}"


def _heading(made: ComparedMany) -> str:
    comparison = made.pairs[0].comparison
    runs = words.counted(len(_names(made)), "run")
    return f"{comparison.baseline.task} · every pair of {runs} · {comparison.primary}"


def _names(made: ComparedMany) -> dict[str, str]:
    """What each run is called, by its id."""
    runs: dict[str, Run] = {}
    for pair in made.pairs:
        for side in (pair.baseline, pair.candidate):
            runs.setdefault(side.id, side.run)
    return dict(zip(runs, side_names(list(runs.values())), strict=True))


def _rows(made: ComparedMany) -> tuple[list[PairRow], Forest]:
    names = _names(made)
    adjusted = zip(made.pairs, made.p_adjusted, strict=True)
    differences = [replace(pair.difference(), p_adjusted=p_value) for pair, p_value in adjusted]
    forest = forest_of(differences)
    drawings = {id(row.difference): row.drawing for row in forest.rows}
    rows = [
        PairRow(
            baseline=names[pair.baseline.id],
            candidate=names[pair.candidate.id],
            difference=difference,
            drawing=drawings.get(id(difference), Markup()),
            gate=pair.gate.outcome if pair.gate is not None else "",
            verdict=pair.verdict,
        )
        for pair, difference in zip(made.pairs, differences, strict=True)
    ]
    return rows, forest


def _notes(made: ComparedMany) -> list[str]:
    """What must be known beside the numbers, once each."""
    labels = [label for pair in made.pairs for label in pair.comparison.labels]
    left_out = [
        f"{pair.candidate.id} against {pair.baseline.id}, left out: {said.left_out(pair.comparison)}"
        for pair in made.pairs
        if pair.comparison.unpaired
    ]
    noise = [sentence for pair in made.pairs for sentence in pair.noise]
    return list(dict.fromkeys([*labels, *left_out, *noise]))
