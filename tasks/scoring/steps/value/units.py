"""Unit conversions that a relation may carry without saying so: `2 hours = 120 minutes`, `$2 * 3 = 600 cents`."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from tasks.scoring.steps.read.statements import Side
from tasks.scoring.steps.read.tree import Bin, Group, Neg, Node, walk
from tasks.scoring.steps.read.words import UNIT_TABLES, singular
from tasks.scoring.steps.value.evaluate import Undefined, Value, evaluate
from tasks.scoring.steps.value.tolerance import same_value


def is_unit_conversion(text: str, left: Side, right: Side, left_value: Value, right_value: Value) -> bool:
    """Whether the ratio of the values is that of two units of one table, and one of them is named in `text` beside a
    side.

    `left_value` and `right_value` are those of the sides `left` and `right`.
    """
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
    parts = [*walk(left.node), *walk(right.node)]
    units = [left.unit, right.unit, *(getattr(part, "unit", "") for part in parts)]
    named = {singular(unit.split()[0]) for unit in units if unit}
    table = next((table for table in UNIT_TABLES if len(named & table.keys()) > 1), None)
    if table is None:
        return False

    try:
        return same_value(_in_base(left.node, table, left.unit), _in_base(right.node, table, right.unit))
    except Undefined:
        return False


def _in_base(node: Node, table: Mapping[str, int], fallback: str) -> Value:
    """The value in the table's smallest unit; a term without a unit of its own is counted in the side's."""
    if type(node) is Bin and node.op in "+-":
        left, right = _in_base(node.left, table, fallback), _in_base(node.right, table, fallback)
        return left + right if node.op == "+" else left - right
    if type(node) is Neg:
        return -_in_base(node.body, table, fallback)
    if type(node) is Group and not node.unit:
        return _in_base(node.body, table, fallback)
    own = [unit for part in walk(node) if (unit := _unit_in(table, getattr(part, "unit", "")))]
    unit = own[-1] if own else _unit_in(table, fallback)
    return evaluate(node) * table.get(unit, 1)


def _unit_in(table: Mapping[str, int], words: str) -> str:
    """The first word, singular, if the table has it."""
    word = singular(words.split()[0]) if words else ""
    return word if word in table else ""
