"""Samples to prompt and reply in the declared response format, each passed by the structure scorer and step checker."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias, get_args

from harness.core.errors import UserError, unknown_name
from harness.core.records import Completion, Doc, Prompt
from harness.core.registry import load_scorer
from harness.core.reply.format import ResponseFormat
from harness.core.reply.parse import parse_sections
from harness.core.scorer import Scorer
from harness.core.task import PromptTemplate
from sft.data.reaches import reaches
from sft.data.samples import Reject, Sample, reject_sample

Verify: TypeAlias = Literal["reject", "flag", "off"]
Order: TypeAlias = Literal["reasoning-answer", "answer-only", "answer-reasoning"]
Flag: TypeAlias = Literal["verified", "undecided", "false_step", "answer_not_reached"]

FAULTS: tuple[Flag, ...] = ("false_step", "answer_not_reached")
_QUALITY_RULES = ("exact_markers", "no_loop", "one_script")
"""Rules of the structure scorer beyond compliance; a reply that breaks one is no example to learn from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedSample:
    """A sample as the model is asked and as it is to answer."""

    sample: Sample
    prompt: Prompt
    reply: str
    """The whole assistant turn, the prompt's prefill included."""
    sections: Mapping[str, tuple[int, int]]
    """Section name to [start, end) characters of the reply, markers included."""
    flags: tuple[str, ...]
    """'verified' (a calculation was checked, none is false, the answer is reached), 'undecided' (nothing to check it
    by), or with verify='flag' the faults found; empty with verify='off'."""


def enforce(
    samples: Iterable[Sample],
    response_format: ResponseFormat,
    *,
    verify: Verify = "reject",
    order: Order = "reasoning-answer",
    template: PromptTemplate | None = None,
) -> tuple[tuple[RenderedSample, ...], tuple[Reject, ...]]:
    """Render all `samples` in `response_format`; those that break it, or by the policy `verify` are unsound, become
    rejects.

    The prompt is the evaluation's own (`template`, or one of the format alone), whatever the order of the reply, so
    that arms trained with other orders are asked the same. A sample's reasoning is always verified and held against the
    declared format, also where the reply leaves it out: what has reasoning is kept in every arm or in none.

    Raises UserError for an order that the format cannot express.
    """
    for name, value, known in (("verify", verify, Verify), ("order", order, Order)):
        if value not in get_args(known):
            raise unknown_name(name, value, get_args(known), tip=f"{name} is one of {', '.join(get_args(known))}.")
    template = template or PromptTemplate(response_format=response_format)
    form = arranged(response_format, order, template.prefill)
    judged = {one.name: one for one in (response_format, form)}.values()
    scorers = tuple((one, load_scorer("structure", response_format=one)) for one in judged)
    stage = _Stage(template=template, form=form, scorers=scorers, verify=verify)
    kept: list[RenderedSample] = []
    rejects: list[Reject] = []
    for sample in samples:
        done = _one(sample, stage)
        (kept if isinstance(done, RenderedSample) else rejects).append(done)  # type: ignore[arg-type]
    return tuple(kept), tuple(rejects)


def arranged(response_format: ResponseFormat, order: Order, prefill: str = "") -> ResponseFormat:
    """The format with its sections in another order, or without the reasoning.

    Raises UserError for an order that the format cannot express, or that a prefill rules out.

    >>> from harness.core.reply.presets import REASONING_ANSWER_TAGS
    >>> arranged(REASONING_ANSWER_TAGS, "answer-only").render("1+1?", "1 + 1 = 2", "2")
    '<answer>\\n2\\n</answer>'
    """
    if order == "reasoning-answer":
        return response_format
    if prefill:
        raise UserError(
            f"order {order!r} cannot follow the prefill {prefill!r}, which opens the declared order",
            tip="train this arm without a prefill.",
        )
    named = {section.name: section for section in response_format.sections}
    if "reasoning" not in named and order == "answer-reasoning":
        raise UserError(f"order {order!r} needs a reasoning section, format {response_format.name!r} has none")
    names = ["question", "answer"] if order == "answer-only" else ["question", "answer", "reasoning"]
    sections = tuple(named[name] for name in names if name in named)  # type: ignore[index]
    return replace(response_format, name=f"{response_format.name}, {order}", sections=sections)


def shares(rendered: Sequence[RenderedSample], rejects: Sequence[Reject]) -> dict[str, int]:
    """How many entered, and how many were verified, undecided, flagged and rejected."""
    flags = [set(one.flags) for one in rendered]
    return {
        "entered": len(rendered) + len(rejects),
        "verified": sum("verified" in found for found in flags),
        "undecided": sum("undecided" in found for found in flags),
        "flagged": sum(bool(found & set(FAULTS)) for found in flags),
        "rejected": len(rejects),
    }


class _Stage(NamedTuple):
    template: PromptTemplate
    form: ResponseFormat
    """Of the reply."""
    scorers: tuple[tuple[ResponseFormat, Scorer], ...]
    """The declared format, and where it is another one, the reply's, each with its structure scorer."""
    verify: Verify


def _one(sample: Sample, stage: _Stage) -> RenderedSample | Reject:
    needs_steps = any(section.name == "reasoning" for section in stage.form.sections)
    if needs_steps and not sample.steps:
        return reject_sample(sample, "no_reasoning", "the format has a reasoning section", "structure")
    doc = Doc(id=sample.id, question=sample.question, target=sample.answer, gold_reasoning=sample.reasoning)
    prompt = stage.template.render(doc)
    for form, scorer in stage.scorers:
        if sample.steps or form is stage.form:
            broken = _broken_rule(doc, prompt, _reply(sample, form), scorer)
            if broken:
                return reject_sample(sample, f"structure:{broken[0]}", broken[1], "structure")
    flag, why = verdict(sample) if stage.verify != "off" else ("", "")
    if flag in FAULTS and stage.verify == "reject":
        return reject_sample(sample, flag, why, "structure")
    reply = _reply(sample, stage.form)
    return RenderedSample(
        sample=sample,
        prompt=prompt,
        reply=reply,
        sections={s.name: (s.start, s.end) for s in parse_sections(stage.form, reply)},
        flags=(flag,) if flag else (),
    )


def _reply(sample: Sample, form: ResponseFormat) -> str:
    return form.render(sample.question, sample.reasoning, sample.answer)


def _broken_rule(doc: Doc, prompt: Prompt, reply: str, scorer: Scorer) -> tuple[str, str] | None:
    if not reply.startswith(prompt.prefill):
        return "prefill", f"the reply does not begin with the prefill {prompt.prefill!r}"
    text = reply[len(prompt.prefill) :]
    score = scorer.score(doc, Completion(doc_id=doc.id, text=text, prefill=prompt.prefill))
    if score.outcome != "correct":
        return str(score.detail.get("first_broken") or "empty"), score.why
    broken = score.detail["broken"]
    return next(((rule, broken[rule]["why"]) for rule in _QUALITY_RULES if rule in broken), None)


def verdict(sample: Sample) -> tuple[Flag, str]:
    """What the step checker says of the reasoning and of the answer that it should lead to, and why."""
    if not sample.steps:
        return "undecided", "no reasoning"
    doc = Doc(id=sample.id, question=sample.question, target=sample.answer)
    score = _step_scorer().score(doc, Completion(doc_id=sample.id, text=sample.reasoning))
    if score.outcome == "wrong":
        return "false_step", score.why
    reached = reaches(sample.steps, sample.answer, score.detail["last_values"])
    if reached is False:
        return "answer_not_reached", f"{sample.answer!r} against {sample.steps[-1][-80:]!r}"
    if score.outcome == "no_answer" or reached is None:
        return "undecided", score.why
    return "verified", score.why


@lru_cache(maxsize=1)
def _step_scorer() -> Scorer:
    from harness.core.reply.presets import BARE

    return load_scorer("step_validity", response_format=BARE)  # the reasoning alone is the whole text
