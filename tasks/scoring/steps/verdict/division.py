"""Divisions with a remainder: `194 / 11 = 17 remainder 7`."""

from __future__ import annotations

import re

from tasks.scoring.steps.read.statements import Side
from tasks.scoring.steps.read.tree import Bin, is_literal, strip
from tasks.scoring.steps.value.evaluate import Value, try_evaluate
from tasks.scoring.steps.verdict.ruling import Ruling

_REMAINDER = re.compile(
    r"[\\)$\s,(]{0,6}(?:and |with )?(?:an? |the )?remainder(?: of| is| =)?[\\($\s:.=]{0,6}(\d{1,18})(?![\d.]*\d)"
    r"(?!\s*(?:[-+*/×÷−]|\\(?:times|div|cdot)))"
)


def judge_division(text: str, left: Side, right: Side, value: Value, quotient: Value) -> Ruling | None:
    """Whether dividend = divisor * quotient + remainder; None where no remainder is stated after the quotient.

    `left` is the division and `right` the quotient in `text`, with the values `value` and `quotient`.
    """
    if left.node is None or right.node is None or not is_literal(right.node):
        return None
    found = _REMAINDER.match(text, right.end)
    division = strip(left.node)
    if found is None or type(division) is not Bin or division.op != "/":
        return None
    dividend, divisor = try_evaluate(division.left), try_evaluate(division.right)
    if type(dividend) is not int or type(divisor) is not int or type(quotient) is not int or divisor <= 0:
        return None
    remainder = int(found[1])
    shown = f"{dividend // divisor} remainder {dividend % divisor}", f"{quotient} remainder {remainder}"
    if divisor * quotient + remainder == dividend:
        return Ruling("valid", "division with remainder", *shown, reading="remainder")
    return Ruling("invalid", "mismatch", *shown)
