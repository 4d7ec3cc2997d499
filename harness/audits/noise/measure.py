"""From runs that should have been the same to the share of answers that flipped: pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from harness.audits.noise.records import NoiseFloor, NoisePair, NoiseRun
from harness.comparison.pair import PairedRuns
from harness.comparison.refuse import check_comparable, is_recorded
from harness.core.errors import UserError
from harness.core.records import Estimate, MetricInfo, Record, Run
from harness.stats.estimate import estimate_metrics

_FLIPS = MetricInfo(name="flips", description="primary metric changed", scorer="", kind="binary")
_ANSWERS = MetricInfo(name="answers", description="another answer", scorer="", kind="binary")
_TEXTS = MetricInfo(name="texts", description="another text", scorer="", kind="binary")
_INFOS = (_FLIPS, _ANSWERS, _TEXTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Same:
    """One of the runs that should be the same: its records, and what it was run with."""

    run: Run
    records: Sequence[Record]
    label: str


def noise_floor(sides: Sequence[Same]) -> NoiseFloor:
    """What numerics alone do, from every pair of at least two runs.

    Raises UserError for runs of different models, data, prompts, scorers or settings, for sampled ones, and for runs
    that share no doc.
    """
    notes = _check(sides)
    first = sides[0].run
    info = next(info for info in first.metrics if info.name == first.primary)
    compared = [_pair(a, b, info) for a, b in combinations(sides, 2)]
    overall = estimate_metrics([row for _, rows in compared for row in rows], _INFOS)
    accuracies = [side.run.estimates[first.primary] for side in sides]
    values = [found.value for found in accuracies if found.value is not None]
    flips = overall[_FLIPS.name]
    return NoiseFloor(
        model=first.model.name,
        fingerprints=tuple(dict.fromkeys(side.run.model.fingerprint for side in sides)),
        task=first.task,
        task_version=first.task_version,
        primary=first.primary,
        n_docs=flips.n_docs,
        runs=tuple(
            NoiseRun(id=side.run.id, label=side.label, accuracy=found)
            for side, found in zip(sides, accuracies, strict=True)
        ),
        pairs=tuple(pair for pair, _ in compared),
        flips=flips,
        answers=overall[_ANSWERS.name],
        texts=overall[_TEXTS.name],
        spread=max(values) - min(values) if values else None,
        swing=_swing(flips) if info.kind != "mean" else None,  # a flip moves a share by 1, and a mean by anything
        notes=notes,
        settings=first.settings,
    )


def _check(sides: Sequence[Same]) -> tuple[str, ...]:
    if len(sides) < 2:
        raise UserError("noise needs at least two runs of one model", tip="give more runs, batch sizes or seeds.")
    notes: dict[str, None] = {}
    first = sides[0].run
    for side in sides[1:]:
        check_comparable(first, side.run, frozenset())
        ours, theirs = first.model.fingerprint, side.run.model.fingerprint
        if ours != theirs and not (is_recorded(first) and is_recorded(side.run)):
            raise UserError(
                f"{first.id} and {side.run.id} are of different models ({ours} against {theirs}): not numerics alone",
                tip="`harness compare` compares two models.",
            )
        if ours != theirs:
            notes["completions came from elsewhere: that one model wrote them, greedily, is the caller's word"] = None
    for side in sides:
        if side.run.primary not in side.run.estimates:
            raise UserError(
                f"{side.run.id} is not finished", tip=f"`harness run --resume {side.run.id}` goes on with it."
            )
        settings = side.run.settings
        if settings is not None and settings.temperature > 0:
            raise UserError(
                f"{side.run.id} was sampled at temperature {settings.temperature:g}: its answers differ by chance",
                tip="the noise floor is that of greedy decoding.",
            )
    return tuple(notes)


def _pair(a: Same, b: Same, info: MetricInfo) -> tuple[NoisePair, list[Record]]:
    """Two runs, and one row of 0s and 1s for each doc that both have scored."""
    paired = PairedRuns(a.records, b.records).pair(info)
    if not paired.is_defined:
        raise UserError(f"{a.run.id} and {b.run.id} have no scored doc in common")
    ours, theirs = _first_of_docs(a.records), _first_of_docs(b.records)
    changed = abs(paired.candidate.by_doc - paired.baseline.by_doc) > 1e-9
    rows = [
        _row(ours[doc_id], theirs[doc_id], info.scorer, flipped=bool(flip))
        for doc_id, flip in zip(paired.baseline.doc_ids, changed, strict=True)
    ]
    found = estimate_metrics(rows, _INFOS)
    return NoisePair(
        first=a.label,
        second=b.label,
        n_docs=len(rows),
        flips=found[_FLIPS.name],
        answers=found[_ANSWERS.name],
        texts=found[_TEXTS.name],
        n_flips=_count(rows, _FLIPS),
        n_answers=_count(rows, _ANSWERS),
        n_texts=_count(rows, _TEXTS),
    ), rows


def _row(ours: Record, theirs: Record, scorer: str, *, flipped: bool) -> Record:
    answers = [record.scores[scorer].answer for record in (ours, theirs) if scorer in record.scores]
    texts = {record.completion.text for record in (ours, theirs)}
    metrics = {
        _FLIPS.name: float(flipped),
        _ANSWERS.name: float(len(set(answers)) > 1) if answers else None,
        _TEXTS.name: float(len(texts) > 1),
    }
    return replace(ours, scores={}, metrics=metrics)


def _first_of_docs(records: Sequence[Record]) -> Mapping[str, Record]:
    return {record.doc.id: record for record in reversed(records)}


def _count(rows: Sequence[Record], info: MetricInfo) -> int:
    return sum(row.metrics[info.name] == 1.0 for row in rows)


def _swing(flips: Estimate) -> float | None:
    return None if flips.value is None else 1.96 * math.sqrt(flips.value / flips.n_docs)
