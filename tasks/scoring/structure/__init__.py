"""The scorer `structure`: does a reply keep the response format it was asked for, and which rule breaks first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from typing import Any

from harness.core.errors import UserError
from harness.core.records import Completion, Doc, MetricInfo, MetricValue, Score
from harness.core.reply.format import ResponseFormat
from harness.core.reply.presets import QUESTION_REASONING_ANSWER
from harness.core.reply.presets import response_format as preset
from harness.core.scorer import Metric, Scorer, Scores, value_metric
from tasks.scoring.structure.content_rules import answer_type as type_of_answer
from tasks.scoring.structure.content_rules import count_steps
from tasks.scoring.structure.reading import AnswerType, Breach, Finding, Limits, Reading, read
from tasks.scoring.structure.rules import RULES, chosen_rules

__all__ = ["RULES", "judge", "structure"]

SHOWN_ANSWER_CHARS = 200


def structure(
    response_format: ResponseFormat | str | None = None,
    *,
    rules: Iterable[str] | None = None,
    answer_type: AnswerType | None = None,
    min_steps: int | None = None,
    max_steps: int | None = None,
    max_tokens: int | None = None,
    max_chars: int | None = None,
    allow_before: bool | None = None,
    allow_after: bool | None = None,
) -> Scorer:
    """Whether a reply keeps a response format: `compliant`, and one binary metric `structure_<rule>` a rule.

    `response_format` is a preset's name or an own format; without one, Question/Reasoning/Answer. `rules` chooses which
    rules make a reply compliant. The limits each switch on a rule that otherwise does not apply: `answer_type`,
    `min_steps` and `max_steps` of the reasoning, `max_tokens` (by the backend's count) and `max_chars` of the reply.
    `allow_before` and `allow_after` let text stand outside the sections.

    Raises UserError for an unknown preset or rule, or limits that nothing can meet.
    """
    form = _resolve(response_format, allow_before, allow_after)
    limits = Limits(
        answer_type=answer_type, min_steps=min_steps, max_steps=max_steps, max_tokens=max_tokens, max_chars=max_chars
    )
    _check_limits(limits)
    required = chosen_rules(rules)
    return Scorer(
        name="structure",
        version="3",
        score=lambda doc, completion: _score(form, limits, required, doc, completion),
        metrics=_metrics(required),
        options={"response_format": asdict(form), "rules": sorted(required), **asdict(limits)},
    )


def judge(
    response_format: ResponseFormat, doc: Doc, completion: Completion, limits: Limits | None = None
) -> dict[str, Finding]:
    """What every rule says of a completion of `doc` in this `response_format`, by rule name in the order of RULES.

    `limits` are those of `structure`; by default none.
    """
    reading = read(response_format, limits or Limits(), doc, completion)
    return {rule.name: rule.check(reading) for rule in RULES}


def _score(form: ResponseFormat, limits: Limits, required: frozenset[str], doc: Doc, completion: Completion) -> Score:
    if completion.finish == "error":
        return Score(value=None, outcome="not_scored", why=f"no completion: {completion.error or 'the backend failed'}")
    reading = read(form, limits, doc, completion)
    findings = {rule.name: rule.check(reading) for rule in RULES}
    breaches = {name: finding for name, finding in findings.items() if isinstance(finding, Breach)}
    first = next((name for name in breaches if name in required), None)
    outcome = "no_answer" if not reading.reply.strip() else "wrong" if first else "correct"
    return Score(
        value=0.0 if first else 1.0,
        outcome=outcome,  # type: ignore[arg-type]
        answer=reading.body("answer")[:SHOWN_ANSWER_CHARS],
        why=_why(first, breaches),
        detail=_detail(reading, findings, breaches, first),
    )


def _why(first: str | None, breaches: dict[str, Breach]) -> str:
    if first is None:
        return "compliant"
    return f"{first}: {breaches[first].why} (character {breaches[first].start})"


def _detail(
    reading: Reading, findings: dict[str, Finding], breaches: dict[str, Breach], first: str | None
) -> dict[str, Any]:
    answer = reading.body("answer")
    return {
        "rules": {name: _flag(finding) for name, finding in findings.items()},
        "first_broken": first,
        "span": [breaches[first].start, breaches[first].end] if first else None,
        "broken": {name: {"span": [breach.start, breach.end], "why": breach.why} for name, breach in breaches.items()},
        "n_steps": count_steps(reading.body("reasoning")) if reading.first("reasoning") else None,
        "answer_type": type_of_answer(answer) if answer else None,
    }


def _flag(finding: Finding) -> bool | None:
    return None if finding == "not_applicable" else not isinstance(finding, Breach)


def _metrics(required: frozenset[str]) -> tuple[Metric, ...]:
    described = f"keeps the response format: none of {len(required)} rules is broken"
    compliant = value_metric("compliant", "structure", described)
    of_rules = [_metric(f"structure_{r.name}", r.description, "binary", _rule_reader(r.name)) for r in RULES]
    bare = _metric("bare_answer", "the answer section is a bare number", "binary", _is_bare)
    steps = _metric("reasoning_steps", "steps (lines, or sentences of one line) in the reasoning", "mean", _n_steps)
    return (compliant, *of_rules, bare, steps)


def _metric(name: str, description: str, kind: Any, read_one: Callable[[Score], MetricValue]) -> Metric:
    def value(doc: Doc, scores: Scores) -> MetricValue:
        score = scores.get("structure")
        return None if score is None or score.value is None else read_one(score)

    info = MetricInfo(name=name, description=description, scorer="structure", kind=kind, diagnostic=True)
    return Metric(info=info, read=value)


def _rule_reader(rule: str) -> Callable[[Score], MetricValue]:
    def flag(score: Score) -> MetricValue:
        kept = score.detail["rules"][rule]
        return None if kept is None else float(kept)

    return flag


def _is_bare(score: Score) -> MetricValue:
    found = score.detail["answer_type"]
    return None if found is None else float(found == "number")


def _n_steps(score: Score) -> MetricValue:
    n_steps = score.detail["n_steps"]
    return None if n_steps is None else float(n_steps)


def _resolve(given: ResponseFormat | str | None, before: bool | None, after: bool | None) -> ResponseFormat:
    form = preset(given) if isinstance(given, str) else given or QUESTION_REASONING_ANSWER
    return replace(
        form,
        allow_before=form.allow_before if before is None else before,
        allow_after=form.allow_after if after is None else after,
    )


def _check_limits(limits: Limits) -> None:
    numbers = {name: value for name, value in asdict(limits).items() if name != "answer_type" and value is not None}
    for name, value in numbers.items():
        if value < 0:
            raise UserError(f"structure: {name}={value} is below 0")
    if (limits.min_steps or 0) > (limits.max_steps if limits.max_steps is not None else limits.min_steps or 0):
        raise UserError(f"structure: min_steps={limits.min_steps} is above max_steps={limits.max_steps}")
