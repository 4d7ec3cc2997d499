"""Applying a task's scorers to one completion. A failure is never a score."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from harness.core.records import Completion, Doc, MetricInfo, MetricValue, Record, Score
from harness.core.scorer import Metric, Scorer


def score_completion(key: str, doc: Doc, completion: Completion, scorers: Sequence[Scorer]) -> Record:
    """The record of one completion: every scorer's score and what it adds to each metric."""
    scores = {scorer.name: _score(scorer, doc, completion) for scorer in scorers}
    metrics = {metric.info.name: _read(metric, doc, scores) for scorer in scorers for metric in scorer.metrics}
    return Record(key=key, doc=doc, completion=completion, scores=scores, metrics=metrics)


def metric_infos(scorers: Sequence[Scorer]) -> tuple[MetricInfo, ...]:
    """What the scorers measure, in their order."""
    return tuple(metric.info for scorer in scorers for metric in scorer.metrics)


def _score(scorer: Scorer, doc: Doc, completion: Completion) -> Score:
    if completion.finish == "error":
        return Score(value=None, outcome="not_scored", why=f"no completion: {completion.error}")
    try:
        score = scorer.score(doc, completion)
    except Exception as error:  # a scorer's fault must not lose the completion, nor count as wrong
        return Score(value=None, outcome="not_scored", why=f"{scorer.name} failed: {type(error).__name__}: {error}")
    if score.value is not None and not math.isfinite(score.value):
        return Score(value=None, outcome="not_scored", why=f"{scorer.name} gave {score.value}, which is no number")
    return score


def _read(metric: Metric, doc: Doc, scores: Mapping[str, Score]) -> MetricValue:
    if scores[metric.info.scorer].outcome == "not_scored":
        return None
    return metric.read(doc, scores)
