"""What a comparison does not know: the completions and docs that failed, and what they could have added."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from harness.core.records import MetricInfo, Record, Run
from harness.core.scorer import FAULT
from harness.stats.values import DocValues


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """Docs and completions that should have been scored and were not, and what they could add to the sum of
    differences over all docs."""

    n_one: int = 0
    """Docs that only one run has scored."""
    n_neither: int = 0
    """Docs that neither run has scored, because one of them failed."""
    n_completions: int = 0
    """Failed completions of docs that both runs have scored."""
    least: float = 0.0
    """Where what is missing is as bad for the candidate as it can be; infinite for a metric without a range."""
    most: float = 0.0

    @property
    def n_docs(self) -> int:
        """Docs that are no pair and should have been one."""
        return self.n_one + self.n_neither

    def __bool__(self) -> bool:
        return bool(self.n_docs or self.n_completions)

    def words(self) -> str:
        """What could undo a decision."""
        parts = [
            f"{self.n_one:,} {_docs(self.n_one)} scored in only one" if self.n_one else "",
            f"{self.n_neither:,} {_docs(self.n_neither)} that failed in both" if self.n_neither else "",
            f"{self.n_completions:,} failed completions of the others" if self.n_completions else "",
        ]
        return " and the ".join(filter(None, parts))


@dataclass(frozen=True, slots=True)
class _Doc:
    """One doc of one run: its value, and the share of its completions that is missing."""

    value: float | None
    missing: float
    low: float
    high: float


class Side:
    """One run's records, asked what of each doc is missing in one metric."""

    def __init__(self, records: Sequence[Record], repeats: int = 1) -> None:
        self._by_doc: dict[str, list[Record]] = defaultdict(list)
        for record in records:
            self._by_doc[record.doc.id].append(record)
        self._repeats = repeats

    def n_lost(self, doc_id: str, info: MetricInfo) -> int:
        """Completions of a doc that failed or were never drawn."""
        have = self._by_doc.get(doc_id, [])
        return sum(is_lost(record, info) for record in have) + max(0, self._repeats - len(have))

    def failed(self, info: MetricInfo) -> dict[str, str]:
        """Docs none of whose completions has a value, because they failed: why, or empty where the scorer says that
        the doc itself cannot be scored."""
        found = {}
        for doc_id, records in self._by_doc.items():
            if all(is_lost(record, info) for record in records):
                found[doc_id] = next((why for record in records if (why := _fault(record, info))), "")
        return found

    def refusals(self, doc_id: str, info: MetricInfo) -> set[str]:
        """What the scorer says of a doc's completions."""
        scores = (record.scores.get(info.scorer) for record in self._by_doc.get(doc_id, []))
        return {score.why for score in scores if score is not None}


def is_lost(record: Record, info: MetricInfo) -> bool:
    """Whether a completion should have had a value and has none: it failed, its scorer crashed or gave no verdict.
    (A metric that does not apply to a scored completion is not lost.)"""
    value = record.metrics.get(info.name)
    parts = value if isinstance(value, (tuple, list)) else (value,)
    if all(part is not None and math.isfinite(part) for part in parts):
        return False
    score = record.scores.get(info.scorer)
    finite_or_none = all(part is None or math.isfinite(part) for part in parts)
    return record.completion.finish == "error" or score is None or score.outcome == "not_scored" or not finite_or_none


def _fault(record: Record, info: MetricInfo) -> str:
    score = record.scores.get(info.scorer)
    if record.completion.finish == "error" or score is None:
        return "no completion"
    return str(score.detail[FAULT]) if FAULT in score.detail else ""


def find_lost(
    info: MetricInfo,
    values: tuple[DocValues, DocValues],
    sides: tuple[Side, Side],
    unpaired: Collection[str],
    changed: Collection[str],
) -> Lost:
    """What the two runs, its `sides`, lost of the metric `info`.

    `values` are all docs of each run that have a value, `unpaired` the ids of docs that should have been pairs, and
    `changed` those of docs that are other docs in each run.
    """
    bounded = info.kind != "ratio" and all(side.is_bounded for side in values)
    docs = tuple(_docs_of(info, value, side) for value, side in zip(values, sides, strict=True))
    paired = (docs[0].keys() & docs[1].keys()) - {*changed}
    neither = _neither(info, sides) - docs[0].keys() - docs[1].keys() - {*changed}
    n_completions = sum(sides[i].n_lost(doc_id, info) for i in (0, 1) for doc_id in paired)
    unknown = _Doc(None, 1.0, 0.0, 1.0)
    least = most = 0.0
    for doc_id in {*unpaired, *neither, *paired}:
        before, after = docs[0].get(doc_id, unknown), docs[1].get(doc_id, unknown)
        seen = after.value - before.value if after.value is not None and before.value is not None else 0.0
        least += after.low - before.high - seen
        most += after.high - before.low - seen
    found = Lost(n_one=len(unpaired), n_neither=len(neither), n_completions=n_completions)
    if not found:
        return found
    ends = (least, most) if bounded else (-math.inf, math.inf)
    return Lost(n_one=found.n_one, n_neither=found.n_neither, n_completions=n_completions, least=ends[0], most=ends[1])


def lost_labels(info: MetricInfo, lost: Lost, *runs: tuple[Run, Sequence[Record]]) -> tuple[str, ...]:
    """What each of the `runs` failed on, and the docs that are lost to both; nothing where nothing failed."""
    said = []
    for run, records in runs:
        n = sum(is_lost(record, info) for record in records)
        if n:
            total = f"{n:,} of {len(records):,} completions"
            said.append(
                f"{run.model.name}: {total} failed or have no verdict on {info.name}: left out, not counted wrong"
            )
    if lost.n_neither:
        said.append(f"{lost.n_neither:,} {_docs(lost.n_neither)} failed in both runs: left out")
    return tuple(said)


def _docs_of(info: MetricInfo, values: DocValues, side: Side) -> Mapping[str, _Doc]:
    found = {}
    for doc_id, value, scored in zip(values.doc_ids, map(float, values.by_doc), values.completions, strict=True):
        n_lost = side.n_lost(doc_id, info)
        missing = n_lost / (n_lost + float(scored))
        found[doc_id] = _Doc(value, missing, value * (1 - missing), value * (1 - missing) + missing)
    return found


def _neither(info: MetricInfo, sides: tuple[Side, Side]) -> set[str]:
    """Docs that failed in both runs. One that a scorer will not judge, whatever the reply, and says so in the same
    words of both, is the data's fault, and lost to neither."""
    before, after = (side.failed(info) for side in sides)
    both = before.keys() & after.keys()
    return {
        doc_id
        for doc_id in both
        if before[doc_id] or after[doc_id] or sides[0].refusals(doc_id, info) != sides[1].refusals(doc_id, info)
    }


def _docs(n: int) -> str:
    return "doc" if n == 1 else "docs"
