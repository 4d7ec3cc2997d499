"""Readings under which a relation that does not hold as written is right after all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction

from tasks.scoring.steps.read.tree import Bin, Node, Percent, is_literal, literals, walk
from tasks.scoring.steps.value.evaluate import Undefined, Value, evaluate, try_evaluate
from tasks.scoring.steps.value.tolerance import (
    Closeness,
    closeness,
    distance,
    multiplied,
    same_value,
    show_value,
)
from tasks.scoring.steps.value.units import is_unit_conversion, side_quantity
from tasks.scoring.steps.verdict.pair import Pair, node_of, written_decimals
from tasks.scoring.steps.verdict.readings import readings
from tasks.scoring.steps.verdict.ruling import Ruling


def read_charitably(pair: Pair, left: Value, right: Value, rounded: Mapping[str, Value]) -> Ruling | None:
    """The reading under which a `pair` of sides with the values `left` and `right` agrees, None without one.

    `rounded` maps literals to the exact values they were rounded from.
    """
    shown = show_value(left), show_value(right)
    if _is_percent_reading(pair, left, right):
        return Ruling("valid", "percent", *shown, reading="percent")
    if is_unit_conversion(pair.text, pair.left, pair.right, pair.statement.sides[-1]):
        return Ruling("valid", "unit conversion", *shown, reading="unit conversion")
    if _is_magnitude(pair, left, right):
        return Ruling("valid", "magnitude", *shown, reading="magnitude in words")
    if _has_dotted_thousands(pair):
        return Ruling("valid", "dots as thousands", *shown, reading="dots as thousands")
    if _is_run_on(pair, left):
        return Ruling("valid", "run-on", *shown, reading="run-on equality")
    named = _by_readings(pair, left, right)
    if named is not None and named[1] == "integer":
        return Ruling("imprecise", "integer for a non-integer", *shown, reading=named[0])
    if named is not None:
        return Ruling("valid", "charitable reading", *shown, reading=named[0])
    return _by_rounding(pair, rounded, shown)


def _is_percent_reading(pair: Pair, left: Value, right: Value) -> bool:
    """`0.5 * 100 = 50%`: the percent sign as a unit, within half a point."""
    has_left = any(type(part) is Percent for part in walk(node_of(pair.left))) or "percent" in pair.left.unit
    has_right = any(type(part) is Percent for part in walk(node_of(pair.right))) or "percent" in pair.right.unit
    if not (has_left or has_right):
        return False
    if distance(left, right) <= _HALF_A_POINT and has_right != has_left:
        return True
    gaps = [distance(multiplied(left, scale), right) for scale in (100, Fraction(1, 100)) if left]
    return any(gap <= _HALF_A_POINT or gap * 200 <= distance(right, 0) for gap in gaps)


_HALF_A_POINT = Fraction(5, 1000)


def _is_magnitude(pair: Pair, left: Value, right: Value) -> bool:
    """`5 * 3 = $15,000` where the text counts in thousands."""
    if isinstance(left, float) or isinstance(right, float) or not left:
        return False
    ratio = abs(Fraction(right) / Fraction(left))
    factors = [factor for word, factor in (("thousand", 1_000), ("million", 10**6)) if word in pair.text]
    return any(ratio in (factor, Fraction(1, factor)) for factor in factors)


_DOTTED = re.compile(r"[1-9]\d{0,2}\.\d{3}")


def _has_dotted_thousands(pair: Pair) -> bool:
    """`1.250 + 750 = 2.000`: every number above 999 has its thousands behind a dot."""
    numbers = literals(node_of(pair.left)) + literals(node_of(pair.right))
    if not any(num.decimals == 3 for num in numbers):
        return False
    if any(num.value >= 1000 or (num.decimals and not _DOTTED.fullmatch(num.text)) for num in numbers):
        return False
    values = [_with_thousands(node_of(side)) for side in (pair.left, pair.right)]
    return None not in values and values[0] == values[1]


def _with_thousands(node: Node) -> Value | None:
    try:
        return evaluate(node, None, lambda num: num.value * 1000 if num.decimals == 3 else num.value)
    except Undefined:
        return None


def _is_run_on(pair: Pair, left: Value) -> bool:
    """`7*60 = 420 + 23`: the right side begins with the result and goes on."""
    node = pair.right.node
    while type(node) is Bin and not node.implicit:
        if is_literal(node.left):
            head = try_evaluate(node.left)
            return head is not None and closeness(left, head, written_decimals(node.left) or 0) in ("exact", "rounded")
        node = node.left
    return False


def _alternatives(node: Node, value: Value) -> list[tuple[str, Node, Value]]:
    found = [("", node, value)]
    for name, changed in readings(node):
        other = try_evaluate(changed)
        if other is not None:
            found.append((name, changed, other))
    return found


def _by_readings(pair: Pair, left: Value, right: Value) -> tuple[str, Closeness] | None:
    """The first combination of readings under which the sides agree, by name, and how well."""
    rights = _alternatives(node_of(pair.right), right)
    for left_name, _, left_value in _alternatives(node_of(pair.left), left):
        for right_name, right_node, right_value in rights:
            if not (left_name or right_name):
                continue
            decimals = written_decimals(right_node)
            if same_value(left_value, right_value):
                return left_name or right_name, "exact"
            if decimals is not None and (found := closeness(left_value, right_value, decimals)) != "off":
                return left_name or right_name, found
    return None


def _by_rounding(pair: Pair, rounded: Mapping[str, Value], shown: tuple[str, str]) -> Ruling | None:
    """Agreement once earlier rounded results are put back, or within what the shown decimals leave open."""
    if rounded:
        back = _with_exact(node_of(pair.left), rounded), _with_exact(node_of(pair.right), rounded)
        if back[0] is not None and back[1] is not None:
            decimals = written_decimals(node_of(pair.right))
            if closeness(back[0], back[1], decimals or 0) in ("exact", "rounded", "truncated"):
                return Ruling("valid", "unrounded operands", *shown, reading="earlier results unrounded")
    if _within_displayed(pair):
        return Ruling("imprecise", "rounded operands", *shown)
    return None


def _with_exact(node: Node, rounded: Mapping[str, Value]) -> Value | None:
    try:
        return evaluate(node, None, lambda num: rounded.get(num.text, num.value))
    except Undefined:
        return None


def _within_displayed(pair: Pair) -> bool:
    """Moving every long decimal by half its last digit can bring the sides together; amounts of money are exact."""
    numbers = [num for num in literals(node_of(pair.left)) + literals(node_of(pair.right)) if num.decimals >= 2]
    if not numbers or len(numbers) > 8 or (_is_money(pair) and all(num.decimals == 2 for num in numbers)):
        return False
    gap = _gap(pair, {})
    if gap is None:
        return False
    reach = Fraction(0)
    for num in numbers:
        moved = _gap(pair, {num.start: num.value + Fraction(1, 2 * 10**num.decimals)})
        if moved is None:
            return False
        reach += abs(Fraction(moved) - Fraction(gap))
    decimals = written_decimals(node_of(pair.right))
    slack = Fraction(1, 2 * 10**decimals) if decimals and decimals < 2 else Fraction(0)
    size = abs(Fraction(try_evaluate(node_of(pair.left)) or 0))
    return abs(Fraction(gap)) <= reach + slack and abs(Fraction(gap)) * 100 <= size


def _is_money(pair: Pair) -> bool:
    sides = pair.left, pair.right
    return any(side_quantity(pair.text, side).unit in ("dollar", "cent") for side in sides)


def _gap(pair: Pair, moved: Mapping[int, Fraction]) -> Value | None:
    try:
        left = evaluate(node_of(pair.left), None, lambda num: moved.get(num.start, num.value))
        return left - evaluate(node_of(pair.right), None, lambda num: moved.get(num.start, num.value))
    except Undefined:
        return None
