"""Whether two gold answers are the same one, so that completions of other data, or of another order, are noticed."""

from __future__ import annotations

import re
from fractions import Fraction

_HASHES = "####"
_BOX_WITHIN = 2000
"""Characters from the end: a box before them is no final answer."""
_BOXED = re.compile(r"\\boxed\{((?:[^{}]|\{[^{}]*\})*)\}\s*\.?\$?$")
_NOISE = re.compile(r"[\s$,]|\\left|\\right|\\!|\\text|\\,")
_NUMBER = re.compile(r"-?\d{1,40}(?:\.\d{1,40})?(?:/\d{1,40})?")
_LONG = 120


def golds_agree(gold: str, target: str) -> bool | None:
    """True or False where both are short answers; None where it cannot be told (a whole solution, a LaTeX variant).

    >>> golds_agree("2,125", "2125"), golds_agree("so it is 6\\n#### 6", "6.0"), golds_agree("60", "42")
    (True, True, False)
    """
    left, right = _answer(gold), _answer(target)
    if left == right:
        return True
    if len(left) > _LONG or len(right) > _LONG:
        return None
    left_number, right_number = _number(left), _number(right)
    if left_number is None and right_number is None:
        return None if "\\" in left + right else False
    return left_number == right_number if left_number is not None and right_number is not None else None


def _answer(text: str) -> str:
    body = text.partition(_HASHES)[2].strip()
    if not body:
        boxed = _BOXED.search(text.rstrip()[-_BOX_WITHIN:])
        body = boxed.group(1) if boxed else text
    return _NOISE.sub("", body).rstrip(".").lower()


def _number(text: str) -> Fraction | None:
    match = _NUMBER.fullmatch(text.removesuffix("%"))
    if match is None:
        return None
    top, _, bottom = match.group().partition("/")
    return Fraction(top) / Fraction(bottom) if bottom.strip("0") else (None if bottom else Fraction(top))
