"""The numbers of a question, in digits and in words, each with its place among the perturbed numbers."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from fractions import Fraction

from tasks.scoring.steps.limits import MAX_LITERAL_DIGITS
from tasks.scoring.steps.reference.points import PRIME, Point, constant, divide, subtract, add, ONE

MAX_QUESTION_CHARS = 20_000
MAX_QUESTION_NUMBERS = 100
_NUMERAL = re.compile(
    r"(?P<fraction>\d{1,6}\s?/\s?\d{1,6})(?![\d/])|(?P<number>\d+(?:,\d{3})+(?:\.\d+)?|\d*\.\d+|\d+)(?P<percent>\s?(?:%|percent))?"
)
_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")
_UNITS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11,
    "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000}
_FRACTION_NOUNS = frozenset("third thirds fourth fourths quarter quarters fifth fifths sixth sixths eighth eighths tenth tenths half halves percent".split())
_HUNDRED = constant(100)
_MULTIPLES = {
    "twice": 2, "double": 2, "doubled": 2, "doubles": 2, "half": 2, "halved": 2, "pair": 2, "pairs": 2, "couple": 2, "both": 2, "two": 2,
    "thrice": 3, "triple": 3, "tripled": 3, "triples": 3, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4, "fourth": 4, "fourths": 4,
    "quadruple": 4, "fifth": 5, "fifths": 5, "sixth": 6, "dozen": 12, "dozens": 12,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class QuestionNumbers:
    """Where the literals of a solution may come from."""

    points: dict[Fraction, Point]
    """Numbers that are perturbed, by value."""
    related: dict[Fraction, Point]
    """What a percentage of the question may be written as: 0.2, 0.8, 1.2, 80, 120 for 20%."""
    fixed: frozenset[Fraction]
    """Numbers that are not: fractions and words such as 'twice', with what they may be written as."""
    seed: int = 0
    in_order: tuple[Fraction, ...] = field(default=())


def read_question(text: str, seed: int = 0) -> QuestionNumbers:
    """The numbers of a question. Linear in its length; past the caps nothing is read.

    >>> sorted(map(int, read_question("Tim has 12 eggs, twice as many as Ann and three hens.").points))
    [3, 12]
    """
    text = text[:MAX_QUESTION_CHARS].lower()
    values: list[Fraction] = []
    percents: list[Fraction] = []
    fixed: set[Fraction] = set()
    for match in _NUMERAL.finditer(text):
        if match["fraction"]:
            above, below = (int(part) for part in match["fraction"].split("/"))
            if below:
                fixed.update(_fraction_forms(Fraction(above, below)))
        elif len(match["number"]) <= MAX_LITERAL_DIGITS:
            value = Fraction(match["number"].replace(",", ""))
            (percents if match["percent"] else values).append(value)
    values.extend(_in_words(text))
    fixed.update(Fraction(_MULTIPLES[w]) for w in _WORD.findall(text) if w in _MULTIPLES)
    points = {value: Point(value, _mark(value, seed)) for value in (values + percents)[:MAX_QUESTION_NUMBERS] if value not in (0, 1)}
    related: dict[Fraction, Point] = {}
    for value in percents:
        if value in points:
            for form in _percent_forms(points[value]):
                related.setdefault(form.base, form)
    return QuestionNumbers(points, related, frozenset(fixed), seed, tuple(values + percents))


def _mark(value: Fraction, seed: int) -> int:
    return random.Random(f"{seed}:{value}").randrange(2, PRIME)


def _percent_forms(percent: Point) -> list[Point]:
    share = divide(percent, _HUNDRED)
    return [share, subtract(ONE, share), add(ONE, share), subtract(_HUNDRED, percent), add(_HUNDRED, percent)]


def _fraction_forms(value: Fraction) -> set[Fraction]:
    return {value, 1 - value, 1 + value, 1 / value if value else value, Fraction(value.numerator), Fraction(value.denominator), Fraction(abs(value.denominator - value.numerator))}


def _in_words(text: str) -> list[Fraction]:
    """Numbers in words: 'three', 'twenty-five', 'two hundred'."""
    words = [part for word in _WORD.findall(text) for part in word.split("-")]
    found: list[Fraction] = []
    i = 0
    while i < len(words):
        total, used = _read_words(words, i)
        following = words[i + used] if used and i + used < len(words) else ""
        if used and following not in _FRACTION_NOUNS and total > 2:
            found.append(Fraction(total))
        i += max(used, 1)
    return found


def _read_words(words: list[str], i: int) -> tuple[int, int]:
    """Value and count of the number words at `i`."""
    total, used = 0, 0
    while i + used < len(words) and used < 8:
        word = words[i + used]
        if word in _TENS and used == 0:
            total = _TENS[word]
        elif word in _UNITS and (used == 0 or total % 10 == 0 and total < 100 and words[i + used - 1] in _TENS):
            total += _UNITS[word]
        elif word in _SCALES and used:
            total *= _SCALES[word]
        else:
            break
        used += 1
    return total, used
