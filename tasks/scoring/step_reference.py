"""The scorer of reasoning beside the gold solution: does the answer follow from the question as the gold one does."""

from __future__ import annotations

from collections.abc import Callable

from harness.core.records import Completion, Doc, MetricInfo, MetricValue, Score
from harness.core.reply.format import ResponseFormat
from harness.core.reply.presets import format_identity
from harness.core.scorer import Metric, Scorer, Scores
from harness.core.task import as_text
from tasks.scoring.step_validity import reasoning_steps
from tasks.scoring.steps.reference import ReferenceCheck, check_with_reference

NAME = "step_reference"
VERSION = "3"


def step_reference(response_format: ResponseFormat | None = None) -> Scorer:
    """A scorer named 'step_reference', apart from 'step_validity' because it uses the doc's gold solution.

    The score is 1 where the answer is certified, that is the same function of the question's numbers as the gold one,
    0 where it is not, and None ('not_scored') for a doc without a gold solution. The metrics also read the scorer
    'final_answer'. Method and limits: docs/method/steps_reference.md.
    """

    def score(doc: Doc, completion: Completion) -> Score:
        if completion.finish == "error":
            return Score(value=None, outcome="not_scored", why=f"no completion: {completion.error}")
        if not doc.gold_reasoning:
            return Score(value=None, outcome="not_scored", why="the doc has no gold solution")
        return _score(doc, completion, response_format)

    options = {"format": format_identity(response_format)}
    return Scorer(name=NAME, version=VERSION, score=score, metrics=_METRICS, options=options)


def _score(doc: Doc, completion: Completion, response_format: ResponseFormat | None) -> Score:
    reply = completion.reply
    spans = reasoning_steps(reply, response_format)
    gold = f"{doc.gold_reasoning}\n#### {doc.target}"
    check = check_with_reference([reply[start:end] for start, end in spans], as_text(doc.question), gold)
    first = check.first_error()
    return Score(
        value=float(check.certified is True),
        outcome="correct" if check.certified else "wrong" if first >= 0 else "no_answer",
        answer=check.answer,
        why=_why(check, first),
        detail={
            "certified": check.certified,
            "first_error": first,
            "span": list(spans[first]) if first >= 0 else None,
            "n_steps": len(spans),
        },
    )


def _why(check: ReferenceCheck, first: int) -> str:
    if check.certified:
        return "the answer follows from the question as the gold answer does"
    return f"step {first + 1}: {check.why}" if first >= 0 else "nothing departs, but the answer is not certified"


def _certified_correct(score: Score, answer: Score) -> MetricValue:
    return float(answer.outcome == "correct" and score.detail["certified"] is True and score.detail["first_error"] < 0)


def _certified_right(score: Score, answer: Score) -> MetricValue:
    return float(score.detail["certified"] is True) if answer.outcome == "correct" else None


def _located_wrong(score: Score, answer: Score) -> MetricValue:
    return float(score.detail["first_error"] >= 0) if answer.outcome == "wrong" else None


def _metric(name: str, description: str, read: Callable[[Score, Score], MetricValue]) -> Metric:
    def value(doc: Doc, scores: Scores) -> MetricValue:
        score, answer = scores.get(NAME), scores.get("final_answer")
        if score is None or score.value is None or answer is None or answer.outcome == "not_scored":
            return None
        return read(score, answer)

    return Metric(info=MetricInfo(name=name, description=description, scorer=NAME, kind="binary"), read=value)


_METRICS = (
    _metric(
        "certified_correct",
        "right answer that follows as the gold answer does, no step false; over docs with a gold solution",
        _certified_correct,
    ),
    _metric(
        "right_answer_certified", "the answer follows as the gold answer does; over right answers", _certified_right
    ),
    _metric("wrong_answer_located", "a first departing step is found; over wrong answers", _located_wrong),
)
