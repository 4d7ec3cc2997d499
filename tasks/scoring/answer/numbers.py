"""Numbers as people and models write them, read exactly: every value is a Fraction, never a float."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal, TypeAlias

from tasks.scoring.answer.notation import MAX_DIGITS, MINUS, NUMBER, VULGAR, magnitude, plain_value
from tasks.scoring.answer.tidy import is_unit, tidied
from tasks.scoring.answer.words import COUNTS, SCALES, SMALL, find_word_numbers, parse_words

_LITERAL = re.compile(r"((?<![\w)\]}%.])[-−])?(?:\\?[$€£¥₹])?(\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)?|\.\d+)")
_NEGATIVE = re.compile(r"(?:\bnegative|(?:^|\b(?:is|was|be|equals|to)[ ]|[:=(][ ]?)minus)[ ]$", re.IGNORECASE)
_LEADING_MINUS = re.compile(rf"[ \t*$(]*(?:[{MINUS}]|negative\b|minus\b)[ ]+(?=[\d.$€£\\])", re.IGNORECASE)
_ANY_DIGIT = re.compile(rf"[\d{''.join(VULGAR)}]")
_TO_LAST_DIGIT = re.compile(rf"(?s).*[\d{''.join(VULGAR)}]")
_NAME = re.compile(r"(?<![A-Za-z\\])(?<!\d(?=(?:h|hr|hrs|d|ft|lb|min)$))[A-Za-z]{1,23}$")
_CENTS = re.compile(r"[ ]?(?:¢|cents?\b)", re.IGNORECASE)
_QUARTERS = re.compile(r"[ -]quarters?\W*$", re.IGNORECASE)
_MAX_LEAD = 16
"""Characters before its first digit at which a number may begin: sign, emphasis, currency, \\frac."""
_MAX_DIGITS_SPAN = MAX_DIGITS + 100
_MAX_STEPS_BACK = 8
"""Lines tried from the end: more than eight ending in nothing but exponents hold no answer."""
_MAX_SHORT = 400
Measure: TypeAlias = Literal["", "percent", "count", "thousands", "money", "cents", "part", "compound"]
"""What a number says of its unit: a share of a hundred, dozens, "5k", dollars, cents, quarters, hours and minutes."""
_NUMBER_WORDS = SMALL.keys() | SCALES.keys() | COUNTS.keys()


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number found in text."""

    value: Fraction
    """Its own value: "25%" is 25, "4 dozen" is 48, "$1.5 million" is 1500000."""
    start: int
    end: int
    measure: Measure = ""
    others: tuple[Fraction, ...] = ()
    """What else it may stand for: 1/4 for "25%", 4 for "4 dozen", 5 for "$5k", 150 for "2 hours 30 minutes"."""

    @property
    def readings(self) -> tuple[Fraction, ...]:
        """All values it may stand for."""
        return (self.value, *self.others)


def parse_number(text: str) -> Fraction | None:
    """The exact value of a text that is one number and nothing but its sign, currency, unit and mark-up.

    >>> parse_number("**$1,042.50**."), parse_number("₹1,00,000"), parse_number("1 1/2 cups"), parse_number("25%")
    (Fraction(2085, 2), Fraction(100000, 1), Fraction(3, 2), Fraction(25, 1))
    >>> parse_number("3 or 4") is None
    True
    """
    number = read_number(text)
    return None if number is None else number.value


def read_number(text: str) -> Number | None:
    """Like `parse_number`, with what the number counts (percent, dozen). Positions are of the tidied text."""
    if len(text) > _MAX_SHORT:
        return None
    if (minus := _LEADING_MINUS.match(text)) is not None:  # "- 5"; after a newline it would be a list
        number = read_number(text[minus.end() :])
        return None if number is None or number.value < 0 else replace(number, value=-number.value)
    tidy = tidied(text)
    match = NUMBER.match(tidy)
    if match is None:
        value = parse_words(_drop_units_of_words(tidy))
        return None if value is None else _of_words(tidy, value, 0, len(tidy))
    number, rest = _number(match), tidy[_end(match) :]
    if number is None or (rest.strip(" .") and not is_unit(rest)):
        return None
    return in_smaller_coin(number, rest) if rest else number


def in_smaller_coin(number: Number, rest: str) -> Number:
    """The number with what the word after it makes of it: 35 cents are also 0.35, 3 quarters are 3/4 and also 3."""
    if _CENTS.match(rest) and not number.measure:
        return replace(number, measure="cents", others=(number.value / 100,))
    if _QUARTERS.match(rest) and not number.measure:
        return replace(number, measure="part", value=number.value / 4, others=(number.value,))
    return number


def find_numbers(text: str, start: int = 0, end: int | None = None) -> Iterator[Number]:
    """Every number in digits, left to right; exponents of units and subscripts are none. Linear in the text."""
    end = len(text) if end is None else end
    while (digit := _ANY_DIGIT.search(text, start, end)) is not None:  # ten times quicker than the whole pattern
        match = NUMBER.search(text, max(start, digit.start() - _MAX_LEAD), end)
        if match is None:
            return
        start = match.end()
        number = None if _is_part_of_a_name(text, match.start()) else _number(match)
        if number is not None:
            yield number


def _is_part_of_a_name(text: str, start: int) -> bool:
    """An exponent of a unit, a subscript, or the 2 of "CO2" and "m2"; a LaTeX command may end in front of a number."""
    if start == 0:
        return False
    before = text[start - 1]
    if before in "^_{":
        return text[max(0, start - 2) : start].rstrip("{")[-1:] in {"^", "_"}
    return before.isascii() and before.isalpha() and _NAME.search(text[max(0, start - 24) : start]) is not None


def last_number(text: str) -> Number | None:
    """The last number in digits, found from the end: a long text costs no more than its last lines."""
    end = len(text)
    for _ in range(_MAX_STEPS_BACK):
        digit = _TO_LAST_DIGIT.match(text, 0, end)
        if digit is None:
            return None
        start = max(text.rfind("\n", 0, digit.end()) + 1, digit.end() - _MAX_DIGITS_SPAN)
        found = list(find_numbers(text, start, end))
        if found:
            return found[-1]
        end = start
    return None


def last_literal(text: str) -> Number | None:
    """The last run of digits with its sign, thousands commas and decimals, and nothing else: of "3/4" the 4, of
    "x_2" the 2. The rule of lm-eval's flexible-extract and of most notebooks, without their slips on stray marks.

    >>> last_literal("so she pays -$1,050.50, which").value
    Fraction(-2101, 2)
    """
    digit = _TO_LAST_DIGIT.match(text)
    if digit is None:
        return None
    for span in (48, _MAX_DIGITS_SPAN):  # the short look-back is enough for all but very long digit runs
        start = max(0, digit.end() - span)
        matches = list(_LITERAL.finditer(text, start, digit.end()))
        if matches and (matches[-1].start() > start + 2 or start == 0 or span > 48):
            return _of_literal(matches[-1])
    return None


def first_literal(text: str) -> Number | None:
    """The first run of digits, read like `last_literal`."""
    match = _LITERAL.search(text)
    return _of_literal(match) if match else None


def _of_literal(match: re.Match[str]) -> Number | None:
    value = plain_value(match[2].replace(",", ""), None)
    if value is None:
        return None
    return Number(value=-value if match[1] else value, start=match.start(), end=match.end())


def numbers_in_words(text: str) -> list[Number]:
    """Every number spelled in words."""
    return [_of_words(text, value, start, end) for value, start, end in find_word_numbers(text)]


def format_number(value: Fraction) -> str:
    """The plainest exact text: an integer, a finite decimal, else a fraction.

    >>> format_number(Fraction(42)), format_number(Fraction(1, 8)), format_number(Fraction(1, 3))
    ('42', '0.125', '1/3')
    """
    if value.denominator == 1:
        return str(value.numerator)
    digits = decimal_places(value.denominator)
    if digits is None:
        return f"{value.numerator}/{value.denominator}"
    scaled = abs(value.numerator) * 10**digits // value.denominator
    text = f"{scaled:0{digits + 1}d}"
    return f"{'-' if value < 0 else ''}{text[:-digits]}.{text[-digits:]}"


def decimal_places(denominator: int) -> int | None:
    """Digits after the point of 1/denominator where finite and at most 30, else None."""
    twos = fives = 0
    while denominator % 2 == 0:
        denominator, twos = denominator // 2, twos + 1
    while denominator % 5 == 0:
        denominator, fives = denominator // 5, fives + 1
    return max(twos, fives) if denominator == 1 and max(twos, fives) <= 30 else None


def _number(match: re.Match[str]) -> Number | None:
    size = magnitude(match)
    if size is None:
        return None
    word = (match["scale"] or "").lower()
    scale = word.rstrip("s")
    count = COUNTS.get(scale, COUNTS.get(word, 1))
    if _is_short(match):
        count = 1_000_000 if match["short"] == "M" else 1_000
    if word or count > 1:
        size *= SCALES.get(scale, 1) * count
    negative = (match["sign"] or "+") != "+" or bool(match["sign2"]) or _is_called_negative(match)
    value = -size if negative else size
    measure, others = _measured(match, value, count)
    return Number(value=value, start=match.start(), end=_end(match), measure=measure, others=others)


def _measured(match: re.Match[str], value: Fraction, count: int) -> tuple[Measure, tuple[Fraction, ...]]:
    if match["percent"] is not None:
        return "percent", (value / 100,)
    if count > 1:
        return ("thousands" if _is_short(match) else "count"), (value / count,)
    return ("money" if match["before"] or match["after"] else ""), ()


def _is_short(match: re.Match[str]) -> bool:
    """Thousands in "$20k" and "1.5k", millions in "1.5M"; "20k" alone may be algebra, a karat or a kelvin."""
    return match["short"] is not None and (match["before"] is not None or "." in (match["plain"] or ""))


def _end(match: re.Match[str]) -> int:
    return match.end() if match["short"] is None or _is_short(match) else match.start("short")


def _is_called_negative(match: re.Match[str]) -> bool:
    """ "negative 5", "is minus 5"; in "20 minus 5" the word is an operation."""
    text, start = match.string, match.start()
    if text[start - 2 : start] not in ("e ", "s ", "E ", "S "):
        return False
    return _NEGATIVE.search(text[max(0, start - 16) : start]) is not None


def _drop_units_of_words(text: str) -> str:
    """ "twelve dozen eggs" to "twelve dozen": only trailing words that are no number words."""
    found = find_word_numbers(text)
    if len(found) != 1 or found[0][1] != 0:
        return text
    rest = text[found[0][2] :]
    return text[: found[0][2]] if is_unit(rest) and _NUMBER_WORDS.isdisjoint(rest.lower().split()) else text


def _of_words(text: str, value: Fraction, start: int, end: int) -> Number:
    words = text[start:end].lower().split()
    last = next((word for word in reversed(words) if word.rstrip("s") in COUNTS), "")
    count = COUNTS.get(last.rstrip("s"), 1)
    if count == 1:
        return Number(value=value, start=start, end=end)
    return Number(value=value, start=start, end=end, measure="count", others=(value / count,))
