"""The numbers of a question, in digits and in words, each with its place among the perturbed numbers."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from fractions import Fraction

from tasks.scoring.steps.read.limits import MAX_LITERAL_DIGITS
from tasks.scoring.steps.reference.points import HUNDRED, ONE, PRIME, Exact, Point, add, divide, subtract, whole

MAX_QUESTION_CHARS = 20_000
MAX_QUESTION_NUMBERS = 100
_NUMERAL = re.compile(
    r"(?P<fraction>(?<![\d./])\d{1,6}\s?/\s?\d{1,6}(?![\d/]))"
    r"|(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d*\.\d+|\d+)(?P<percent>\s?(?:%|percent))?"
)
_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")
_ONES = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11,
    "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18,
    "nineteen": 19,
}  # fmt: skip
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000}
_PARTS = {
    "half": 2, "halves": 2, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4, "fourth": 4, "fourths": 4, "fifth": 5,
    "fifths": 5, "sixth": 6, "sixths": 6, "eighth": 8, "eighths": 8, "tenth": 10, "tenths": 10,
}  # fmt: skip
_MULTIPLES = {
    "twice": 2, "double": 2, "doubled": 2, "doubles": 2, "halved": 2, "pair": 2, "pairs": 2, "couple": 2, "both": 2,
    "two": 2, "thrice": 3, "triple": 3, "tripled": 3, "triples": 3, "quadruple": 4, "dozen": 12, "dozens": 12,
}  # fmt: skip
_FIXED_WORDS = _PARTS | _MULTIPLES
"""Words for a divisor or a factor: fixed numbers, as a perturbed 'half' would no longer be one."""


@dataclass(frozen=True, slots=True)
class QuestionNumbers:
    """Where the literals of a solution may come from."""

    points: dict[Exact, Point]
    """Numbers that are perturbed, by value: equal numbers of the question are perturbed alike."""
    related: dict[Exact, Point]
    """What its percentages may be written as: 0.2, 0.8, 1.2, 80 and 120 for 20%."""
    fixed: frozenset[Exact]
    """Numbers that are not perturbed: fractions and words such as 'twice', and what they may be written as."""

    def gives(self, value: Exact) -> bool:
        """Whether the question has the number, in whatever form."""
        return value in self.points or value in self.related or value in self.fixed

    def points_of(self, value: Exact) -> list[Point]:
        """What a literal of this value may be perturbed to."""
        return [table[value] for table in (self.points, self.related) if value in table]


def read_question(text: str, seed: int = 0) -> QuestionNumbers:
    """The numbers of a question. Linear in its length; past the caps nothing is read.

    >>> sorted(map(int, read_question("Tim has 12 eggs, twice as many as Ann, and three hens.").points))
    [3, 12]
    """
    text = text[:MAX_QUESTION_CHARS].lower()
    plain, percents, fixed = _in_digits(text)
    plain.extend(_in_words(text))
    fixed.update(_FIXED_WORDS[word] for word in _WORD.findall(text) if word in _FIXED_WORDS)
    given = [value for value in (*plain, *percents) if value not in (0, 1)][:MAX_QUESTION_NUMBERS]
    points = {value: Point(value, random.Random(f"{seed}:{value}").randrange(2, PRIME)) for value in given}
    related: dict[Exact, Point] = {}
    for value in percents:
        for form in _percent_forms(points[value]) if value in points else ():
            related.setdefault(form.base, form)
    return QuestionNumbers(points, related, frozenset(fixed))


def _in_digits(text: str) -> tuple[list[Exact], list[Exact], set[Exact]]:
    """Plain numbers, percentages, and fractions with their forms."""
    plain: list[Exact] = []
    percents: list[Exact] = []
    fixed: set[Exact] = set()
    for match in _NUMERAL.finditer(text):
        if match["fraction"]:
            above, below = (int(part) for part in match["fraction"].split("/"))
            if below:
                fixed |= _fraction_forms(Fraction(above, below))
        elif len(match["number"]) <= MAX_LITERAL_DIGITS:
            (percents if match["percent"] else plain).append(whole(Fraction(match["number"].replace(",", ""))))
    return plain, percents, fixed


def _percent_forms(percent: Point) -> list[Point]:
    share = divide(percent, HUNDRED)
    return [share, subtract(ONE, share), add(ONE, share), subtract(HUNDRED, percent), add(HUNDRED, percent)]


def _fraction_forms(value: Fraction) -> set[Exact]:
    above, below = value.numerator, value.denominator
    forms = [value, 1 - value, 1 + value, Fraction(above), Fraction(below), Fraction(abs(below - above))]
    return {whole(form) for form in ([*forms, 1 / value] if value else forms)}


def _in_words(text: str) -> list[Exact]:
    """Numbers above two in words: 'three', 'twenty-five', 'two hundred'."""
    words = [part for word in _WORD.findall(text) for part in word.split("-")]
    found: list[Exact] = []
    i = 0
    while i < len(words):
        total, used = _number_at(words, i)
        following = words[i + used] if used and i + used < len(words) else ""
        if total > 2 and following not in _PARTS and following != "percent":
            found.append(total)
        i += max(used, 1)
    return found


def _number_at(words: list[str], i: int) -> tuple[int, int]:
    """Value and count of the number words at `i`."""
    total, used = 0, 0
    while i + used < len(words) and used < 8:
        word = words[i + used]
        if word in _TENS and not used:
            total = _TENS[word]
        elif word in _ONES and (not used or words[i + used - 1] in _TENS):
            total += _ONES[word]
        elif word in _SCALES and used:
            total *= _SCALES[word]
        else:
            break
        used += 1
    return total, used
