"""Numbers that are only a part of what is said: a time, a range, a choice, a root, an operand, one value of several."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tasks.scoring.answer.numbers import Number

_MONEY = r"(?:\\?[$€£¥₹])?"
_NOT_FROM = r"(?<![\d.,])(?<!\bfrom )(?<!\bfrom \$)\d[\d.,]*"
_SHARES = "halves|thirds|fourths|fifths|sixths|sevenths|eighths|ninths|tenths|twelfths|hundredths|thousandths"
_LENGTH = r"(?:[ ]?(?:mm|cm|m|km|in|inch|inches|ft|feet|foot|yards?|met(?:er|re)s?|miles?))?"
_END = r"\W*(?:\n|<|\Z|(?<=[.!?])\s)"
_BOUND_AFTER = re.compile(
    rf"[ ]?(?:√|π|\\sqrt|\\pi\b|pi\b|±|\\pm\b)|[abefijknpqrt-z](?=\$)|[abcefijnopqrtu-z](?![A-Za-z])"
    rf"|[ ]?:[ ]?(?!00(?!\d))\d|/\d|_[\d{{]|\^[A-Za-z({{]|\.\.+\d|\+(?=[\s.,]|\Z)"
    rf"|(?:[-–]|-to-|[ ](?:to|or|through|per|choose)[ ]){_MONEY}\d|{_LENGTH}[ ](?:by|x|×)[ ]\d"
    rf"|,?[ ]\(?(?:or|maybe|perhaps|possibly)[ ]\(?\d|[ ](?:ft|feet|hours?|hrs?|h|lbs?|pounds)[ ]\d"
    rf"|[ ](?:squared|cubed|factorial|to the|and a (?:half|third|quarter|fourth)|mod|below zero|{_SHARES})\b"
    r"|[ ]or (?:more|fewer|less|higher|lower|above|below)\b|!(?=[(/\d^$]|[ ]?[-+*/])"
    r"|[ ]?(?:R|r|remainder)[ ]?\d|[ ]?[-+×/÷]\W*(?:\n|<|\Z)|[ ](?:plus|minus)\W*(?:\n|<|\Z)"
    rf"|[ ]at (?:most|least){_END}|,?[ ](?:which )?(?:is|was) (?:wrong|incorrect|not)\b"
)
"""What makes of the number before it something else: 2√3, 2x, 2:30, 2 to 3, 2 by 4, 2 or more, 2 squared."""
_BOUND_BEFORE = re.compile(
    rf"(?:√|\\sqrt\{{?|\b(?:sqrt|log|ln|exp|sin|cos|tan|abs|[A-Za-z])\(|frac\{{|\}}\{{|\d:|\d[ ]:[ ]|\d[-–]|-to-|\d[ ](?:or|through|per|choose)[ ]|"
    rf"±[ ]?|\\pm[ ]?|\d/|\.\.+|\b(?:root|log|ln|twice|double|triple|half|between)[ ]|"
    rf"\b(?:root|half|third|quarter|percent|%|double|twice|log base)[ ]of[ ]|\b(?:two|three|four|five) times[ ]|"
    rf"\bbetween[ ]\S{{1,12}}[ ]and[ ]|\d{_LENGTH}[ ](?:by|x|×)[ ]|{_NOT_FROM}[ ]to[ ]){_MONEY}\Z"
)
_OF_ANOTHER = re.compile(r"[ ]of[ ]\$?\d")
_OPERATOR = (
    r"(?:[ ]?(?:[×÷·+x−–-]|\\(?:times|cdot|div)\b)[ ]?|[ ]\*[ ]|\*{1,2}|[ ]/[ ]|"
    r"[ ](?:plus|minus|less|times|divided by|multiplied by)[ ])"
)
_OPERATOR_AFTER = re.compile(rf"{_OPERATOR}(?:{_MONEY}\d|[b-hj-z](?![A-Za-z]))")
_RATIO_AFTER = re.compile(rf"[ ](?:over|out of|in|of|(?:more|less|fewer) than)[ ]\$?\d[\d,]*(?:\.\d+)?{_END}")
"""In "7 over 4." a fraction; in "7 over 4 weeks" the 4 counts weeks."""
_RATIO_BEFORE = re.compile(r"\d[ ](?:over|out of|in|of|(?:more|less|fewer) than)[ ]\$?\Z")
_OPERATOR_BEFORE = re.compile(rf"(?:\d|\b\d{{0,9}}[a-z]){_OPERATOR}{_MONEY}\Z")
_ENDS_SENTENCE = re.compile(_END)
_LABEL_BEFORE = re.compile(r"\b[A-Z][a-z]{2,9}[ ]\d{1,3}[ ][-–][ ]\$?\Z")
"""In "Day 5 - 18 eggs" the dash is none that subtracts."""
_DENIED = re.compile(
    r"(?:≠|!=|\\neq?\b|\bnot|\bcannot|n['’]t|\bnever|\bneither)[ ]?(?:equal to[ ]|be[ ]|just[ ]|only[ ])?[*$\\(]{0,4}\Z",
    re.IGNORECASE,
)
_LIMIT = (
    r"(?:less|greater|more|fewer) than or equal to|at least|at most|at minimum|at maximum|less than|more than|fewer than|greater than|smaller than|larger than|up to|"
    r"no more than|no less than|no fewer than|not more than|not less than|under|above|below"
)
_LIMITED = re.compile(rf"(?:\b(?:{_LIMIT})|[<>≤≥]=?|\\[lg](?:eq?|t)\b)[ ]?[*$\\(]{{0,4}}$", re.IGNORECASE)
_REQUIRED = re.compile(r"\b(?:must|needs?|needed|has to|have to|required|requires?|should)\b", re.IGNORECASE)
_STARTS_LIMITED = re.compile(rf"[\s*$\\(]*(?:(?:{_LIMIT})\b|[<>≤≥]|\\[lg](?:eq?|t)\b)", re.IGNORECASE)
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
    if _BOUND_AFTER.match(text, number.end) is not None or _stands_after(_BOUND_BEFORE, text, number):
        return True
    if number.measure == "percent" and _OF_ANOTHER.match(text, number.end):
        return True
    return "," in text[number.start : number.end] and _is_pair(text, number)


def _is_pair(text: str, number: Number) -> bool:
    """Whether "3,4" stands in brackets: a pair and no decimal comma."""
    inside = text[number.start - 1 : number.start] in "([{" and text[number.end : number.end + 1] in ")]}"
    return inside and number.start > 0 and len(text[number.start : number.end].rsplit(",", 1)[1]) != 3


def is_operand(text: str, number: Number) -> bool:
    """Whether the number is one of several that are still to be reckoned with: the 9 of "9 * 2"."""
    if _OPERATOR_AFTER.match(text, number.end) or _RATIO_AFTER.match(text, number.end):
        return True
    if _stands_after(_RATIO_BEFORE, text, number) and _ENDS_SENTENCE.match(text, number.end):
        return True
    return _stands_after(_OPERATOR_BEFORE, text, number) and not _stands_after(_LABEL_BEFORE, text, number)


def is_denied(text: str, number: Number) -> bool:
    """Whether the text says that it is not this number: "is not 45", "isn't 45"."""
    return _stands_after(_DENIED, text, number)


def is_limit(text: str, begin: int, number: Number) -> bool:
    """Whether the number is only a bound: "at least 42", "> 5"; what must be at least 9 is 9."""
    limit = _LIMITED.search(text[max(begin, number.start - _LOOK_BACK) : number.start])
    return limit is not None and _REQUIRED.search(text, begin, number.start) is None


def starts_with_limit(text: str) -> bool:
    """Whether what is said begins with a bound: "at least 42 eggs", "> 5"."""
    return _STARTS_LIMITED.match(text) is not None


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
    `text` from `begin` to `end`.
    """
    start, stop = numbers[0].start, numbers[-1].end
    while start > begin and not text[start - 1].isspace() and text[start - 1] != "$":
        start -= 1
    token = _TOKEN.match(text, stop, end)
    return start, token.end() if token else stop


def _stands_after(pattern: re.Pattern[str], text: str, number: Number) -> bool:
    return pattern.search(text[max(0, number.start - _LOOK_BACK) : number.start]) is not None
