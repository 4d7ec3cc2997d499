"""Unit conversions that a relation may carry without saying so: `2 hours = 120 minutes`, `$2 * 3 = 600 cents`."""

from __future__ import annotations

from fractions import Fraction

from tasks.scoring.steps.evaluate import Undefined, Value, evaluate
from tasks.scoring.steps.statements import Side
from tasks.scoring.steps.tolerance import same_value
from tasks.scoring.steps.tree import Num, literals
from tasks.scoring.steps.words import UNIT_TABLES, singular


def is_unit_conversion(text: str, left: Side, right: Side, left_value: Value, right_value: Value) -> bool:
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


def agrees_in_base_units(left: Side, right: Side) -> bool:
    """`4 pounds - 6 ounces = 58 ounces`: every literal counted in the smallest unit of one table."""
    if left.node is None or right.node is None:
        return False
    numbers = literals(left.node) + literals(right.node)
    named = {singular(num.unit.split()[0]) for num in numbers if num.unit}
    named.update(singular(unit.split()[0]) for unit in (left.unit, right.unit) if unit)
    table = next((table for table in UNIT_TABLES if len(named & table.keys()) > 1), None)
    if table is None:
        return False

    def in_base(side: Side) -> Value:
        fallback = side.unit.split()[0] if side.unit else ""
        return evaluate(side.node, None, lambda num: num.value * _factor(table, num, fallback))  # type: ignore[arg-type]

    try:
        return same_value(in_base(left), in_base(right))
    except Undefined:
        return False


def _factor(table: dict[str, int], num: Num, fallback: str) -> int:
    word = num.unit.split()[0] if num.unit else fallback
    return table.get(singular(word), 1)
