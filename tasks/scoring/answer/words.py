"""Numbers written as English words: "twelve dozen", "one thousand two hundred and five", "half a dozen"."""

from __future__ import annotations

import re
from fractions import Fraction

_UNITS = [
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    *("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
SMALL: dict[str, int] = {word: value for value, word in enumerate(_UNITS)} | {
    word: 10 * (value + 2) for value, word in enumerate(_TENS)
}
SCALES: dict[str, int] = {
    "hundred": 100,
    "thousand": 1_000,
    "lakh": 100_000,
    "million": 1_000_000,
    "crore": 10_000_000,
    "billion": 1_000_000_000,
    "trillion": 1_000_000_000_000,
}
COUNTS: dict[str, int] = {"dozen": 12, "score": 20, "gross": 144}
"""Scales that are also units: "4 dozen" answers "how many eggs?" (48) and "how many dozen?" (4)."""
_PARTS: dict[str, int] = {"half": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "eighth": 8}

_STARTERS = "|".join((*SMALL, "half", "hundred", "thousand", "dozen", "minus", "negative"))
_AFTER_A = "|".join((*SCALES, *COUNTS, *_PARTS))
_JOINERS = "|".join((*SMALL, *SCALES, *COUNTS, *_PARTS, "and", "a", "an", "of"))
_MAX_WORDS = 24
_RUN = re.compile(
    rf"\b(?:{_STARTERS}|an?(?=[ ](?:{_AFTER_A})s?\b))\b"
    rf"(?:(?:[ ]|-)(?:(?:{_JOINERS})s?|halves)\b){{0,{_MAX_WORDS - 1}}}+",
    re.IGNORECASE,
)


def find_word_numbers(text: str) -> list[tuple[Fraction, int, int]]:
    """Every number in words, with its [start, end) span.

    >>> find_word_numbers("She has twelve dozen eggs.")
    [(Fraction(144, 1), 8, 20)]
    """
    found = []
    for match in _RUN.finditer(text):
        words = match.group().split(" ")
        while words and (value := parse_words(" ".join(words))) is None:
            words.pop()
        if words:
            found.append((value, match.start(), match.start() + len(" ".join(words))))
    return found  # type: ignore[return-value]


def parse_words(text: str) -> Fraction | None:
    """The number that the whole text spells, or None.

    >>> parse_words("one thousand two hundred and five")
    Fraction(1205, 1)
    >>> parse_words("half a dozen"), parse_words("two and a half"), parse_words("three quarters")
    (Fraction(6, 1), Fraction(5, 2), Fraction(3, 4))
    """
    words = [_singular(word) for word in re.split(r"[\s-]+", text.strip().lower()) if word]
    if not words or len(words) > _MAX_WORDS:
        return None
    if words[0] in {"minus", "negative"}:
        value = _value(words[1:])
        return None if value is None else -value
    return _value(words)


def _singular(word: str) -> str:
    if word == "halves":
        return "half"
    stem = word[:-1] if word.endswith("s") else word
    return stem if stem in SCALES or stem in COUNTS or stem in _PARTS else word


def _value(words: list[str]) -> Fraction | None:
    if words and words[-1] in COUNTS:
        rest = words[:-1]
        if rest and rest[-1] in {"a", "an"}:
            rest = rest[:-1]  # "half a dozen"
        many = _plain(rest) if rest else Fraction(1)
        return None if many is None else many * COUNTS[words[-1]]
    return _plain(words)


def _plain(words: list[str]) -> Fraction | None:
    """A cardinal, a part ("three quarters"), or a cardinal and a part ("two and a half")."""
    if not words:
        return None
    if words[-1] in _PARTS:
        return _with_part(words)
    return _cardinal(words)


def _with_part(words: list[str]) -> Fraction | None:
    unit, before = Fraction(1, _PARTS[words[-1]]), words[:-1]
    if "and" in before:
        cut = len(before) - 1 - before[::-1].index("and")
        whole, count = _cardinal(before[:cut]), _count(before[cut + 1 :])
        return None if whole is None or count is None else whole + count * unit
    count = _count(before)
    return None if count is None else count * unit


def _count(words: list[str]) -> Fraction | None:
    return Fraction(1) if words in ([], ["a"], ["an"]) else _cardinal(words)


def _cardinal(words: list[str]) -> Fraction | None:
    total, group, seen = 0, 0, False
    last = 10**18
    room = 10**18  # what may still be added to the group: "twenty five" yes, "five twenty" no
    for position, word in enumerate(words):
        if word in SMALL:
            if SMALL[word] >= room:
                return None
            group += SMALL[word]
            room = 10 if SMALL[word] >= 20 else 1
            seen = True
        elif word in {"a", "an"} and position == 0 and len(words) > 1 and words[1] in SCALES:
            group, seen, room = 1, True, 1
        elif word == "and" and 0 < position < len(words) - 1 and words[position - 1] in SCALES:
            continue
        elif word == "hundred" and group < 100:
            group, seen, room = (group or 1) * 100, True, 100
        elif word in SCALES and word != "hundred" and SCALES[word] < last:
            total, last = total + (group or 1) * SCALES[word], SCALES[word]
            group, seen, room = 0, True, 1000
        else:
            return None
    return Fraction(total + group) if seen else None


_CHINESE_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_CHINESE_UNITS = {"十": 10, "百": 100, "千": 1_000}
_CHINESE_SCALES = {"万": 10_000, "亿": 100_000_000}
_CHINESE = re.compile(rf"[{''.join((*_CHINESE_DIGITS, *_CHINESE_UNITS, *_CHINESE_SCALES))}]{{1,20}}")
_CHINESE_COUNTER = re.compile(r"[\u4e00-\u9fff]{0,8}[。！]?")


def parse_chinese(text: str) -> Fraction | None:
    """The number that a text in Chinese numerals spells, a counter after it allowed.

    >>> parse_chinese("四十二"), parse_chinese("一千零五个苹果"), parse_chinese("没有")
    (Fraction(42, 1), Fraction(1005, 1), None)
    """
    match = _CHINESE.match(text)
    if match is None or not _CHINESE_COUNTER.fullmatch(text, match.end()):
        return None
    total = section = digit = 0
    for character in match[0]:
        if character in _CHINESE_DIGITS:
            digit = _CHINESE_DIGITS[character]
        elif character in _CHINESE_UNITS:
            section, digit = section + (digit or 1) * _CHINESE_UNITS[character], 0
        else:
            total, section, digit = total + (section + digit) * _CHINESE_SCALES[character], 0, 0
    return Fraction(total + section + digit)
