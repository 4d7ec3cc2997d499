"""Training data held against evaluation sets: what was found in each, and what it does to a run's score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from harness.audits.contamination import Contamination, Overlaps, WithAndWithout, with_and_without
from harness.core.display import Shown
from harness.core.late import load
from harness.core.records import Record, Run
from harness.core.words import counted, estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOverlap:
    """A run's primary metric with and without the docs that overlap in any set."""

    id: str
    """Of the run."""
    metric: str
    scores: WithAndWithout


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class FoundOverlaps(Shown):
    """Which docs of some evaluation sets stand in some training data. Shows itself in a notebook."""

    train: str
    """The training data: its file, or `rows`."""
    sets: Overlaps
    """By name of the set."""
    run: RunOverlap | None = None
    """Where a run was named."""

    VIEWS: ClassVar[str] = "reports.inline.overlaps"

    def doc_ids(self) -> frozenset[str]:
        """The docs that overlap in any set; those with other numbers only are new questions."""
        return overlapping(self.sets)

    def __repr__(self) -> str:
        return str(load(f"{self.VIEWS}:as_text")(self))


def run_overlap(run: Run, records: Sequence[Record], sets: Overlaps) -> RunOverlap:
    """The primary metric of a `run`, which has `records`, with and without the docs that overlap in any of `sets`."""
    metric = next(info for info in run.metrics if info.name == run.primary)
    scores = with_and_without(records, metric, overlapping(sets))
    return RunOverlap(id=run.id, metric=metric.name, scores=scores)


def overlapping(sets: Overlaps) -> frozenset[str]:
    """The docs that overlap in any of `sets`."""
    return frozenset(doc_id for found in sets.values() for doc_id in found.doc_ids())


def run_lines(found: RunOverlap) -> list[str]:
    """A run's metric over every doc, without those that overlap, and over those alone."""
    scores = found.scores
    parts = {
        "every doc": scores.every_doc,
        "without overlap": scores.without_overlap,
        "overlap only": scores.overlap_only,
    }
    kind = "binary" if all(0 <= (one.value or 0) <= 1 for one in parts.values()) else "mean"
    numbers = [f"  {name}: {estimate(one, kind)}, {counted(one.n_docs, 'doc')}" for name, one in parts.items()]
    return [f"{found.metric} of {found.id}", *numbers]


def overlap_line(name: str, found: Contamination) -> str:
    """'gsm8k: 3 of 1,319 docs (0.2%) overlap with 7,473 training rows'."""
    n_counted = len(found.doc_ids())
    share = f" ({100 * n_counted / found.n_docs:.1f}%)" if found.n_docs else ""
    verb = "overlaps" if found.n_docs == 1 else "overlap"
    docs, rows = counted(found.n_docs, "doc"), counted(found.n_rows, "training row")
    return f"{name}: {n_counted} of {docs}{share} {verb} with {rows}"
