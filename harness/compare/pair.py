"""Pairing two runs by doc, one metric at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
    """Docs that only one side has a value for, in order of id."""

    @property
    def is_defined(self) -> bool:
        """Both sides have a value."""
        return self.baseline.is_defined and self.candidate.is_defined


class PairedRuns:
    """Two sets of records that can be paired, one metric at a time."""

    def __init__(self, baseline: Sequence[Record], candidate: Sequence[Record]) -> None:
        self._changed = _changed_docs(baseline, candidate)
        self._tables = DocTable(baseline), DocTable(candidate)

    def pair(self, info: MetricInfo) -> Paired:
        """The docs that both sides have a value for, and the ids of those that one side alone has.

        A doc whose question or gold answer differs between the runs is another doc, and never paired.
        """
        base, cand = (table.values(info) for table in self._tables)
        place_in_cand = {doc_id: i for i, doc_id in enumerate(cand.doc_ids)}
        both = [i for i, doc_id in enumerate(base.doc_ids) if doc_id in place_in_cand and doc_id not in self._changed]
        ids = {base.doc_ids[i] for i in both}
        return Paired(
            info=info,
            baseline=base.subset(both),
            candidate=cand.subset([place_in_cand[base.doc_ids[i]] for i in both]),
            unpaired=tuple(sorted({*base.doc_ids, *cand.doc_ids} - ids)),
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
