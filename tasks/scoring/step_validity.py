"""The scorer of reasoning steps: each step checked symbolically, and what that means for the answer."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, Literal

from harness.core.records import Completion, Doc, MetricInfo, MetricValue, Score
from harness.core.reply.format import ResponseFormat
from harness.core.reply.infer import infer_format
from harness.core.reply.parse import parse_sections
from harness.core.reply.presets import BARE, format_identity
from harness.core.scorer import Metric, Scorer, Scores
from harness.core.task import as_text
from tasks.scoring.steps.read.split import step_spans
from tasks.scoring.steps.verdict.checker import check_solution
from tasks.scoring.steps.verdict.pair import WITHDRAWN
from tasks.scoring.steps.verdict.verdicts import SolutionCheck

NAME = "step_validity"
VERSION = "2"
MAX_REPLY_CHARS = 400_000
"""Characters of a reply that are read."""
MAX_FLAGS = 20
"""Flagged statements kept in a score's detail."""

Span = tuple[int, int]


def step_validity(response_format: ResponseFormat | None = None) -> Scorer:
    """A scorer named 'step_validity'. Without a format, each reply's own markers say where its reasoning stands.

    The score is 1 where no step is proven wrong and at least one was decided, 0 where a step is proven wrong; a reply
    with nothing to decide is 'no_answer'. Metrics: docs/method/steps.md; those about the answer read 'final_answer'.
    """

    def score(doc: Doc, completion: Completion) -> Score:
        return _score(doc, completion, response_format)

    options = {"format": format_identity(response_format)}
    return Scorer(name=NAME, version=VERSION, score=score, metrics=_METRICS, options=options)


def reasoning_steps(reply: str, response_format: ResponseFormat | None = None) -> list[Span]:
    """The steps of a reply as characters of it: those of its reasoning sections, or of the whole reply without any.

    A reply that calculates only after its reasoning section (an outline in tags, the work in the answer) is read whole.
    """
    return _reasoning(reply, response_format)[0]


def _reasoning(reply: str, response_format: ResponseFormat | None) -> tuple[list[Span], bool]:
    """The steps, and whether the section with the last one is closed, so that nothing of it was cut off."""
    reply = reply[:MAX_REPLY_CHARS]
    form = response_format or infer_format([reply])
    sections = [] if form is BARE else [s for s in parse_sections(form, reply) if s.name == "reasoning"]
    spans = [span for s in sections for span in _within(reply, s.body_start, s.body_end)]
    if any(_calculates(reply[start:end]) for start, end in spans):
        return spans, sections[-1].closed and sections[-1].end > sections[-1].body_end
    return _within(reply, 0, len(reply)), False


def _within(reply: str, start: int, end: int) -> list[Span]:
    return [(start + a, start + b) for a, b in step_spans(reply[start:end])]


def _calculates(step: str) -> bool:
    return "=" in step and any(character.isdigit() for character in step)


def _score(doc: Doc, completion: Completion, response_format: ResponseFormat | None) -> Score:
    if completion.finish == "error":
        return Score(value=None, outcome="not_scored", why=f"no completion: {completion.error or 'the backend failed'}")
    reply = completion.reply
    spans, ends = _reasoning(reply, response_format)
    check = check_solution([reply[start:end] for start, end in spans], as_text(doc.question), ends=ends)
    first = check.first_error()
    outcome: Literal["correct", "wrong", "no_answer"] = "wrong" if first >= 0 else "correct"
    if first < 0 and not check.n_decided_steps:
        outcome = "no_answer"
    return Score(
        value=float(outcome == "correct"),
        outcome=outcome,
        answer=_last_value(check),
        why=_why(check, first),
        detail=_detail(check, spans, first),
    )


def _why(check: SolutionCheck, first: int) -> str:
    if first >= 0:
        bad = next(s for s in check.steps[first].statements if s.verdict == "invalid")
        values = f": {bad.left} against {bad.right}" if bad.left and bad.right else ""
        return f"step {first + 1}, {bad.reason}{values}: {bad.text[:120]!r}"
    if not check.n_decided_steps:
        return "no statement that could be decided"
    return f"{check.n_decided_steps} of {len(check.steps)} steps decided, none proven wrong"


def _last_value(check: SolutionCheck) -> str:
    return next((s.value for s in reversed(check.statements) if s.value), "")


def _detail(check: SolutionCheck, spans: list[Span], first: int) -> dict[str, Any]:
    verdicts = [s.verdict for s in check.statements]
    return {
        "n_steps": len(check.steps),
        "n_decided_steps": check.n_decided_steps,
        "n_statements": len(verdicts),
        "n_decided": sum(v != "unverifiable" for v in verdicts),
        "n_invalid": verdicts.count("invalid"),
        "n_imprecise": verdicts.count("imprecise"),
        "n_withdrawn": sum(s.reason == WITHDRAWN for s in check.statements),
        "n_suspicious": sum(bool(s.suspicion) for s in check.statements),
        "first_error": first,
        "last_values": _last_values(check),
        "flags": _flags(check, spans),
        "steps": [[*spans[step.index], step.verdict_in("suspicious")] for step in check.steps],
        "statements": _statements(check, spans),
    }


def _statements(check: SolutionCheck, spans: list[Span]) -> list[list[Any]]:
    """What a report shows in place: [start, end, verdict, left, right, reason] of all that is decided or withdrawn."""
    return [
        [
            spans[step.index][0] + s.start,
            spans[step.index][0] + s.end,
            verdict,
            s.left,
            s.right,
            s.suspicion or s.reason,
        ]
        for step in check.steps
        for s in step.statements
        if (verdict := s.verdict_in("suspicious")) != "unverifiable" or s.reason == WITHDRAWN
    ]


def _flags(check: SolutionCheck, spans: list[Span]) -> list[dict[str, Any]]:
    """Flagged statements with their place in the reply and the values recomputed."""
    found = [
        {
            "step": step.index,
            "span": [spans[step.index][0] + s.start, spans[step.index][0] + s.end],
            "text": s.text[:200],
            "reason": s.reason,
            "left": s.left,
            "right": s.right,
        }
        for step in check.steps
        for s in step.statements
        if s.verdict == "invalid"
    ]
    return found[:MAX_FLAGS]


def _last_values(check: SolutionCheck) -> list[str]:
    """The values that the last step with any arrives at."""
    for step in reversed(check.steps):
        values = [s.value for s in step.statements if s.value]
        if values:
            return values[-8:]
    return []


# --- metrics ----------------------------------------------------------------------------------------


def _detail_ratio(top: Callable[[dict[str, Any]], int], bottom: str) -> Callable[[Score, Scores], MetricValue]:
    def read(score: Score, scores: Scores) -> MetricValue:
        detail = dict(score.detail)
        return (float(top(detail)), float(detail[bottom])) if detail[bottom] else None

    return read


def _unsound(score: Score, scores: Scores) -> MetricValue:
    return float(score.outcome == "wrong")


def _suspicious(score: Score, scores: Scores) -> MetricValue:
    return float(bool(score.detail["n_suspicious"]))


def _answer(scores: Scores) -> Score | None:
    """The final answer's score, where it is judged."""
    found = scores.get("final_answer")
    return found if found is not None and found.outcome != "not_scored" else None


def _sound_and_correct(score: Score, scores: Scores) -> MetricValue:
    answer = _answer(scores)
    return None if answer is None else float(answer.outcome == "correct" and score.outcome != "wrong")


def _right_answer_wrong_reasoning(score: Score, scores: Scores) -> MetricValue:
    answer = _answer(scores)
    return None if answer is None or answer.outcome != "correct" else float(score.outcome == "wrong")


def _explained(score: Score, scores: Scores) -> MetricValue:
    answer = _answer(scores)
    return None if answer is None or answer.outcome != "wrong" else float(score.outcome == "wrong")


def _follows(score: Score, scores: Scores) -> MetricValue:
    """None without an answer that is a number, or without a derived value."""
    answer = _answer(scores)
    given = None if answer is None else _number(answer.answer)
    derived = [value for value in map(_number, score.detail["last_values"]) if value is not None]
    if given is None or not derived:
        return None
    return float(any(abs(given - value) * 200 <= max(Fraction(1), abs(value)) for value in derived))


def _number(text: str) -> Fraction | None:
    try:
        return Fraction(text.replace(",", "").strip())
    except (ValueError, ZeroDivisionError):
        return None


def _metric(
    name: str,
    kind: Literal["binary", "mean", "ratio"],
    read: Callable[[Score, Scores], MetricValue],
    description: str,
    *,
    higher_is_better: bool = True,
) -> Metric:
    def value(doc: Doc, scores: Scores) -> MetricValue:
        score = scores.get(NAME)
        return None if score is None or score.value is None else read(score, scores)

    info = MetricInfo(name=name, description=description, scorer=NAME, kind=kind, higher_is_better=higher_is_better)
    return Metric(info=info, read=value)


_METRICS = (
    _metric(
        "sound_and_correct", "binary", _sound_and_correct, "right answer and no step proven wrong; over answers judged"
    ),
    _metric(
        "step_validity",
        "ratio",
        _detail_ratio(lambda d: d["n_decided"] - d["n_invalid"], "n_decided"),
        "statements not proven wrong, of those decided",
    ),
    _metric(
        "proven_unsound", "binary", _unsound, "a step is proven wrong; over replies scored", higher_is_better=False
    ),
    _metric(
        "right_answer_wrong_reasoning",
        "binary",
        _right_answer_wrong_reasoning,
        "a step is proven wrong; over right answers",
        higher_is_better=False,
    ),
    _metric("wrong_answer_explained", "binary", _explained, "a step is proven wrong; over wrong answers"),
    _metric(
        "answer_follows",
        "binary",
        _follows,
        "the answer is a value that the last calculating step arrives at; over numeric answers after a calculation",
    ),
    _metric(
        "statement_coverage",
        "ratio",
        _detail_ratio(lambda d: d["n_decided"], "n_statements"),
        "statements that could be decided, of all found",
    ),
    _metric(
        "step_coverage",
        "ratio",
        _detail_ratio(lambda d: d["n_decided_steps"], "n_steps"),
        "steps with a decided statement, of all steps",
    ),
    _metric(
        "suspicious_steps",
        "binary",
        _suspicious,
        "a heuristic doubts a step (no proof); over replies scored",
        higher_is_better=False,
    ),
)
