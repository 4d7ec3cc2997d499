"""The primary metric with and without the docs that stand in the training data, where `contamination.json` says which.

`harness contamination TRAIN TASK --run RUN --json` writes that file, and so does `harness train`; it lies in a run's
folder. Only its list of docs is read: the numbers are worked out from the records that the page shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.audits.contamination import TrainOverlap
from harness.comparison.pair import PairedRuns
from harness.core import words
from harness.core.records import MetricInfo, Record
from harness.stats.estimate import estimate_values
from harness.stats.paired import paired_difference
from harness.stats.values import DocTable, DocValues


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlapRow:
    """The primary metric over some of the docs."""

    label: str
    n_docs: int
    cells: tuple[str, ...]
    """Value and interval of each run."""
    difference: str
    """Candidate minus baseline with its interval; empty for one run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlapView:
    """The section of a page."""

    train: tuple[str, ...]
    """Names of the training data, each once."""
    rows: tuple[OverlapRow, ...]
    doc_ids: tuple[str, ...]
    """Of the docs that overlap, in order."""


def overlap_view(
    found: Sequence[TrainOverlap | None], records: Sequence[Sequence[Record]], primary: MetricInfo
) -> OverlapView | None:
    """The metric of one run, or of two and their paired difference; None where no doc that was scored overlaps."""
    known = [one for one in found if one is not None]
    doc_ids = frozenset[str]().union(*(one.doc_ids() for one in known))
    sides = _sides(records, primary)
    overlapping = [i for i, doc_id in enumerate(sides[0].doc_ids) if doc_id in doc_ids]
    if not overlapping:
        return None
    others = [i for i, doc_id in enumerate(sides[0].doc_ids) if doc_id not in doc_ids]
    parts = {"all": None, "without those that overlap": others, "only those that overlap": overlapping}
    return OverlapView(
        train=tuple(dict.fromkeys(one.name for one in known if one.doc_ids())),
        rows=tuple(_row(label, sides, keep, primary) for label, keep in parts.items()),
        doc_ids=tuple(sides[0].doc_ids[i] for i in overlapping),
    )


def _sides(records: Sequence[Sequence[Record]], primary: MetricInfo) -> list[DocValues]:
    """One run's values, or both runs' over the docs that both have scored."""
    if len(records) == 1:
        return [DocTable(records[0]).values(primary)]
    pair = PairedRuns(*records).pair(primary)
    return [pair.baseline, pair.candidate]


def _row(label: str, sides: Sequence[DocValues], keep: Sequence[int] | None, primary: MetricInfo) -> OverlapRow:
    kept = list(sides) if keep is None else [side.subset(keep) for side in sides]
    cells = tuple(words.estimate(estimate_values(side), primary.kind) for side in kept)
    return OverlapRow(
        label=label, n_docs=kept[0].n_docs, cells=cells, difference=_difference(kept, primary) if len(kept) == 2 else ""
    )


def _difference(kept: Sequence[DocValues], primary: MetricInfo) -> str:
    if not all(side.is_defined for side in kept):
        return words.UNDEFINED
    found = paired_difference(*kept)
    ends = words.signed_interval(found.low, found.high, primary.kind)
    return f"{words.change(found.value, primary.kind)} [{ends}]"
