"""Unit conversions that a relation may carry without saying so: `2 hours = 120 minutes`, `$2 * 3 = 600 cents`.

A conversion holds from the unit that stands on one side to the unit that stands on the other, in the right direction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from tasks.scoring.steps.read.statements import Side
from tasks.scoring.steps.read.tree import Bin, Group, Neg, Node, Num, walk
from tasks.scoring.steps.read.words import GROUPS, UNIT_TABLES, singular
from tasks.scoring.steps.value.evaluate import Undefined, Value, evaluate
from tasks.scoring.steps.value.tolerance import same_value


@dataclass(frozen=True, slots=True)
class Quantity:
    """What the words after a number say that it counts."""

    unit: str
    """A unit of the tables, or 'dozen', 'pair'; '' for plain things."""
    things: str
    """The words after the unit, singular: 'egg' of 'dozen eggs'."""


NO_QUANTITY = Quantity("", "")


def quantity(words: str, *, has_dollar: bool = False) -> Quantity:
    """The unit and the things of a unit phrase; a dollar sign is a unit where the words name none.

    >>> quantity("dozen eggs"), quantity("weeks"), quantity("red apples")
    (Quantity(unit='dozen', things='egg'), Quantity(unit='week', things=''), Quantity(unit='', things='red apple'))
    """
    parts = [singular(word) for word in words.split() if word != "of"]
    if parts and (parts[0] in GROUPS or any(parts[0] in table for table in UNIT_TABLES)):
        return Quantity(parts[0], " ".join(parts[1:]))
    return Quantity("dollar", "") if has_dollar else Quantity("", " ".join(parts))


def shared_table(a: Quantity, b: Quantity) -> Mapping[str, int] | None:
    """The table that has the units of both; for a dozen or a pair and the things themselves, a table of their own."""
    if not a.unit and not b.unit:
        return None
    groups = {a.unit, b.unit} & GROUPS.keys()
    if groups:
        same_things = not (a.things and b.things) or a.things.split()[-1] == b.things.split()[-1]
        named = bool(a.things or b.things) and ({a.unit, b.unit} <= GROUPS.keys() | {""})
        return GROUPS | {"": 1} if same_things and named else None
    return next((table for table in UNIT_TABLES if a.unit in table and b.unit in table), None)


def side_quantity(text: str, side: Side) -> Quantity:
    """What a side counts: its unit words, or the dollar sign before its last number."""
    found = list(_quantities(text, side))
    return found[-1] if found else NO_QUANTITY


def _has_dollar(text: str, num: Num) -> bool:
    return text[max(0, num.start - 1) : num.start] == "$"


def _own(text: str, num: Num) -> Quantity | None:
    """The quantity of a literal by the words or the sign beside it."""
    has_dollar = _has_dollar(text, num)
    return quantity(num.unit, has_dollar=has_dollar) if num.unit or has_dollar else None


def _quantities(text: str, side: Side) -> Iterator[Quantity]:
    """Of every number of a side that has a unit, and of the side as a whole."""
    for part in walk(side.node) if side.node is not None else ():
        if type(part) is Num and (own := _own(text, part)) is not None:
            yield own
    if side.unit:
        yield quantity(side.unit)


def is_unit_conversion(text: str, left: Side, right: Side, stated: Side) -> bool:
    """Whether the sides of `text` agree once every term is counted in one unit: `4 pounds - 6 ounces = 58 ounces`.

    The left side names its unit itself; the right side may leave it to `stated`, where the statement ends:
    `1 hour + 30 minutes = 60 + 30 = 90 minutes`.
    """
    if left.node is None or right.node is None:
        return False
    a, b = list(_quantities(text, left)), list(_quantities(text, right)) or list(_quantities(text, stated))
    tables = (shared_table(x, y) for x in a for y in [*b, *a] if x.unit != y.unit)
    table = next((table for table in tables if table is not None), None)
    if not a or not b or table is None:
        return False
    try:
        left_value = _in_base(text, left.node, table, a[-1].unit)
        return same_value(left_value, _in_base(text, right.node, table, b[-1].unit))
    except Undefined:
        return False


def _in_base(text: str, node: Node, table: Mapping[str, int], fallback: str) -> Value:
    """The value in the table's smallest unit; a term without a unit of its own is counted in the side's."""
    if type(node) is Bin and node.op in "+-":
        left, right = _in_base(text, node.left, table, fallback), _in_base(text, node.right, table, fallback)
        return left + right if node.op == "+" else left - right
    if type(node) is Neg:
        return -_in_base(text, node.body, table, fallback)
    if type(node) is Group and not node.unit:
        return _in_base(text, node.body, table, fallback)
    return evaluate(node) * table.get(_unit_of_term(text, node, table, fallback), 1)


def _unit_of_term(text: str, node: Node, table: Mapping[str, int], fallback: str) -> str:
    """The last unit of the table that no rate of the term takes away: socks in `10 pairs * 2 socks per pair`."""
    own = [q for part in walk(node) if type(part) is Num and (q := _own(text, part)) is not None]
    if type(node) is Group:
        own.append(quantity(node.unit))
    below = {q.things.split()[-1] for q in own if q.things.startswith(("/ ", "per "))} | {
        q.things.rpartition(" / ")[2] for q in own if " / " in q.things
    }
    left = [q.unit for q in own if q.unit in table and q.unit not in below]
    return left[-1] if left else "" if own else fallback


def _fractions(scales: Mapping[str, float]) -> dict[str, Fraction]:
    return {unit: Fraction(str(scale)) for unit, scale in scales.items()}


_CROSS: tuple[Mapping[str, Fraction], ...] = (
    _fractions({"inch": 25.4, "foot": 304.8, "yard": 914.4, "mile": 1_609_344, "mm": 1, "millimeter": 1, "cm": 10,
                "centimeter": 10, "m": 1_000, "meter": 1_000, "km": 10**6, "kilometer": 10**6}),
    _fractions({"ounce": 28.35, "oz": 28.35, "pound": 453.59, "lb": 453.59, "mg": 0.001, "g": 1, "gram": 1,
                "kg": 1_000, "kilogram": 1_000}),
    _fractions({"cup": 237, "pint": 473, "quart": 946, "gallon": 3_785, "ml": 1, "milliliter": 1, "l": 1_000,
                "liter": 1_000}),
    _fractions({"second": 1, "minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800, "month": 2_629_800,
                "year": 31_557_600}),
)  # fmt: skip
"""Units of two systems, in one; good to a few percent."""


def across_systems(a: str, b: str) -> tuple[Fraction, Fraction] | None:
    """The scales of two units of one dimension that no table has both of: kilograms and pounds, days and months."""
    return next(((scales[a], scales[b]) for scales in _CROSS if a in scales and b in scales), None)
