"""A quantity stated in two units, `3 weeks = 21 days`: decided by the fixed tables."""

from __future__ import annotations

from fractions import Fraction

from tasks.scoring.steps.read.statements import Relation, Side
from tasks.scoring.steps.read.tree import is_literal
from tasks.scoring.steps.value.evaluate import Value
from tasks.scoring.steps.value.tolerance import closeness, near, show_value
from tasks.scoring.steps.value.units import Quantity, across_systems, shared_table, side_quantity
from tasks.scoring.steps.verdict.ruling import Ruling

_DRAWN = frozenset({"inch", "cm", "mm", "centimeter", "millimeter"})
"""Lengths on a map or a model, where `1 inch = 5 miles`."""
_WORKED = frozenset({"day", "week", "month", "year"})
"""Times of which only a part may be meant: a week of five days, a day of eight hours."""
_SCALE = 4
_HOURS = 24
"""What counts as a day's work is no less than an hour."""
_NEAR_ENOUGH = Fraction(15, 100)
"""What the two systems of units, and months of different lengths, leave open."""


def judge_conversion(
    text: str, left: Side, right: Side, values: tuple[Value, Value], decimals: int, relation: Relation
) -> Ruling | None:
    """Whether two stated quantities of one measure agree; None where they are none, or where the text may set the rate.

    The sides `left` and `right` have the `values`, told with so many `decimals`; `relation` stands between them.

    >>> from tasks.scoring.steps import check_solution
    >>> [check_solution([f"3 weeks = {n} days"]).verdicts()[0] for n in (21, 24, 15)]
    ['valid', 'invalid', 'unverifiable']
    """
    if left.node is None or right.node is None or not (is_literal(left.node) and is_literal(right.node)):
        return None
    a, b = side_quantity(text, left), side_quantity(text, right)
    if a.unit == b.unit or _other_things(a, b) or any(type(value) is float for value in values):
        return None
    table = shared_table(a, b)
    scales = (Fraction(table[a.unit]), Fraction(table[b.unit])) if table is not None else across_systems(a.unit, b.unit)
    if scales is None:
        return None
    converted = Fraction(values[0]) * scales[0] / scales[1]
    found = _compare(b, converted, values[1], decimals, is_exact=table is not None and relation == "=")
    larger, is_less = (a.unit, values[1] < converted) if scales[0] > scales[1] else (b.unit, values[1] > converted)
    is_part = is_less and larger in _WORKED and (larger != "day" or _within(converted, values[1], _HOURS))
    may_be_set = is_part or _is_scale(a.unit, b.unit, converted, values[1])
    return None if found.verdict == "invalid" and may_be_set else found


def _other_things(a: Quantity, b: Quantity) -> bool:
    """`1 gallon = 5 cups of sugar` is a recipe: the things differ."""
    return bool(a.things or b.things) and a.unit != "" and b.unit != "" and a.things != b.things


def _within(a: Fraction, b: Value, factor: int) -> bool:
    smaller, larger = sorted((abs(a), abs(Fraction(b))))
    return larger <= factor * smaller


def _is_scale(a: str, b: str, converted: Fraction, written: Value) -> bool:
    """`1 inch = 5 miles` on a map: the other side is many times too large."""
    drawn_is_small = (a in _DRAWN and written > converted) or (b in _DRAWN and written < converted)
    return drawn_is_small and not _within(converted, written, _SCALE)


def _compare(b: Quantity, converted: Fraction, written: Value, decimals: int, *, is_exact: bool) -> Ruling:
    shown = f"{show_value(converted)} {b.unit or b.things}", show_value(written)
    close = closeness(converted, written, decimals)
    if close in ("exact", "rounded") or (not is_exact and near(converted, written, _NEAR_ENOUGH)):
        return Ruling("valid", "unit conversion", *shown, reading="unit conversion")
    if close in ("truncated", "integer"):
        return Ruling("imprecise", "last digit", *shown)
    return Ruling("invalid", "false conversion", *shown)
