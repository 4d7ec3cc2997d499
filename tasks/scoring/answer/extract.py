"""From a reply to its final answer, under a named policy: which rules are tried, and what a region says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from harness.core.errors import unknown_name
from harness.core.reply.format import ResponseFormat
from harness.core.reply.parse import END_TOKENS
from tasks.scoring.answer import numbers
from tasks.scoring.answer.numbers import Number
from tasks.scoring.answer.parts import is_bound, is_label, is_list, is_operand, whole_span
from tasks.scoring.answer.regions import RULES, Choice, Region, declared_sections

Kind: TypeAlias = Literal["number", "text"]
"""What the gold answer is: it decides whether a region is searched for a number or taken as it stands."""

POLICIES: dict[str, str] = {
    "auto": "the declared answer section, then <answer> tags, \\boxed{}, ####, 'The answer is', then the last number",
    "format": "only the answer section of the task's response format, closed as declared",
    "tags": "only <answer>...</answer> and its like",
    "boxed": "only \\boxed{...}",
    "hashes": "only the line after ####",
    "answer-is": "only after 'The answer is', 'Final answer:', 'answer ='",
    "last-line": "only the last line",
    "last-number": "the last number anywhere in the reply, whatever stands around it",
    "first-number": "the first number anywhere in the reply",
}
_AUTO = ("tags", "boxed", "hashes", "answer-is")
MAX_CHARS = 100_000
"""Only this much of a reply is searched, from the end (or the start with choice 'first')."""
_MAX_REGION = 2_000
_SENTENCES = re.compile(r"(?<=[.!?])(?<!\\!)(?<!Rs\.)(?<!No\.)(?<!vs\.)(?:\*\*)?\s+|\n+")
_AFTER_PREPOSITION = re.compile(
    r"\b(?:in|after|for|over|by|of|per|within|from|on|at|with|during|each|every|than|if|when|between|all|the|these|"
    r"those|out of|another|next)\s(?:\*\*|\\?\$)*$",
    re.IGNORECASE,
)
_SEVERAL = re.compile(r"=[^=]{0,80}(?:,(?!\d{3}|\\!)|;|\band\b|\bor\b|\\quad)[^=]{0,80}=")
_INLINE_MATH = re.compile(r"(?<!\\)\$([^$\n]{1,400})(?<!\\)\$|\\\(([^\n]{1,400}?)\\\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A final answer and how it was found."""

    rule: str
    text: str
    """As it stands in the reply."""
    start: int
    end: int
    number: Number | None = None
    """Its value, where the gold answer is a number and the text can be read as one."""


def check_policy(policy: str) -> None:
    """Raises UserError, with the nearest name, for a policy that is not in POLICIES."""
    if policy not in POLICIES:
        raise unknown_name("answer policy", policy, POLICIES, tip=f"one of: {', '.join(POLICIES)}.")


def find_answer(
    reply: str,
    *,
    policy: str = "auto",
    choice: Choice = "last",
    response_format: ResponseFormat | None = None,
    kind: Kind = "number",
    complete: bool = True,
) -> Found | None:
    """The final answer of a reply, or None. `complete=False` (a truncated reply) leaves out auto's bare last number.

    `policy` names where it is looked for (POLICIES), `choice` which of several matches counts, `response_format` the
    form that was asked for, `kind` what the gold answer is.

    >>> find_answer("3 + 4 = 7.\\nThe answer is **$7**.").text
    '7'
    """
    check_policy(policy)
    reply = _without_end_token(reply)
    offset = max(0, len(reply) - MAX_CHARS) if choice == "last" else 0
    found = _find(reply[offset : offset + MAX_CHARS], policy, choice, response_format, kind, complete)
    if found is None or not offset:
        return found
    return Found(
        rule=found.rule, text=found.text, start=found.start + offset, end=found.end + offset, number=found.number
    )


def _without_end_token(reply: str) -> str:
    """Some logs keep the token that ends a turn."""
    tail = reply[-40:].rstrip()
    token = next((token for token in END_TOKENS if tail.endswith(token)), "")
    return reply.rstrip().removesuffix(token) if token else reply


def _find(
    reply: str, policy: str, choice: Choice, declared: ResponseFormat | None, kind: Kind, complete: bool
) -> Found | None:
    if policy in {"last-number", "first-number"}:
        return _bare_number(reply, policy)
    if policy == "format":
        return _first_read(reply, declared_sections(reply, choice, declared, strict=True), kind)
    if policy != "auto":
        return _first_read(reply, RULES[policy](reply, choice), kind)
    return _auto(reply, choice, declared, kind, complete)


def _auto(reply: str, choice: Choice, declared: ResponseFormat | None, kind: Kind, complete: bool) -> Found | None:
    marked = _marked_sections(reply, choice, declared)
    found = _first_read(reply, marked, kind)
    for rule in _AUTO:
        if found is not None:
            return found
        regions = RULES[rule](reply, choice)
        marked = marked or (regions if rule == "tags" else [])
        found = _first_read(reply, regions, kind)
    if found is not None or marked or not complete:
        return found  # a section that holds no answer says that there is none: no number is picked elsewhere
    if kind == "number" and choice == "last":
        return _closing_number(reply)
    return _first_read(reply, RULES["last-line"](reply, choice), kind)


def _marked_sections(reply: str, choice: Choice, declared: ResponseFormat | None) -> list[Region]:
    """Sections of the declared format, where a marker opens them: an implicit section is the reply as a whole."""
    if declared is None or not any(s.open for s in declared.sections if s.name == "answer"):
        return []
    return declared_sections(reply, choice, declared, strict=False)


def _first_read(reply: str, regions: list[Region], kind: Kind) -> Found | None:
    for region in regions:
        found = read_region(reply, region, kind)
        if found is not None:
            return found
    return None


def read_region(reply: str, region: Region, kind: Kind) -> Found | None:
    """What one region says: the number that answers (kind 'number'), or its text."""
    text = reply[region.start : region.end]
    if not text.strip(" \n\t*_$.:`"):
        return None
    # A line that starts with "- 5" is an item of a list; after "The answer is" or in a box it is minus five.
    whole = numbers.read_number(f"\n{text}" if region.rule == "last-line" else text) if kind == "number" else None
    if whole is not None:
        return _trimmed(region.rule, reply, region.start, region.end, whole)
    if region.rule == "boxed":
        return _read_boxed(reply, region, kind)
    nested = _nested(reply, region, kind)
    if nested is not None:
        return nested
    return _read_sentence(reply, region) if kind == "number" else _read_text(reply, region)


def _nested(reply: str, region: Region, kind: Kind) -> Found | None:
    """A box, ####, or "the answer is" inside a section."""
    text = reply[region.start : region.end]
    for rule in ("boxed", "hashes", "answer-is") if region.rule != "answer-is" else ("boxed",):
        for inner in RULES[rule](text, "last"):
            moved = Region(rule=rule, start=region.start + inner.start, end=region.start + inner.end)
            found = read_region(reply, moved, kind) if moved.end - moved.start < len(text) else None
            if found is not None:
                return Found(
                    rule=f"{region.rule}/{rule}", text=found.text, start=found.start, end=found.end, number=found.number
                )
    return None


def _read_boxed(reply: str, region: Region, kind: Kind) -> Found:
    """A box is taken whole; of `x = 42` the right-hand side, of `x = 1, y = 42` nothing less than all."""
    start = region.start
    if kind == "number" and not _SEVERAL.search(reply, start, region.end):
        start = max(start, reply.rfind("=", start, region.end) + 1)
    value = numbers.read_number(reply[start : region.end]) if kind == "number" else None
    if value is None:
        start = region.start
    return _trimmed(region.rule, reply, start, region.end, value)


def _read_sentence(reply: str, region: Region) -> Found | None:
    """The number that a sentence states. Of several sentences the last one with a number (outside brackets, where
    any has one there); in it the number after the last `=`, else the first one that does not follow a preposition
    ("60 students in 3 schools": 60). Measured on real SFT answers: docs/method/answers.md."""
    start = max(region.start, region.end - _MAX_REGION)
    cuts = [start, *(m.end() for m in _SENTENCES.finditer(reply, start, region.end)), region.end]
    bracketed: tuple[int, int, list[Number]] | None = None
    for begin, end in zip(cuts[-2::-1], cuts[:0:-1], strict=True):
        found = list(numbers.find_numbers(reply, begin, end))
        if found and reply.startswith("(", begin) and not _outside(reply, begin, found):
            bracketed = bracketed or (begin, end, found)
        elif found:
            return _stated(region.rule, reply, begin, end, found)
    if bracketed is not None:
        return _stated(region.rule, reply, *bracketed)
    in_words = numbers.numbers_in_words(reply[start : region.end])
    if not in_words:
        return None
    last = in_words[-1]
    return Found(
        rule=region.rule,
        text=reply[start + last.start : start + last.end],
        start=start + last.start,
        end=start + last.end,
        number=last,
    )


def _stated(rule: str, reply: str, begin: int, end: int, found: list[Number]) -> Found:
    outside = _outside_brackets(reply, begin, found)
    if len(outside) > 1 and is_label(reply, begin, outside[0]):
        outside = outside[1:]
    alone = [number for number in outside if not is_bound(reply, number) and not is_operand(reply, number)]
    if not alone or is_list(reply, begin, end, outside):  # "3:30", "18, 19", "2√3": what is said is none of its numbers
        start, stop = whole_span(reply, begin, end, outside)
        return _trimmed(rule, reply, start, stop, None)
    equals = reply.rfind("=", begin, end)
    if equals >= 0 and (after := [number for number in outside if number.start > equals]):
        whole = [number for number in after if number in alone]
        whole = whole or [n for n in alone if n.end <= equals and not reply[n.end : equals].strip(" *$")]
        if not whole:
            return _trimmed(rule, reply, *whole_span(reply, begin, end, after), None)
        return _of_number(rule, reply, whole[0])  # of "18 = 9 * 2" the 18
    free = [n for n in alone if not _AFTER_PREPOSITION.search(reply, max(begin, n.start - 20), n.start)]
    return _of_number(rule, reply, free[0] if free else alone[-1])


def _outside_brackets(reply: str, begin: int, found: list[Number]) -> list[Number]:
    """Numbers not in a parenthesised remark ("42 (checked: 2 ways)"); all, where every one is in brackets."""
    return _outside(reply, begin, found) or found


def _outside(reply: str, begin: int, found: list[Number]) -> list[Number]:
    return [n for n in found if reply.count("(", begin, n.start) <= reply.count(")", begin, n.start)]


def _closing_number(reply: str) -> Found | None:
    """The last number of the reply that is not in a parenthesised remark of its line."""
    last = numbers.last_number(reply)
    if last is None:
        in_words = numbers.read_number(reply.rstrip().rsplit("\n", 1)[-1])
        return (
            None
            if in_words is None
            else _trimmed("last-line", reply, reply.rstrip().rfind("\n") + 1, len(reply), in_words)
        )
    begin = max(reply.rfind("\n", 0, last.start) + 1, last.end - _MAX_REGION)
    if is_bound(reply, last):
        start, stop = whole_span(reply, begin, len(reply), [last])
        return _trimmed("closing number", reply, start, stop, None)
    if "(" not in reply[begin : last.start]:
        return _of_number("closing number", reply, last)
    found = list(numbers.find_numbers(reply, begin, last.end)) or [last]
    return _of_number("closing number", reply, _outside_brackets(reply, begin, found)[-1])


def _bare_number(reply: str, policy: str) -> Found | None:
    number = numbers.last_literal(reply) if policy == "last-number" else numbers.first_literal(reply)
    return None if number is None else _of_number(policy, reply, number)


def _read_text(reply: str, region: Region) -> Found:
    """The text itself; of several lines the last, of a sentence with inline math the last formula."""
    start, end = region.start, region.start + len(reply[region.start : region.end].rstrip())
    start = max(start, reply.rfind("\n", start, end) + 1)
    formulas = list(_INLINE_MATH.finditer(reply, start, end))
    if formulas:
        group = 1 if formulas[-1][1] is not None else 2
        start, end = formulas[-1].span(group)
    return _trimmed(region.rule, reply, start, end, None)


def _of_number(rule: str, reply: str, number: Number) -> Found:
    return _trimmed(rule, reply, number.start, number.end, number)


def _trimmed(rule: str, reply: str, start: int, end: int, number: Number | None) -> Found:
    text = reply[start:end]
    start += len(text) - len(text.lstrip(" \n\t*_`"))
    text = text.strip(" \n\t*_`").rstrip(".*_` ")
    return Found(rule=rule, text=text, start=start, end=start + len(text), number=number)
