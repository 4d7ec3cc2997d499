"""The number that a reply closes with, where it marks no answer."""

from __future__ import annotations

import re

from tasks.scoring.answer import numbers
from tasks.scoring.answer.found import Found, of_number, trimmed
from tasks.scoring.answer.numbers import Number
from tasks.scoring.answer.parts import ends_list, is_bound, is_denied, is_limit, is_operand, whole_span
from tasks.scoring.answer.quantities import joined
from tasks.scoring.answer.read import read_formula, read_whole
from tasks.scoring.answer.sentence import bold_numbers, outside_brackets, read_sentence

_MAX_REGION = 2_000
_CHECK = re.compile(
    r"\s*(?:[-*#>]+ ?)?(?:\*\*)?(?:(?:let(?:'s|’s| us| me)|we can|to) )?(?:double[- ])?"
    r"(?:check|verify|verification)\w*\b"
    r"|\s*(?:I hope|Hope (?:this|that)|Let me know|Feel free|Please (?:let|rate)|Thank|Rate me)\b",
    re.IGNORECASE,
)
_LAST_FORMULA = re.compile(r"(?:\\\(([^\n$]{1,160}?)\\\)|\$([^\n$]{1,160})\$)[\s.*]*\Z")
_FINISHED = re.compile(r"[.!?][*_)$\s]*\Z")
_MAX_CHECKS = 3


def closing_number(reply: str) -> Found | None:
    """What the last line with a number states, where it ends as a sentence; else its last number outside brackets.
    Checks and courtesies at the end are left out."""
    reply = _without_checks(reply)
    last = numbers.last_number(reply)
    if last is None:
        return _in_words(reply)
    begin = max(reply.rfind("\n", 0, last.start) + 1, last.end - _MAX_REGION)
    end = reply.find("\n", last.end)
    end = len(reply) if end < 0 else end
    whole = read_whole(f"\n{reply[begin:end]}", in_box=False, is_marked=False)
    if whole is not None:
        return trimmed("closing number", reply, begin, end, whole)
    found = joined(reply, outside_brackets(reply, begin, list(numbers.find_numbers(reply, begin, end)) or [last]))
    return _last_of(reply, begin, end, found)


def _last_of(reply: str, begin: int, end: int, found: list[Number]) -> Found:
    """The last number, unless it is a part of what is said: then all of that, which is no number."""
    last = found[-1]
    is_several = ends_list(reply, end, found)
    if not is_several and (formula := _closed_formula(reply, begin, end)) is not None:
        return formula
    if is_bound(reply, last) or is_operand(reply, last) or is_denied(reply, last) or is_several:
        start, stop = whole_span(reply, begin, end, found[-2:] if len(found) > 1 else found)
        return trimmed("closing number", reply, start, stop, None)
    if _FINISHED.search(reply, begin, end):
        stated = read_sentence(reply, "closing number", begin, end)
        return stated or trimmed("closing number", reply, begin, end, None)
    if is_limit(reply, begin, last):
        return trimmed("closing number", reply, begin, end, None)
    bold = bold_numbers(reply, found)
    return of_number("closing number", reply, bold[0] if len(bold) == 1 else last)


def _closed_formula(reply: str, begin: int, end: int) -> Found | None:
    """What a formula comes to that the line ends with; one that nothing closes was cut off."""
    if reply[:end].rstrip(" .*")[-1:] not in "$)":
        return None
    formula = _LAST_FORMULA.search(reply, begin, end)
    if formula is None:
        return None
    return read_formula("closing number", reply, *formula.span(1 if formula[1] is not None else 2))


def _without_checks(reply: str) -> str:
    """The reply without lines at its end that only check the answer ("Check: 56 + 124 = 180") take leave or ask."""
    for _ in range(_MAX_CHECKS):
        line = reply.rstrip().rfind("\n") + 1
        left_out = _CHECK.match(reply, line) or reply.rstrip(" \n\t*_").endswith("?")
        if not line or not left_out or not any(map(str.isdigit, reply[:line])):
            return reply
        reply = reply[:line]
    return reply


def _in_words(reply: str) -> Found | None:
    body = reply.rstrip()
    line = body.rfind("\n") + 1
    in_words = numbers.read_number(body[line:])
    return None if in_words is None else trimmed("last-line", reply, line, len(reply), in_words)
