"""Applying a task's scorers to one completion. A failure is never a score."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from harness.core.blame import failure
from harness.core.records import Completion, Doc, MetricInfo, MetricValue, Record, Score
from harness.core.scorer import FAULT, Metric, Scorer


def score_completion(key: str, doc: Doc, completion: Completion, scorers: Sequence[Scorer]) -> Record:
    """The record of one completion: the score of each of `scorers` and what it adds to each metric.

    A scorer that raises gives no score, and neither does one of whose metrics does: the run goes on without it.

    `key` is the record's in the journal, `doc` the question that the completion answers.
    """
    scores = {scorer.name: _score(scorer, doc, completion) for scorer in scorers}
    metrics: dict[str, MetricValue] = {}
    for scorer in scorers:
        try:
            metrics |= {metric.info.name: _read(metric, doc, scores) for metric in scorer.metrics}
        except Exception as error:
            scores[scorer.name] = _fault(scorer, f"metrics, {failure(error)}")
            metrics |= dict.fromkeys(metric.info.name for metric in scorer.metrics)
    return Record(key=key, doc=doc, completion=completion, scores=scores, metrics=metrics)


def faults(records: Sequence[Record]) -> dict[str, list[Record]]:
    """The records that each scorer failed on, by the scorer's name."""
    found: dict[str, list[Record]] = {}
    for record in records:
        for name, score in record.scores.items():
            if FAULT in score.detail:
                found.setdefault(name, []).append(record)
    return found


def metric_infos(scorers: Sequence[Scorer]) -> tuple[MetricInfo, ...]:
    """What the scorers measure, in their order."""
    return tuple(metric.info for scorer in scorers for metric in scorer.metrics)


def _score(scorer: Scorer, doc: Doc, completion: Completion) -> Score:
    if completion.finish == "error":
        return Score(value=None, outcome="not_scored", why=f"no completion: {completion.error}")
    try:
        score = scorer.score(doc, completion)
    except Exception as error:  # a scorer's fault must not lose the completion, nor count as wrong
        return _fault(scorer, failure(error))
    if not isinstance(score, Score):
        return _fault(scorer, f"it gave {type(score).__name__}, not a Score")
    if score.value is not None and not math.isfinite(score.value):
        return Score(value=None, outcome="not_scored", why=f"{scorer.name} gave {score.value}, which is no number")
    return score


def _fault(scorer: Scorer, what: str) -> Score:
    return Score(value=None, outcome="not_scored", why=f"scorer {scorer.name}: {what}", detail={FAULT: what})


def _read(metric: Metric, doc: Doc, scores: Mapping[str, Score]) -> MetricValue:
    if scores[metric.info.scorer].outcome == "not_scored":
        return None
    return metric.read(doc, scores)
