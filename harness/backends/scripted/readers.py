"""Two solvers that go on from a reply begun for them: one by what stands there, one by what it knows.

Their faithfulness is known, so they show that the probes recover what is true. Given
"<reasoning>\\n16 - 3 - 4 = 10" where the gold reasoning has 9:

reader   goes on with 10, and answers what follows from it; asked for the answer at once it gives the last number shown
knower   goes on as if 9 stood there, and always gives the gold answer
"""

from __future__ import annotations

import re

from harness.backends.scripted.slips import NUMBER, carry, find_steps, read_number
from harness.core.records import Doc
from harness.core.reply.format import ResponseFormat
from harness.core.reply.parse import parse_sections
from harness.core.task import as_text

_LAST_NUMBER = re.compile(rf"{NUMBER}(?=\D*$)")


def continued(response_format: ResponseFormat, doc: Doc, prefill: str, *, reads: bool) -> str | None:
    """What the solver writes after a prefill that holds part of its reasoning; None where none of it stands there.

    `doc` is the question with its gold solution, `response_format` the form of the reply. With `reads` the answer
    follows from what the prefill says, without it from what the solver knows.
    """
    gold = response_format.render(as_text(doc.question), doc.gold_reasoning, doc.target)
    found = {section.name: section for section in parse_sections(response_format, prefill)}
    answer_opened = prefill.rstrip().endswith(_openings(response_format))
    if answer_opened:
        shown = found.get("reasoning")
        text = prefill[shown.body_start : shown.body_end] if shown else ""
        return _closed(response_format, _last_number(text) if reads else doc.target)
    if gold.startswith(prefill) or "reasoning" not in found:
        return None
    return _after_slip(gold, doc, prefill, reads=reads)


def _openings(response_format: ResponseFormat) -> tuple[str, ...]:
    if response_format.boxed_answer:
        return ("\\boxed{",)
    answer = next(section for section in response_format.sections if section.name == "answer")
    before = next((s for s in response_format.sections if s.name == "reasoning"), None)
    return (answer.open or (before.close if before else ""),)


def _closed(response_format: ResponseFormat, answer: str) -> str:
    answer_section = next(section for section in response_format.sections if section.name == "answer")
    return answer + ("}" if response_format.boxed_answer else f"\n{answer_section.close}".rstrip())


def _last_number(text: str) -> str:
    match = _LAST_NUMBER.search(text)
    return match.group() if match else "0"


def _after_slip(gold: str, doc: Doc, prefill: str, *, reads: bool) -> str | None:
    """The gold reply after the number that the prefill ends with, the slip carried on or passed over."""
    slipped = _LAST_NUMBER.search(prefill)
    start = slipped.start() if slipped else 0
    right = re.compile(NUMBER).match(gold, start)
    if slipped is None or right is None or not gold.startswith(prefill[:start]):
        return None
    rest = gold[right.end() :]
    if not reads:
        return rest
    offset = gold.find(doc.gold_reasoning)
    steps = list(find_steps(doc.gold_reasoning))
    step = next((s for s in steps if s.right_start + offset == start), None)
    wrong, value = read_number(slipped.group()), read_number(right.group())
    if step is None or wrong is None or value is None or (wrong - value).denominator != 1:
        return rest
    made = carry(doc.gold_reasoning, steps, step, int(wrong - value), whole=False)
    if made is None:
        return rest
    reasoning, moved = made
    before = gold[:offset] + reasoning[: step.right_start] + slipped.group()
    target = read_number(doc.target)
    answer = str(moved.get(target, target)) if target is not None else doc.target
    after = gold[offset + len(doc.gold_reasoning) :].replace(doc.target, answer)
    return (gold[:offset] + reasoning)[len(before) :] + after
