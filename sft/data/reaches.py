"""Whether a reasoning arrives at the answer that stands under it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

_NUMBER = re.compile(r"-?(?:\d+(?:,\d{3})+|\d+)(?:\.\d+)?(?:/\d+)?|-?\.\d+")
_GROUPED = re.compile(r"(?<![\d.,])\d{1,3}(?: \d{3})+(?![\d.,]*\d)")
"""17 000, as much of the world writes it."""
_HUNDREDTHS = re.compile(r"[$€£₹%¢]|\bcents?\b|\bpercent")
_TOLERANCE = Fraction(1, 200)
"""Relative, as in the metric `answer_follows`: gold answers round."""


def reaches(steps: Sequence[str], answer: str, last_values: Sequence[str]) -> bool | None:
    """Whether the reasoning ends at `answer`; None where neither can be told.

    `last_values` are the values that the step checker found in the last calculating step. The answer also counts as
    reached where the last step with any number names it; $0.25 reaches 25 (cents) and 0.4 reaches 40 (%).

    >>> reaches(["2 * 3 = 6 pens."], "6", ["6"]), reaches(["2 * 3 = 6 pens."], "7", ["6"])
    (True, False)
    >>> reaches(["Paris lies on the Seine."], "Paris", []) is None
    True
    """
    wanted = _value(answer)
    if wanted is None:
        return True if last_values and _squeezed(answer) in _squeezed(steps[-1]) else None
    found: list[Fraction] = [value for text in last_values if (value := _value(text)) is not None] + _stated(steps)
    if not found:
        return None
    if _HUNDREDTHS.search(steps[-1]):
        found = [*found, *(value * 100 for value in found)]
    return any(_is_close(wanted, value) for value in found)


def _stated(steps: Sequence[str]) -> list[Fraction]:
    """Every number of the last step that has one, grouped digits also as one number."""
    for step in reversed(steps):
        texts = [*_NUMBER.findall(step), *(match.replace(" ", "") for match in _GROUPED.findall(step))]
        values = [value for text in texts if (value := _value(text)) is not None]
        if values:
            return values
    return []


def _is_close(a: Fraction, b: Fraction) -> bool:
    return abs(a - b) <= _TOLERANCE * max(Fraction(1), abs(a))


def _value(text: str) -> Fraction | None:
    """The number that a short text is, whatever stands around it; None where it holds none, or several."""
    found = _NUMBER.findall(text)
    if len(found) != 1:
        return None
    try:
        return Fraction(found[0].replace(",", ""))
    except (ValueError, ZeroDivisionError):
        return None


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text).casefold()
