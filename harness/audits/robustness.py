"""How much a metric drops when only the surface of a question changes: by variant, and in the worst of all variants.

Docs belong together where their metadata name the same `seed_id`; `variant` says what was changed, `none` nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from harness.core.records import Estimate, MetricInfo, Record
from harness.stats.estimate import estimate_values
from harness.stats.holm import holm
from harness.stats.paired import paired_difference
from harness.stats.values import DocTable, DocValues

PLAIN = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """A variant minus the plain question, paired by seed question; below 0 the variant is harder."""

    value: float
    low: float | None
    high: float | None
    p_adjusted: float | None
    """Holm over the variants."""
    n_seeds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantResult:
    """One variant; the plain question has no drop."""

    variant: str
    estimate: Estimate
    drop: Drop | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Robustness:
    """A metric over the variants of the same seed questions."""

    metric: MetricInfo
    variants: tuple[VariantResult, ...]
    """The plain questions first."""
    worst: Estimate
    """Of the least value that each seed question has in any variant: for accuracy, the share answered right in all."""

    def estimates(self) -> dict[str, Estimate]:
        """Under the names that a run keeps them by."""
        made = {f"{self.metric.name}: {one.variant}": one.estimate for one in self.variants}
        return made | {f"{self.metric.name}: worst of all variants": self.worst}


def robustness(records: Sequence[Record], metric: MetricInfo) -> Robustness | None:
    """The metric by variant; None where the records hold no plain questions with variants."""
    by_variant: dict[str, list[Record]] = {}
    for record in records:
        if _known(record):
            by_variant.setdefault(str(record.doc.metadata["variant"]), []).append(record)
    if PLAIN not in by_variant or len(by_variant) < 2:
        return None
    names = [PLAIN, *(name for name in by_variant if name != PLAIN)]
    values = {name: _by_seed(by_variant[name], metric) for name in names}
    drops = {name: _drop(values[PLAIN], values[name]) for name in names[1:]}
    adjusted = holm({n: d.p_adjusted for n, d in drops.items() if d is not None and d.p_adjusted is not None})
    return Robustness(
        metric=metric,
        variants=tuple(
            VariantResult(
                variant=name,
                estimate=estimate_values(values[name]),
                drop=replace(found, p_adjusted=adjusted.get(name)) if (found := drops.get(name)) else None,
            )
            for name in names
        ),
        worst=estimate_values(_worst(list(values.values()))),
    )


def _known(record: Record) -> bool:
    return "variant" in record.doc.metadata and "seed_id" in record.doc.metadata


def _by_seed(records: Sequence[Record], metric: MetricInfo) -> DocValues:
    """Values under the ids of their seed questions."""
    values = DocTable(records).values(metric)
    seeds = {record.doc.id: str(record.doc.metadata["seed_id"]) for record in records}
    return replace(values, doc_ids=tuple(seeds[doc_id] for doc_id in values.doc_ids))


def _drop(plain: DocValues, variant: DocValues) -> Drop | None:
    place = {seed: i for i, seed in enumerate(variant.doc_ids)}
    both = [i for i, seed in enumerate(plain.doc_ids) if seed in place]
    before, after = plain.subset(both), variant.subset([place[plain.doc_ids[i]] for i in both])
    if not (before.is_defined and after.is_defined):
        return None
    found = paired_difference(before, after)
    return Drop(value=found.value, low=found.low, high=found.high, p_adjusted=found.p_value, n_seeds=len(both))


def _worst(sides: Sequence[DocValues]) -> DocValues:
    """Each seed question's least value, of those that have one in every variant."""
    by_seed = [dict(zip(side.doc_ids, side.by_doc, strict=True)) for side in sides]
    seeds = [seed for seed in by_seed[0] if all(seed in found for found in by_seed)]
    least = np.array([min(float(found[seed]) for found in by_seed) for seed in seeds], dtype=np.float64)
    keep = [i for i, value in enumerate(least) if not np.isnan(value)]
    place = {seed: i for i, seed in enumerate(sides[0].doc_ids)}
    kept = sides[0].subset([place[seeds[i]] for i in keep])  # for its clusters
    ones = np.ones(len(keep), dtype=np.float64)
    return replace(
        kept,
        numerator=least[keep],
        denominator=ones,
        completions=ones,
        n_missing=len(set().union(*by_seed)) - len(keep),
    )
