"""Numbers that are only a part of what is said: a time, a range, a choice, a root, an operand, one value of several."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tasks.scoring.answer import beside
from tasks.scoring.answer.numbers import Number

_NAMED = r"(?:\\?[A-Za-z](?:_\w)?[ ]?=[ ]?)?"
_LIST_GAP = re.compile(rf"[ $]*(?:,|;|&|,?[ ]and\b|,?[ ]or\b)[ $]*{_NAMED}[ $]*", re.IGNORECASE)
_NOUN = re.compile(r"[ ][A-Za-z]{2,15}(?:[ ][A-Za-z]{2,15})?[\W_]*")
_NOUN_GAP = re.compile(r"[ ][A-Za-z]{2,15}(?:[ ][A-Za-z]{2,15})?(?:,|,?[ ]and)[ ]\$?")
_JOINING_GAP = re.compile(rf"[ $*]*(?:,?[ ](?:and|or)\b|&|;)[ $*\\]*{_NAMED}[ $*\\]*", re.IGNORECASE)
_COMMA_GAP = re.compile(rf"[ $*]*,[ $*\\]*{_NAMED}[ $*\\]*")
_BEFORE_VALUES = re.compile(r"(?:[=:(\[{]|\b(?:are|is|values|numbers|solutions|roots))[ $*\\({]*\Z")
_ONLY_MARKS = re.compile(r"[\s.)\]}$*\\!;,]*")
_WORD = re.compile(r"[^\W_]")
_LOOK_BACK = 28
_TOKEN = re.compile(r"[^\s$]*")


def is_bound(text: str, number: Number) -> bool:
    """Whether the number alone is not what is said: the 3 of "3:30" and of "3 or 4", the 2 of "2√3", "2x" and "$2k$".

    A full hour is its number ("4:00 PM" answers 4), and so is the end of "from 4 to 6".
    """
    if beside.BOUND_AFTER.match(text, number.end) is not None or _stands_after(beside.BOUND_BEFORE, text, number):
        return True
    if number.measure == "count" and beside.AND_MORE.match(text, number.end):
        return True
    if number.measure == "percent" and beside.OF_ANOTHER.match(text, number.end):
        return True
    return "," in text[number.start : number.end] and _is_pair(text, number)


def _is_pair(text: str, number: Number) -> bool:
    """Whether "3,4" stands in brackets: a pair and no decimal comma."""
    inside = text[number.start - 1 : number.start] in "([{" and text[number.end : number.end + 1] in ")]}"
    return inside and number.start > 0 and len(text[number.start : number.end].rsplit(",", 1)[1]) != 3


def is_operand(text: str, number: Number) -> bool:
    """Whether the number is one of several that are still to be reckoned with: the 9 of "9 * 2"."""
    if beside.OPERATOR_AFTER.match(text, number.end) or beside.SHARE_AFTER.match(text, number.end):
        return True
    if _stands_after(beside.SHARE_BEFORE, text, number) and beside.ENDS_SENTENCE.match(text, number.end):
        return True
    return _stands_after(beside.OPERATOR_BEFORE, text, number) and not _stands_after(beside.LABEL_BEFORE, text, number)


def is_denied(text: str, number: Number) -> bool:
    """Whether the text says that it is not this number: "is not 45", "isn't 45"."""
    return _stands_after(beside.DENIED, text, number)


def is_limit(text: str, begin: int, number: Number) -> bool:
    """Whether the number is only a bound: "at least 42", "> 5"; what must be at least 9 is 9."""
    limit = beside.LIMITED.search(text[max(begin, number.start - _LOOK_BACK) : number.start])
    return limit is not None and beside.REQUIRED.search(text, begin, number.start) is None


def starts_with_limit(text: str) -> bool:
    """Whether what is said begins with a bound: "at least 42 eggs", "> 5"."""
    return beside.STARTS_LIMITED.match(text) is not None


def is_list(text: str, begin: int, end: int, numbers: Sequence[Number]) -> bool:
    """Whether the text from `begin` to `end` is several `numbers` and nothing else: "18, 19", "7 boys and 2 girls"."""
    cuts = [begin, *(position for number in numbers for position in (number.start, number.end)), end]
    gaps = [text[cuts[i] : cuts[i + 1]] for i in range(0, len(cuts), 2)]
    if len(numbers) < 2 or _WORD.search(gaps[0]):
        return False
    if all(_NOUN_GAP.fullmatch(gap) for gap in gaps[1:-1]):
        return _NOUN.fullmatch(gaps[-1]) is not None
    return not _WORD.search(gaps[-1]) and all(_LIST_GAP.fullmatch(gap) for gap in gaps[1:-1])


def ends_list(text: str, end: int, numbers: Sequence[Number]) -> bool:
    """Whether the last number is the last of several values: "x = 4 or x = 9", "2, 5, and 11", "(4, 9)"."""
    if len(numbers) < 2:
        return False
    before, last = numbers[-2], numbers[-1]
    if _JOINING_GAP.fullmatch(text, before.end, last.start):
        return True
    if not _COMMA_GAP.fullmatch(text, before.end, last.start) or not _ONLY_MARKS.fullmatch(text, last.end, end):
        return False
    third = len(numbers) > 2 and _COMMA_GAP.fullmatch(text, numbers[-3].end, before.start) is not None
    return third or _stands_after(_BEFORE_VALUES, text, before)


def is_label(text: str, begin: int, number: Number) -> bool:
    """Whether the number only counts the items of a list: the 1 of "1) 18"."""
    return text.startswith(") ", number.end) and not _WORD.search(text[begin : number.start])


def whole_span(text: str, begin: int, end: int, numbers: Sequence[Number]) -> tuple[int, int]:
    """What the parts stand in: from the first to the last of `numbers`, out to the nearest blanks or dollar signs of
    `text` from `begin` to `end`."""
    start, stop = numbers[0].start, numbers[-1].end
    while start > begin and not text[start - 1].isspace() and text[start - 1] != "$":
        start -= 1
    token = _TOKEN.match(text, stop, end)
    return start, token.end() if token else stop


def _stands_after(pattern: re.Pattern[str], text: str, number: Number) -> bool:
    return pattern.search(text[max(0, number.start - _LOOK_BACK) : number.start]) is not None
