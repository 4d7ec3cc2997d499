"""Pairing two runs by doc, one metric at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from harness.comparison.lost import Lost, Side, find_lost
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


class PairedRuns:
    """Two sets of records that can be paired, one metric at a time."""

    def __init__(
        self, baseline: Sequence[Record], candidate: Sequence[Record], *, repeats: tuple[int, int] = (1, 1)
    ) -> None:
        """`repeats` are the completions a doc that each run was to draw."""
        self._changed = _changed_docs(baseline, candidate)
        self._asked = {r.doc.id for r in baseline} & {r.doc.id for r in candidate}
        self._tables = DocTable(baseline), DocTable(candidate)
        self._sides = Side(baseline, repeats[0]), Side(candidate, repeats[1])

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

    def lost(self, paired: Paired, *, same_data: bool) -> Lost:
        """What should have been scored in both runs and was not.

        With the same data a doc that one run alone has scored is lost by the other: it failed, or never came to it.
        """
        values = self._tables[0].values(paired.info), self._tables[1].values(paired.info)
        unpaired = {*paired.unpaired} - self._changed
        unpaired = unpaired if same_data else unpaired & self._asked
        return find_lost(paired.info, values, self._sides, unpaired, self._changed)


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
