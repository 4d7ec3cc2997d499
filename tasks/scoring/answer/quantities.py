"""Two numbers that are one quantity: "2 hours and 30 minutes", "5 feet 4 inches", "$3 and 50 cents"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from tasks.scoring.answer.numbers import Number

_FAMILIES: tuple[dict[str, int], ...] = (
    {"week": 604_800, "wk": 604_800, "day": 86_400, "d": 86_400, "hour": 3_600, "hr": 3_600, "h": 3_600,
     "minute": 60, "min": 60, "m": 60, "second": 1, "sec": 1, "s": 1},
    {"year": 12, "yr": 12, "month": 1, "mo": 1},
    {"mile": 63_360, "mi": 63_360, "yard": 36, "yd": 36, "foot": 12, "feet": 12, "ft": 12, "'": 12, "′": 12,
     "inch": 1, "inche": 1, "in": 1, '"': 1, "″": 1},
    {"kilometer": 1_000_000, "kilometre": 1_000_000, "km": 1_000_000, "meter": 1_000, "metre": 1_000, "m": 1_000,
     "centimeter": 10, "centimetre": 10, "cm": 10, "millimeter": 1, "millimetre": 1, "mm": 1},
    {"pound": 16, "lb": 16, "ounce": 1, "oz": 1},
    {"kilogram": 1_000, "kg": 1_000, "gram": 1, "g": 1},
    {"liter": 1_000, "litre": 1_000, "l": 1_000, "milliliter": 1, "millilitre": 1, "ml": 1},
    {"gallon": 16, "quart": 4, "pint": 2, "cup": 1},
    {"dollar": 100, "$": 100, "euro": 100, "€": 100, "£": 100, "cent": 1, "¢": 1},
)  # fmt: skip
"""Units of one kind with their size in the smallest; "pound" is a weight, for money is written with its sign."""
_UNIT = re.compile(r"[ -]{0,2}([A-Za-z]{1,12}|['′\"″¢$€£])\.?(?![A-Za-z])")
_GAP = re.compile(r"[ -]{0,2}(?:[A-Za-z]{1,12}\.?|['′\"″$€£])?(?:,|,?[ ]and)?[ ]{0,2}\\?[$€£]?", re.IGNORECASE)
_MAX_PARTS = 4


def joined(text: str, numbers: Sequence[Number]) -> list[Number]:
    """The numbers with neighbours that are one quantity made one number.

    >>> from tasks.scoring.answer.numbers import find_numbers
    >>> text = "It took 2 hours and 30 minutes for 4 laps."
    >>> [number.readings for number in joined(text, list(find_numbers(text)))]
    [(Fraction(5, 2), Fraction(150, 1)), (Fraction(4, 1),)]
    """
    if len(numbers) < 2:
        return list(numbers)
    found: list[Number] = []
    at = 0
    while at < len(numbers):
        size = _size(text, numbers[at : at + _MAX_PARTS])
        found.append(_sum(text, numbers[at : at + size]) if size > 1 else numbers[at])
        at += size
    return found


def read_quantity(text: str, numbers: Sequence[Number]) -> Number | None:
    """The quantity that a whole text is ("2 \\text{ hours } 45 \\text{ minutes}"), or None."""
    one = joined(text, numbers)
    if len(one) != 1 or len(numbers) < 2:
        return None
    unit = _UNIT.match(text, numbers[-1].end)
    before, after = text[: one[0].start], text[unit.end() if unit else len(text) :]
    return None if before.strip(" $\\") or after.strip(" .") else one[0]


def _size(text: str, parts: Sequence[Number]) -> int:
    """How many of the numbers, from the first on, are one quantity: each joined to the next, the units of one kind and
    from large to small."""
    linked = 1
    while linked < len(parts) and _GAP.fullmatch(text, parts[linked - 1].end, parts[linked].start):
        linked += 1
    return next((n for n in range(linked, 1, -1) if _scale(text, parts[:n])), 1)


def _scale(text: str, parts: Sequence[Number]) -> list[int] | None:
    names = [_name(text, part) for part in parts]
    for family in _FAMILIES:
        sizes = [family.get(name, 0) for name in names]
        if all(sizes) and all(a > b for a, b in pairwise(sizes)):
            return sizes
    return None


def _name(text: str, number: Number) -> str:
    """The unit of a number in the singular: the sign before it, or the word after it."""
    if number.measure == "money":
        return "$"
    match = _UNIT.match(text, number.end)
    word = match[1].lower() if match else ""
    return word[:-1] if word.endswith("s") and len(word) > 1 else word


def _sum(text: str, parts: Sequence[Number]) -> Number:
    sizes = _scale(text, parts) or [1] * len(parts)
    smallest = sum((part.value * size for part, size in zip(parts, sizes, strict=True)), Fraction(0)) / sizes[-1]
    others = tuple(dict.fromkeys(smallest * sizes[-1] / size for size in sizes[1:]))
    value = smallest * sizes[-1] / sizes[0]
    return Number(value=value, start=parts[0].start, end=parts[-1].end, measure="compound", others=others)
