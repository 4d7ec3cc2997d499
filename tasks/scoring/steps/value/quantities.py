"""Units of numbers: what a literal counts, as written beside it or as the question and earlier steps have it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from tasks.scoring.steps.read.words import GRAMS, LENGTHS, LITERS, METRIC, MONTHS, SECONDS, singular, word_set


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as a product of powers: `miles per hour` is length^1 time^-1."""

    powers: tuple[tuple[str, int], ...]
    """Sorted pairs of a dimension or a noun and its exponent, zeros left out."""
    scale: Fraction = Fraction(1)
    """In the base units of its tables: 3600 for 'hour'."""
    tables: frozenset[str] = frozenset()
    """Tables that the scale counts in; two of one dimension do not convert exactly (weeks and months)."""

    @property
    def is_rate(self) -> bool:
        """Something per something."""
        return any(power < 0 for _, power in self.powers)

    @property
    def is_plain(self) -> bool:
        """One noun or one dimension, to the first power."""
        return len(self.powers) == 1 and self.powers[0][1] == 1

    @property
    def is_measure(self) -> bool:
        """Plain money, time, length, mass or volume."""
        return self.is_plain and self.powers[0][0] in DIMENSIONS

    @property
    def noun(self) -> str:
        """The name of a plain unit; '' for a measure."""
        return self.powers[0][0] if self.is_plain and not self.is_measure else ""

    @property
    def is_of_measures(self) -> bool:
        """No nouns: money, time, length, mass and volume only."""
        return all(name in DIMENSIONS for name, _ in self.powers)

    def times(self, other: Unit, sign: int = 1) -> Unit:
        """The product, or with sign -1 the quotient."""
        powers = dict(self.powers)
        for name, power in other.powers:
            powers[name] = powers.get(name, 0) + sign * power
        left = tuple(sorted((name, power) for name, power in powers.items() if power))
        scale = self.scale * other.scale if sign > 0 else self.scale / other.scale
        return Unit(left, scale, self.tables | other.tables)


_TABLES: dict[str, tuple[str, Mapping[str, int | Fraction]]] = {
    "clock": ("time", SECONDS),
    "calendar": ("time", MONTHS),
    "imperial length": ("length", LENGTHS),
    "metric length": ("length", METRIC),
    "imperial mass": ("mass", {"pound": 1, "lb": 1, "ton": 2_000}),
    "metric mass": ("mass", GRAMS),
    "imperial volume": ("volume", {"gallon": 1, "quart": Fraction(1, 4), "pint": Fraction(1, 8)}),
    "metric volume": ("volume", LITERS),
    "dollars": ("money", {"cent": 1, "penny": 1, "dollar": 100, "buck": 100}),
}
DIMENSIONS = frozenset(dimension for dimension, _ in _TABLES.values())
_MEASURES = {
    name: Unit(((dimension, 1),), Fraction(scale), frozenset({table}))
    for table, (dimension, scales) in _TABLES.items()
    for name, scale in scales.items()
}
DOLLAR = _MEASURES["dollar"]
_SPEEDS = {
    "mph": _MEASURES["mile"].times(_MEASURES["hour"], -1),
    "kph": _MEASURES["km"].times(_MEASURES["hour"], -1),
}

_PER = word_set("per a an each every /")
_BEFORE_NOUN = word_set("more less fewer additional other extra total full whole new different remaining of")
_AFTER_NOUN = word_set(
    "in on for from with at by to into of left remaining total each every that who this these those their his her its"
    " altogether together long wide tall high deep old away apart worth instead during on per a an out up down off"
    " later ago before after already only the and or so but if when is are was were have has had can will would do"
    " does did than as because since which while not per needed sold bought made"
)
_IRREGULAR_PLURALS = word_set("people children men women feet mice geese teeth sheep fish")
_NO_UNIT = word_set(
    "oz ounce cup am pm quarter square cubic percent dozen pair time half third point th st nd rd x one way hundred"
    " thousand million twice degree series"
)
"""Words that may mean a unit or none, or two at once; singular."""


@lru_cache(maxsize=4096)
def unit_of(words: str) -> Unit | None:
    """The unit that words after a number name, in lower case; None where they name none that is sure.

    >>> unit_of("miles per hour").powers, unit_of("red balloons left").powers, unit_of("square feet")
    ((('length', 1), ('time', -1)), (('balloon', 1),), None)
    """
    parts = words.split()
    for i, word in enumerate(parts):
        if word in _AFTER_NOUN and word not in _PER and i:
            return _noun(parts[:i])
        if word in _PER and i:
            above, below = _noun(parts[:i]), _noun(parts[i + 1 :], is_single=True)
            if above is None or below is None or any(rest in ("per", "/", "x", "*") for rest in parts[i + 1 :]):
                return None
            return above.times(below, -1)
    return _noun(parts)


def _noun(words: list[str], *, is_single: bool = False) -> Unit | None:
    """The unit of a noun phrase: its measure, or its last word before a preposition, if that is a plural."""
    while words and words[0] in _BEFORE_NOUN:
        words = words[1:]
    head = ""
    for word in words[:5]:
        base = singular(word)
        if base in _NO_UNIT or (len(base) < 2 and base != "h"):
            return None
        if word in _AFTER_NOUN:
            break
        if head and (base in _MEASURES or head in _MEASURES):
            return None  # 'second graders', 'calculated meters'
        head = base if base in _MEASURES else word
        if head in _MEASURES and base != word:
            break  # 'days passed': a plural ends the phrase
        if base in _SPEEDS:
            return _SPEEDS[base]
    if head in _MEASURES:
        return _MEASURES[head]
    is_plural = head in _IRREGULAR_PLURALS or (head.endswith("s") and not head.endswith("ss") and len(head) > 3)
    if not head or not head.isalpha() or not (is_plural or is_single):
        return None
    return Unit(((_singular_noun(head), 1),))


def _singular_noun(word: str) -> str:
    if word in ("people", "person"):
        return "person"
    base = {"children": "child", "men": "man", "women": "woman"}.get(word) or singular(word)
    return (
        base.removesuffix("oe") + "o"
        if base.endswith("oe")
        else base.removesuffix("y") + "i"
        if base.endswith("ky")
        else base
    )


_WORDS = (
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
)  # fmt: skip
_VALUES = {word: i + 1 for i, word in enumerate(_WORDS)} | {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60}
_NUMBER = re.compile(
    r"(?<![\w.])(?P<money>\\?\$\s?)?(?<![\w,])(?P<number>\d{1,3}(?:,\d{3}){1,4}(?:\.\d{1,8})?|\d{1,15}(?:\.\d{1,8})?|(?:"
    + "|".join(_VALUES)
    + r")\b)(?P<unit>[- ]?(?:[a-zA-Z]+|/)(?: ?(?:[a-z]+|/)){0,3})?"
)
_OPERAND = re.compile(r"\s*(?:[-+*/×÷^=%:}]|x\s|\\times|\\div|\\cdot)")
_OPERATOR_BEFORE = re.compile(r"(?:[-+*/×÷^({]|\\times|\\div|\\cdot|\sx)\s*\\?\$?$")
_CLOSING_DOLLAR = re.compile(r"[^\s$\\]\$(?=[\s.,;:)?!*]|$)")
_LATEX = re.compile(r"\\(?:text|times|cdot|d?frac|div|math)")
_ONE = re.compile(r"\b(?:1|[Oo]ne|[Aa]n?|[Aa]nother|[Ee]very|[Ee]ach) ([a-z]+(?: [a-z]+){0,2})")
_MAX_MENTIONS = 400


class Mentions:
    """Which units the numbers of the question and of the steps so far have been given."""

    __slots__ = ("_count", "_in_words", "_ones", "_units", "_unread")

    def __init__(self, text: str = "", *, in_words: bool = True) -> None:
        self._units: dict[Fraction | int, set[Unit | None]] = {}
        self._ones: set[str] = set()
        self._count = 0
        self._in_words = in_words
        self._unread = [text]

    def add(self, text: str) -> None:
        """Take in the numbers of a text, as soon as somebody asks for a unit."""
        self._unread.append(text)

    def _read(self) -> None:
        for text in self._unread:
            if self._count < _MAX_MENTIONS:
                self._read_text(text)
        self._unread.clear()

    def _read_text(self, text: str) -> None:
        for phrase in _ONE.findall(text) if self._in_words else ():
            self._ones.update(_singular_noun(word) for word in phrase.lower().split())
        is_formula = has_formulas(text)
        for match in _NUMBER.finditer(text):
            word = match["number"]
            if word in _VALUES and not self._in_words:
                continue
            digits = word.replace(",", "")
            value = _VALUES[word] if word in _VALUES else int(digits) if digits.isdecimal() else Fraction(digits)
            known, unit = _mentioned(match, text, is_formula)
            if known:
                self._units.setdefault(value, set()).add(unit)
            self._count += 1
            if self._count > _MAX_MENTIONS:
                return

    def is_one_for_one(self, measure: Unit, other: Unit) -> bool:
        """One of either is spoken of, `$1 for each reward` or `a ball every week`: their numbers may be added."""
        self._read()
        if other.noun in self._ones:
            return True
        return any(unit is not None and unit.powers == measure.powers for unit in self._units.get(1, ()))

    def has(self, value: Fraction | int, unit: Unit) -> bool:
        """The value has been given this unit."""
        self._read()
        return unit in self._units.get(value, ())

    def unit(self, value: Fraction | int) -> Unit | None:
        """The one unit that a value always had, a bare one in prose being none; None for none, or for several."""
        self._read()
        found = self._units.get(value)
        return next(iter(found)) if found is not None and len(found) == 1 else None


def _mentioned(match: re.Match[str], text: str, is_formula: bool) -> tuple[bool, Unit | None]:
    """Whether a mention says anything of its value's unit, and the unit: an operand of a calculation says nothing."""
    words = (match["unit"] or "").strip(" -").lower()
    if match["money"]:
        return True, None if is_formula and match["money"][0] == "$" else money_unit(words)
    unit = unit_of(words) if words else None
    if unit is not None:
        return True, unit
    is_operand = _OPERAND.match(text, match.end("number")) or _OPERATOR_BEFORE.search(text[: match.start()][-8:])
    return not is_operand, None


def has_formulas(text: str) -> bool:
    """A dollar sign opens or closes a formula, so that one before a number need not be money: `$20 + 15 = 35$`."""
    return "$" in text and (_CLOSING_DOLLAR.search(text) is not None or _LATEX.search(text) is not None)


def money_unit(words: str) -> Unit | None:
    """The unit of an amount with a dollar sign: `$5`, `$5 per hour`, `$5/book`."""
    parts = words.split()
    if not parts or parts[0] not in _PER:
        return DOLLAR
    below = _noun(parts[1:], is_single=True)
    return DOLLAR.times(below, -1) if below is not None else None
