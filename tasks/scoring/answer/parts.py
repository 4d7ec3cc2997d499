"""Numbers that are only a part of what a text says: of a time, a ratio, a range, a choice, a root, an expression."""

from __future__ import annotations

import re

from tasks.scoring.answer.numbers import Number

_MONEY = r"(?:\\?[$€£¥₹])?"
_NOT_FROM = r"(?<![\d.,])(?<!\bfrom )(?<!\bfrom \$)\d[\d.,]*"
_BOUND_AFTER = re.compile(
    rf"[ ]?(?:√|π|\\sqrt|\\pi\b)|[abefijknpqrt-z](?=\$)|:(?!00(?!\d))\d|(?:[-–]|[ ](?:to|or)[ ]){_MONEY}\d"
)
_BOUND_BEFORE = re.compile(rf"(?:√|\\sqrt\{{?|frac\{{|\}}\{{|\d:|\d[-–]|\d[ ]or[ ]|{_NOT_FROM}[ ]to[ ]){_MONEY}$")
_OPERATOR = r"(?:[ ]?(?:[×÷·+x−–-]|\\(?:times|cdot|div)\b)[ ]?|[ ]\*[ ]|\*)"
_OPERATOR_AFTER = re.compile(rf"{_OPERATOR}{_MONEY}\d")
_OPERATOR_BEFORE = re.compile(rf"\d{_OPERATOR}{_MONEY}$")
_LIST_GAP = re.compile(r"[ $]*(?:,|;|&|,?[ ]and\b|,?[ ]or\b)[ $]*", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]")
_LOOK_BACK = 24
_TOKEN = re.compile(r"[^\s$]*")


def is_bound(text: str, number: Number) -> bool:
    """Whether the number alone is not what is said: the 3 of "3:30" and of "3 or 4", the 2 of "2√3" and of "$2x$".

    A full hour is its number ("4:00 PM" answers 4), and so is the end of "from 4 to 6".
    """
    return _BOUND_AFTER.match(text, number.end) is not None or _stands_after(_BOUND_BEFORE, text, number)


def is_operand(text: str, number: Number) -> bool:
    """Whether the number is one of several that are still to be reckoned with: the 9 of "9 * 2"."""
    return _OPERATOR_AFTER.match(text, number.end) is not None or _stands_after(_OPERATOR_BEFORE, text, number)


def is_list(text: str, begin: int, end: int, numbers: list[Number]) -> bool:
    """Whether the text from `begin` to `end` is several `numbers` and nothing else: "18, 19", "18 and 20"."""
    cuts = [begin, *(position for number in numbers for position in (number.start, number.end)), end]
    gaps = [text[cuts[i] : cuts[i + 1]] for i in range(0, len(cuts), 2)]
    edges_bare = not any(_WORD.search(gap) for gap in (gaps[0], gaps[-1]))
    return len(numbers) > 1 and edges_bare and all(_LIST_GAP.fullmatch(gap) for gap in gaps[1:-1])


def is_label(text: str, begin: int, number: Number) -> bool:
    """Whether the number only counts the items of a list: the 1 of "1) 18"."""
    return text.startswith(") ", number.end) and not _WORD.search(text[begin : number.start])


def whole_span(text: str, begin: int, end: int, numbers: list[Number]) -> tuple[int, int]:
    """What the parts stand in: from the first to the last of `numbers`, out to the nearest blanks or dollar signs of
    `text` from `begin` to `end`.
    """
    start, stop = numbers[0].start, numbers[-1].end
    while start > begin and not text[start - 1].isspace() and text[start - 1] != "$":
        start -= 1
    token = _TOKEN.match(text, stop, end)
    return start, token.end() if token else stop


def _stands_after(pattern: re.Pattern[str], text: str, number: Number) -> bool:
    return pattern.search(text[max(0, number.start - _LOOK_BACK) : number.start]) is not None
