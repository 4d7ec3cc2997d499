"""Pairing two runs by doc, one metric at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from harness.core.errors import UserError
from harness.core.records import MetricInfo, Record
from harness.core.task import as_text
from harness.stats.values import DocTable, DocValues


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """One metric on both sides over the same docs, in the baseline's order."""

    info: MetricInfo
    baseline: DocValues
    candidate: DocValues
    unpaired: tuple[str, ...]
    """Docs that have a value but no partner, in order of id."""
    changed: tuple[str, ...] = ()
    """Of those, docs that both sides have a value for, but whose question or gold answer differs."""

    @property
    def is_defined(self) -> bool:
        """Both sides have a value."""
        return self.baseline.is_defined and self.candidate.is_defined


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """Docs that both runs were asked and only one has scored, and what they could add to the sum of differences."""

    n_docs: int
    least: float
    """Where the missing side of each doc is as bad for the candidate as it can be."""
    most: float


class PairedRuns:
    """Two sets of records that can be paired, one metric at a time."""

    def __init__(self, baseline: Sequence[Record], candidate: Sequence[Record]) -> None:
        self._changed = _changed_docs(baseline, candidate)
        self._asked = {r.doc.id for r in baseline} & {r.doc.id for r in candidate}
        self._tables = DocTable(baseline), DocTable(candidate)

    def pair(self, info: MetricInfo) -> Paired:
        """The docs that both sides have a value for, and the ids of those that one side alone has.

        A doc whose question or gold answer differs between the runs is another doc, and never paired.
        """
        base, cand = (table.values(info) for table in self._tables)
        place_in_cand = {doc_id: i for i, doc_id in enumerate(cand.doc_ids)}
        both = [i for i, doc_id in enumerate(base.doc_ids) if doc_id in place_in_cand and doc_id not in self._changed]
        ids = {base.doc_ids[i] for i in both}
        sides = base.subset(both), cand.subset([place_in_cand[base.doc_ids[i]] for i in both])
        clusters = next((side.clusters for side in sides if side.clusters is not None), None)
        return Paired(
            info=info,
            baseline=replace(sides[0], clusters=clusters),  # docs that belong together in one run do in both
            candidate=replace(sides[1], clusters=clusters),
            unpaired=tuple(sorted({*base.doc_ids, *cand.doc_ids} - ids)),
            changed=tuple(sorted({*base.doc_ids} & {*cand.doc_ids} & self._changed)),
        )

    def lost(self, paired: Paired, *, same_data: bool) -> Lost | None:
        """The unpaired docs that should have been pairs; None for a metric where a doc can count for anything.

        With the same data that is every doc that one run has scored: the other one failed on it, or never came to it.
        """
        sides = [table.values(paired.info) for table in self._tables]
        if paired.info.kind == "ratio" or not all(side.is_bounded for side in sides):
            return None
        base, cand = (dict(zip(side.doc_ids, map(float, side.by_doc), strict=True)) for side in sides)
        ids = {*paired.unpaired} - self._changed
        ids = ids if same_data else ids & self._asked
        before, after = [base[i] for i in ids if i in base], [cand[i] for i in ids if i in cand]
        return Lost(
            n_docs=len(ids),
            least=sum(-value for value in before) + sum(value - 1 for value in after),
            most=sum(1 - value for value in before) + sum(after),
        )


def require_pairs(paired: Paired) -> None:
    """Raises UserError where no doc is scored in both runs."""
    if not paired.is_defined:
        raise UserError(
            f"no doc is scored on {paired.info.name!r} in both runs, so there is nothing to compare",
            tip="were both runs made on the same docs? `harness report RUN` tells.",
        )


def _changed_docs(baseline: Sequence[Record], candidate: Sequence[Record]) -> frozenset[str]:
    before, after = _contents(baseline), _contents(candidate)
    return frozenset(doc_id for doc_id in before.keys() & after.keys() if before[doc_id] != after[doc_id])


def _contents(records: Sequence[Record]) -> Mapping[str, tuple[str, str]]:
    return {r.doc.id: (as_text(r.doc.question), r.doc.target) for r in records}
