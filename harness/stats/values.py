"""From records to one number a doc: repeats are averaged first, so that every doc counts once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.core.records import MetricInfo, MetricValue, Record
from harness.stats.clustered import Floats, Ints, cluster_codes


@dataclass(frozen=True, slots=True, kw_only=True)
class DocValues:
    """One metric, one entry a doc that has a value; all arrays are [n_docs]."""

    doc_ids: tuple[str, ...]
    numerator: Floats
    """The doc's value, or its mean numerator over repeats."""
    denominator: Floats
    """1 for binary and mean metrics, else the doc's mean denominator, which may be 0 (tokens per correct answer)."""
    completions: Floats
    """Completions that had a value."""
    clusters: Ints | None
    """Codes 0..G-1, or None where no two docs share a cluster."""
    n_missing: int
    """Docs without a value."""
    unbounded: bool = False
    """As the metric says: values in [0, 1] are then no shares."""

    @property
    def n_docs(self) -> int:
        return len(self.doc_ids)

    @property
    def is_defined(self) -> bool:
        """Something stands below the fraction line."""
        return bool(self.denominator.sum() > 0)

    @property
    def one_each(self) -> bool:
        """One completion a doc."""
        return bool((self.completions == 1).all())

    @property
    def is_binary(self) -> bool:
        """Every doc has one completion with value 0 or 1, over a denominator of 1."""
        zero_or_one = (self.numerator == 0) | (self.numerator == 1)
        return self.one_each and bool((zero_or_one & (self.denominator == 1)).all())

    @property
    def is_bounded(self) -> bool:
        """Every value, or numerator / denominator, lies in [0, 1] and is a share."""
        return not self.unbounded and bool(
            ((self.numerator >= 0) & (self.numerator <= self.denominator * (1 + 1e-12))).all()
        )

    @property
    def by_doc(self) -> Floats:
        """Each doc's value; nan where its denominator is 0."""
        empty = np.full_like(self.numerator, np.nan)
        return np.divide(self.numerator, self.denominator, out=empty, where=self.denominator > 0)

    def subset(self, keep: Sequence[int]) -> DocValues:
        """Only the docs at these positions, in that order; the others count as neither scored nor missing."""
        index = np.asarray(keep, dtype=np.int64)
        return DocValues(
            doc_ids=tuple(self.doc_ids[i] for i in keep),
            numerator=self.numerator[index],
            denominator=self.denominator[index],
            completions=self.completions[index],
            clusters=None if self.clusters is None else _shared_or_none(self.clusters[index]),
            n_missing=0,
            unbounded=self.unbounded,
        )


class DocTable:
    """Records grouped by doc once, read once a metric."""

    def __init__(self, records: Sequence[Record]) -> None:
        positions: dict[str, int] = {}
        places = [positions.setdefault(record.doc.id, len(positions)) for record in records]
        self._doc_of_record = np.array(places, dtype=np.int64)
        self._metrics = [r.metrics for r in records]
        self.doc_ids = tuple(positions)
        names = dict(zip((r.doc.id for r in records), (r.doc.cluster for r in records), strict=True))
        self._clusters = cluster_codes([names[doc_id] for doc_id in self.doc_ids])

    def values(self, info: MetricInfo) -> DocValues:
        """This metric by doc, docs in order of their first record. What is no finite number is no value."""
        raw = [_finite(metrics.get(info.name)) for metrics in self._metrics]
        scored = np.array([value is not None for value in raw], dtype=bool)
        pairs = [value if isinstance(value, (tuple, list)) else (value, 1.0) for value in raw if value is not None]
        parts = np.array(pairs, dtype=np.float64).reshape(-1, 2)
        return self._by_doc(self._doc_of_record[scored], parts, unbounded=info.unbounded)

    def _by_doc(self, docs: Ints, parts: Floats, *, unbounded: bool) -> DocValues:
        n = len(self.doc_ids)
        count = np.bincount(docs, minlength=n).astype(np.float64)
        sums = [np.bincount(docs, parts[:, column], minlength=n) for column in (0, 1)]
        keep = np.flatnonzero((count > 0) & ((sums[0] != 0) | (sums[1] != 0)))  # 0 of 0: the metric does not apply
        return DocValues(
            doc_ids=self.doc_ids if len(keep) == n else tuple(self.doc_ids[i] for i in keep),
            numerator=sums[0][keep] / count[keep],
            denominator=sums[1][keep] / count[keep],
            completions=count[keep],
            clusters=_shared_or_none(self._clusters[keep]),
            n_missing=n - len(keep),
            unbounded=unbounded,
        )


def _finite(value: MetricValue) -> MetricValue:
    """None for nan and infinity, which would make a mean of nothing and a verdict of that, and for half a pair."""
    parts = value if isinstance(value, (tuple, list)) else (value,)
    return value if all(part is not None and math.isfinite(part) for part in parts) else None


def _shared_or_none(codes: Ints) -> Ints | None:
    """Codes renumbered 0..G-1, or None where every doc is a cluster of its own."""
    unique, compact = np.unique(codes, return_inverse=True)
    return None if len(unique) == len(codes) else compact.astype(np.int64)
