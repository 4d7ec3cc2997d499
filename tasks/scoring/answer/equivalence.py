"""Whether an answer equals the gold answer: numbers exactly, LaTeX as mathematics, anything else as text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Literal, TypeAlias

from tasks.scoring.answer.found import Found
from tasks.scoring.answer.latex import latex_equal, normalise_latex
from tasks.scoring.answer.numbers import Number, decimal_places, format_number
from tasks.scoring.answer.read import Kind, read_whole
from tasks.scoring.answer.texts import normalise_text, ratios_equal, squeezed, texts_equal, times_equal

TargetKind: TypeAlias = Literal["number", "latex", "text"]

_MATH = re.compile(r"[\\^_={}+*/<>$|0-9]|\(.*,.*[)\]]")
_MAY_BE_LIST = re.compile(r"\s*-?\d{1,15},\d{1,2}\s*")
_ROOT_OR_PI = re.compile(r"\\(?:sqrt|pi|sin|cos|tan|log|ln|exp)\b")
_NUMERIC_LATEX = re.compile(
    r"(?:\\(?:d?frac|tfrac|sqrt|pi|cdot|times|left|right|sin|cos|tan|log|ln|exp|circ|,|;|!|\s)|[\d\s.+\-*/^(){}\[\]|!ei$])*"
)
"""LaTeX that can only be a number: no variable, no list, no words. Without a root it would have been reckoned."""
_MONEY = frozenset({"money", "cents", "thousands"})
_MIN_PLACES = 6
"""Decimals from which a rounded value stands for a gold answer that no decimal can write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A gold answer, read once."""

    kind: TargetKind
    text: str
    number: Number | None = None

    @property
    def reads(self) -> Kind:
        """How a reply is searched for it."""
        return "number" if self.kind == "number" else "text"


@lru_cache(maxsize=65536)
def read_target(text: str) -> Target | None:
    """The gold answer, or None where there is nothing to compare with."""
    if not text.strip():
        return None
    number = read_whole(text, in_box=True)
    if number is not None:
        return Target(kind="number", text=text, number=number)
    bare = normalise_latex(text)
    return Target(kind="latex" if _MATH.search(bare) else "text", text=text)


def is_equal(target: Target, found: Found) -> bool:
    """Whether the answer found in a reply equals the gold answer. The same text is always equal."""
    if target.number is not None:
        return _equals_number(target, target.number, found)
    if squeezed(target.text) in (squeezed(found.text), squeezed(found.around)):
        return True
    if target.kind == "latex":
        return _equals_latex(target.text, found.text)
    is_line = found.rule == "last-line"
    return texts_equal(target.text, found.text, is_line=is_line) or (
        is_line and bool(found.around) and texts_equal(target.text, found.around, is_line=True)
    )


def _equals_number(target: Target, gold: Number, found: Found) -> bool:
    if found.number is not None:
        return numbers_equal(gold, found.number)
    if found.rule == "closing number":
        return False  # what is left unreckoned at the end of a reply without a marked answer was cut off
    if _MAY_BE_LIST.fullmatch(target.text):
        return latex_equal(target.text, found.text)
    is_numeric = _ROOT_OR_PI.search(found.text) and _NUMERIC_LATEX.fullmatch(found.text)
    return is_numeric is not None and latex_equal(target.text, found.text)


def _equals_latex(gold: str, answer: str) -> bool:
    if times_equal(gold, answer) or ratios_equal(gold, answer):
        return True
    return any(map(str.isalnum, gold)) and latex_equal(gold, answer)


def numbers_equal(gold: Number, answer: Number) -> bool:
    """Exact equality of values.

    A percent sign or a "dozen" on one side may be the unit that the question asks in, so "25%" equals 25 and 0.25, and
    "4 dozen" equals 48 and 4; on both sides it says the same twice: "0.25%" is not "25%".
    """
    if gold.measure and gold.measure == answer.measure:
        return gold.value == answer.value or (gold.measure == "compound" and gold.others[-1] == answer.others[-1])
    if gold.measure in _MONEY and answer.measure in _MONEY:
        return _in_dollars(gold) == _in_dollars(answer)
    if gold.value in answer.readings or answer.value in gold.readings:
        return True
    return _is_rounded(gold.value, answer.value)


def _in_dollars(number: Number) -> Fraction:
    return number.others[0] if number.measure == "cents" else number.value


def _is_rounded(gold: Fraction, answer: Fraction) -> bool:
    """Whether the answer is the gold answer to six decimals or more, where no decimal is the gold answer: 1/3."""
    places = decimal_places(answer.denominator)
    if places is None or places < _MIN_PLACES or decimal_places(gold.denominator) is not None:
        return False
    return abs(gold - answer) < Fraction(1, 10**places)


def normalised(target: Target, found: Found) -> str:
    """The answer as it is stored: a number in its plainest form, LaTeX and text tidied."""
    if found.number is not None:
        return format_number(found.number.value)
    return found.text[:400] if target.kind != "text" else normalise_text(found.text)[:400]
