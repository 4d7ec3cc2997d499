"""The scorer of final answers: finds the answer under a named policy and compares it with the gold answer."""

from __future__ import annotations

from harness.core.errors import unknown_name
from harness.core.records import Completion, Doc, MetricInfo, Score
from harness.core.reply.format import ResponseFormat
from harness.core.reply.presets import format_identity
from harness.core.scorer import Metric, Scorer, Scores, value_metric
from tasks.scoring.answer.equivalence import Target, is_equal, normalised, read_target
from tasks.scoring.answer.extract import Found, check_policy, find_answer
from tasks.scoring.answer.regions import Choice

NAME = "final_answer"
VERSION = "3"


def final_answer(
    policy: str = "auto", *, choice: Choice = "last", response_format: ResponseFormat | None = None
) -> Scorer:
    """A scorer named 'final_answer' with the metrics 'accuracy' and 'answered'.

    `policy` names where the answer is looked for (`tasks.scoring.answer.extract.POLICIES`; docs/method/answers.md),
    `choice` which of several matches counts, `response_format` the form that was asked for. Raises UserError for an
    unknown policy or choice, and for the policy 'format' without a format.
    """
    check_policy(policy)
    if choice not in ("first", "last"):
        raise unknown_name("choice", choice, ["first", "last"])
    if policy == "format" and response_format is None:
        raise unknown_name("answer policy", policy, [], tip="'format' needs a task with a declared response format.")

    def score(doc: Doc, completion: Completion) -> Score:
        return _score(doc, completion, policy, choice, response_format)

    options = {"policy": policy, "choice": choice, "format": format_identity(response_format)}
    return Scorer(name=NAME, version=VERSION, score=score, metrics=_METRICS, options=options)


def _score(doc: Doc, completion: Completion, policy: str, choice: Choice, declared: ResponseFormat | None) -> Score:
    target = read_target(doc.target)
    if target is None:
        return Score(value=None, outcome="not_scored", why="the doc has no gold answer")
    if completion.finish == "error":
        return Score(
            value=None, outcome="not_scored", why=f"generation failed: {completion.error or 'no reason given'}"
        )
    if not completion.text.strip():
        return Score(value=0.0, outcome="no_answer", why="the reply is empty", detail={"policy": policy})
    found = find_answer(
        completion.reply,
        policy=policy,
        choice=choice,
        response_format=declared,
        kind=target.reads,
        complete=completion.finish != "length",
    )
    if found is None:
        return Score(value=0.0, outcome="no_answer", why=_why_none(completion, policy), detail={"policy": policy})
    return _judged(target, found, policy)


def _judged(target: Target, found: Found, policy: str) -> Score:
    equal = is_equal(target, found)
    return Score(
        value=1.0 if equal else 0.0,
        outcome="correct" if equal else "wrong",
        answer=normalised(target, found),
        why=_WHY.get(found.rule, f"{found.rule}: {found.text[:80]!r}"),
        detail={"rule": found.rule, "span": [found.start, found.end], "policy": policy},
    )


_WHY = {
    "format": "the declared answer section",
    "section": "the declared answer section",
    "tags": "the answer tags",
    "boxed": r"the last \boxed{}",
    "hashes": "after ####",
    "answer-is": "after 'the answer is'",
    "last-line": "the last line",
    "closing number": "no marked answer: what the reply closes with",
    "last-number": "the last number of the reply",
    "first-number": "the first number of the reply",
}


def _why_none(completion: Completion, policy: str) -> str:
    cut = "truncated, and " if completion.finish == "length" else ""
    return f"{cut}nothing to read under the policy {policy!r}"


def _answered(doc: Doc, scores: Scores) -> float | None:
    if NAME not in scores or scores[NAME].outcome == "not_scored":
        return None
    return 0.0 if scores[NAME].outcome == "no_answer" else 1.0


_METRICS: tuple[Metric, ...] = (
    value_metric("accuracy", NAME, "final answer equals the gold answer; no answer counts as wrong"),
    Metric(
        info=MetricInfo(name="answered", description="a final answer could be read", scorer=NAME, kind="binary"),
        read=_answered,
    ),
)
