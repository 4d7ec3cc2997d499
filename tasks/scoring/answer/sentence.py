"""The number that a sentence states: of "60 students in 3 schools" the 60, of "50% of 90 is 45" the 45."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from tasks.scoring.answer import numbers
from tasks.scoring.answer.expression import reckoned
from tasks.scoring.answer.found import Found, of_number, trimmed
from tasks.scoring.answer.numbers import Number
from tasks.scoring.answer.parts import is_bound, is_denied, is_label, is_limit, is_list, is_operand, whole_span
from tasks.scoring.answer.quantities import joined

_MAX_REGION = 2_000
_SENTENCES = re.compile(r"(?<=[.!?。])(?<!\\!)(?<!Rs\.)(?<!No\.)(?<!vs\.)(?:\*\*|\$\$?)?\s+|\n+|(?<=[。！？])")
_AFTER_PREPOSITION = re.compile(
    r"\b(?:in|after|for|over|by|of|per|within|from|on|at|with|during|each|every|than|if|when|between|all|the|these|"
    r"those|out of|another|next|until|till|before|since|first|last|other|selling|using)\s(?:\*\*|\\?\$)*\Z",
    re.IGNORECASE,
)
_AFTER_RESULT = re.compile(
    r"\b(?:total|profit|sum|average|mean|maximum|minimum|loss|gain|discount|savings?|cost|price|product|difference|"
    r"remainder|amount|area|volume|perimeter|distance|speed|rate|probability|value|age|bill|budget)\sof\s(?:\*\*|\\?\$)*\Z",
    re.IGNORECASE,
)
_RESULT = re.compile(
    r"(?<!\bto )\b(?:is|are|was|were|will be|would be|equals?|makes|made|gives?|leaves|left with|gets?|totals|becomes?|"
    r"costs?|earns?|pays?|weighs?|so|therefore|thus|hence|i\.e\.,?)\b",
    re.IGNORECASE,
)
_ASIDE = re.compile(
    r"[,;]?\s(?:which|that|who|because|since|when|if|where|while|after|before|than|as|making|for a total|including|"
    r"excluding|compared)\b|[—;]|\s-\s",
    re.IGNORECASE,
)
_TWO_OBJECTS = re.compile(r"\b(?:takes?|took|costs?|gives?|gave|pays?|paid|leaves?|left)\s(?:\*\*)?\Z", re.IGNORECASE)
_ONE_NOUN = re.compile(r"\s[A-Za-z]+\s(?:\*\*|\\?\$)*")
_ASKED = re.compile(r"\?[\s*_)\"”]*\Z")
_DOUBTED = re.compile(
    r"(?:n['’]t|\bnot) (?:think|believe)\b|\b[Ii]f (?:it|this|that) (?:were|was)\b|\bdoubt\b|\bunlikely\b"
)
_EQUALS = re.compile(r"(?<![<>!])=|→|->|⇒")
_MORE_THAN_DIGITS = re.compile(r"[^\d.,$€£\s]")
_EQUATIONS = re.compile(r"[A-Za-z]\w?\s*=\s*[^=]{1,60}?(?:,|;|\band\b|\bor\b)\s*\$?[A-Za-z]\w?\s*=")


def read_sentence(reply: str, rule: str, start: int, end: int) -> Found | None:
    """The number that `reply` states from `start` to `end`, found by `rule`.

    Of several sentences the last one with a number counts (outside brackets, where
    any has one there); a question or doubt states none."""
    start = max(start, end - _MAX_REGION)
    cuts = [start, *(m.end() for m in _SENTENCES.finditer(reply, start, end)), end]
    bracketed: tuple[int, int, list[Number]] | None = None
    for begin, stop in zip(cuts[-2::-1], cuts[:0:-1], strict=True):
        if _ASKED.search(reply, max(begin, stop - 8), stop) or _DOUBTED.search(reply, begin, stop):
            continue
        found = list(numbers.find_numbers(reply, begin, stop))
        if found and reply.startswith("(", begin) and not _outside(reply, begin, found):
            bracketed = bracketed or (begin, stop, found)
        elif found:
            return _stated(rule, reply, begin, stop, found)
    if bracketed is not None:
        return _stated(rule, reply, *bracketed)
    return _in_words(reply, rule, start, end)


def _in_words(reply: str, rule: str, start: int, end: int) -> Found | None:
    in_words = numbers.numbers_in_words(reply[start:end])
    if not in_words:
        return None
    last = in_words[-1]
    if reply[start : start + last.start].endswith(" and "):  # "an hour and a half"
        return trimmed(rule, reply, start, end, None)
    return trimmed(rule, reply, start + last.start, start + last.end, last)


def outside_brackets(reply: str, begin: int, found: Sequence[Number]) -> list[Number]:
    """Numbers not in a parenthesised remark ("42 (checked: 2 ways)"); all, where every one is in brackets."""
    return _outside(reply, begin, found) or list(found)


def _outside(reply: str, begin: int, found: Sequence[Number]) -> list[Number]:
    return [n for n in found if reply.count("(", begin, n.start) <= reply.count(")", begin, n.start)]


def _stated(rule: str, reply: str, begin: int, end: int, found: list[Number]) -> Found:
    outside = joined(reply, outside_brackets(reply, begin, found))
    if len(outside) > 1 and is_label(reply, begin, outside[0]):
        outside = outside[1:]
    alone = [n for n in outside if not (is_bound(reply, n) or is_operand(reply, n) or is_denied(reply, n))]
    if not alone or is_list(reply, begin, end, outside) or _EQUATIONS.search(reply, begin, end):
        # "3:30", "18, 19", "2√3", "x = 1 and y = 2": what is said is none of its numbers
        return _reckoned(rule, reply, *whole_span(reply, begin, end, outside))
    equals = _last_equals(reply, begin, end)
    if equals >= 0 and (after := [number for number in outside if number.start > equals]):
        return _after_equals(rule, reply, equals, after, alone, end)
    return _result(rule, reply, begin, end, alone)


def _last_equals(reply: str, begin: int, end: int) -> int:
    """Where the last "=" or arrow ends, -1 without one; "<=", ">=" and "!=" are none."""
    return max((match.end() - 1 for match in _EQUALS.finditer(reply, begin, end)), default=-1)


def _after_equals(rule: str, reply: str, equals: int, after: list[Number], alone: list[Number], end: int) -> Found:
    """What stands after the last "=", reckoned where it is arithmetic; of "18 = 9 * 2" the 18."""
    if is_list(reply, equals + 1, end, after):
        return trimmed(rule, reply, *whole_span(reply, equals + 1, end, after), None)
    whole = [number for number in after if number in alone]
    whole = whole or [n for n in alone if n.end <= equals and not reply[n.end : equals].strip(" *$")]
    if whole:
        return of_number(rule, reply, whole[0])
    return _reckoned(rule, reply, *whole_span(reply, equals + 1, end, after))


def _reckoned(rule: str, reply: str, start: int, stop: int) -> Found:
    """A part of the reply as a whole, with its value where it is arithmetic."""
    is_arithmetic = rule != "closing number" and _MORE_THAN_DIGITS.search(reply, start, stop)
    value = reckoned(reply[start:stop]) if is_arithmetic else None
    number = None if value is None else Number(value=value, start=start, end=stop)
    return trimmed(rule, reply, start, stop, number)


def _result(rule: str, reply: str, begin: int, end: int, alone: list[Number]) -> Found:
    """The number that the sentence is about: the only bold one, the one after its last verb of result, else the first
    that no preposition goes before."""
    bold = bold_numbers(reply, alone)
    free = [n for n in alone if _is_free(reply, begin, n)]
    chosen = bold[0] if len(bold) == 1 else _second_object(reply, alone) or _after_verb(reply, begin, end, free)
    chosen = chosen or (free[0] if free else alone[-1])
    if is_limit(reply, begin, chosen):
        return trimmed(rule, reply, *whole_span(reply, begin, end, [chosen]), None)
    return of_number(rule, reply, chosen)


def bold_numbers(reply: str, found: Sequence[Number]) -> list[Number]:
    """Numbers that bold print begins with."""
    return [
        n
        for n in found
        if reply[max(0, n.start - 4) : n.start].rstrip("$\\").endswith("**") or reply.startswith("**", n.start)
    ]


def _is_free(reply: str, begin: int, number: Number) -> bool:
    start = max(begin, number.start - 28)
    if not _AFTER_PREPOSITION.search(reply, start, number.start):
        return True
    return _AFTER_RESULT.search(reply, start, number.start) is not None


def _second_object(reply: str, alone: list[Number]) -> Number | None:
    """ "It takes 4 workers 6 hours": the 6."""
    for first, second in pairwise(alone):
        is_object = _TWO_OBJECTS.search(reply, max(0, first.start - 12), first.start)
        if is_object and _ONE_NOUN.fullmatch(reply, first.end, second.start):
            return second if _is_free(reply, 0, second) else None
    return None


def _after_verb(reply: str, begin: int, end: int, free: list[Number]) -> Number | None:
    """The first free number after the last verb of result of the main clause."""
    if len(free) < 2:
        return None
    aside = _ASIDE.search(reply, free[0].end, end)
    stop = aside.start() if aside else end
    for verb in reversed(list(_RESULT.finditer(reply, begin, stop))):
        after = next((n for n in free if verb.end() <= n.start < stop), None)
        if after is not None:
            return after
    return None
