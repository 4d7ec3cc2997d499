"""Unit conversions that a relation may carry without saying so: `2 hours = 120 minutes`, `$2 * 3 = 600 cents`."""

from __future__ import annotations

from fractions import Fraction

from tasks.scoring.steps.evaluate import Value
from tasks.scoring.steps.statements import Side, Statement
from tasks.scoring.steps.words import UNIT_TABLES, singular


def is_unit_conversion(
    text: str, statement: Statement, left: Side, right: Side, left_value: Value, right_value: Value
) -> bool:
    """Whether the ratio of the values is that of two units of one table, and one of them is named beside a side."""
    if not left_value or not right_value or type(left_value) is float or type(right_value) is float:
        return False
    ratio = Fraction(right_value) / Fraction(left_value)
    named = side_units(text, left) | side_units(text, right)
    return any(_in_table(table, named, ratio) for table in UNIT_TABLES)


def side_units(text: str, side: Side) -> set[str]:
    """Unit words, singular, in and right after a side."""
    words = (text[side.start : side.end] + " " + side.unit).replace("/", " ").replace("-", " ").split()
    return {singular(word.strip("(){}$.,\\")) for word in words if word[:1].isalpha() or word[:1] == "\\"}


def _in_table(table: dict[str, int], named: set[str], ratio: Fraction) -> bool:
    return any(
        ratio in (Fraction(table[unit], other), Fraction(other, table[unit]))
        for unit in named & table.keys()
        for other in table.values()
    )
