"""The primary metric by variant of the same questions, as a table: what each variant costs, and the worst of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.audits.robustness import PLAIN, Drop, Robustness, robustness
from harness.core import words
from harness.core.records import Estimate, MetricInfo, Record

WORST = "right in every variant"
LABELS = {PLAIN: "the question as it is"}


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantCells:
    """One run's numbers of one variant."""

    value: str
    drop: str
    """Variant minus plain question with its interval."""
    p_adjusted: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantRow:
    """One variant; `sides` has one entry a run."""

    label: str
    sides: tuple[VariantCells, ...]
    is_total: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RobustnessView:
    """The section of a page."""

    rows: tuple[VariantRow, ...]
    n_seeds: tuple[int, ...]
    """Seed questions of each run."""
    n_variants: int
    names: frozenset[str]
    """Of the estimates that a run keeps of this."""


def robustness_view(records: Sequence[Sequence[Record]], metric: MetricInfo) -> RobustnessView | None:
    """The section for one or two runs; None where a run has no variants of the same questions."""
    found = [robustness(side, metric) for side in records]
    sides = [side for side in found if side is not None]
    if len(sides) != len(found):
        return None
    labels = list(dict.fromkeys(one.variant for side in sides for one in side.variants))
    rows = [
        VariantRow(label=LABELS.get(label, label), sides=tuple(_cells(side, label) for side in sides))
        for label in labels
    ]
    worst = VariantRow(label=WORST, sides=tuple(_plain(side.worst, metric) for side in sides), is_total=True)
    return RobustnessView(
        rows=(*rows, worst),
        n_seeds=tuple(side.variants[0].estimate.n_docs for side in sides),
        n_variants=len(labels),
        names=frozenset(name for side in sides for name in side.estimates()),
    )


def _cells(side: Robustness, variant: str) -> VariantCells:
    one = next((one for one in side.variants if one.variant == variant), None)
    if one is None:
        return VariantCells(value=words.UNDEFINED, drop=words.UNDEFINED, p_adjusted=None)
    cells = _plain(one.estimate, side.metric)
    if variant == PLAIN:
        return cells
    return VariantCells(
        value=cells.value,
        drop=_drop(one.drop, side.metric),
        p_adjusted=one.drop.p_adjusted if one.drop is not None else None,
    )


def _plain(estimate: Estimate, metric: MetricInfo) -> VariantCells:
    return VariantCells(value=words.estimate(estimate, metric.kind), drop="", p_adjusted=None)


def _drop(drop: Drop | None, metric: MetricInfo) -> str:
    if drop is None:
        return words.UNDEFINED
    return f"{words.change(drop.value, metric.kind)} [{words.signed_interval(drop.low, drop.high, metric.kind)}]"
