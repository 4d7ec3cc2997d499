"""One relation between two sides without variables: recompute both, compare, read charitably, and only then object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from tasks.scoring.steps.read.context import (
    has_dimensions,
    has_stray_minus,
    is_clock_time,
    is_cut_off,
    is_denied,
    is_rounding_marked,
    is_stated_alone,
    left_is_whole,
    right_is_whole,
    starts_with_dangling_sign,
)
from tasks.scoring.steps.read.statements import Relation, Side, Statement
from tasks.scoring.steps.read.tree import Bin, Neg, Node, Num, Percent, is_literal, literals, strip, walk
from tasks.scoring.steps.value.evaluate import Undefined, Value, evaluate, try_evaluate
from tasks.scoring.steps.value.tolerance import (
    Closeness,
    closeness,
    distance,
    exact_text,
    multiplied,
    near,
    same_value,
    show_value,
)
from tasks.scoring.steps.value.units import agrees_in_base_units, is_unit_conversion
from tasks.scoring.steps.verdict.division import judge_division
from tasks.scoring.steps.verdict.readings import has_trigonometry, readings
from tasks.scoring.steps.verdict.ruling import Ruling


@dataclass(frozen=True, slots=True)
class Pair:
    """One relation of a statement, with what is needed to judge it."""

    text: str
    statement: Statement
    left: Side
    right: Side
    relation: Relation
    index: int
    """Of the left side within the statement."""
    following: str = ""
    """The beginning of the steps after this one: a text may take its statement back there."""
    is_last_step: bool = False


_VALID_EXACT = Ruling("valid", "exact")


def judge_numbers(pair: Pair, left: Value, right: Value, rounded: Mapping[str, Value]) -> Ruling:
    """Judge the relation of a `pair` of sides that have the values `left` and `right`.

    `rounded` maps literals to the exact values they were rounded from.
    """
    if pair.relation == "=" and left == right:
        return Ruling("valid", "exact", show_value(left), show_value(right)) if type(left) is float else _VALID_EXACT
    if pair.relation not in ("=", "~="):
        return _compare(pair, left, right)
    division = judge_division(pair.text, pair.left, pair.right, left, right)
    if division is not None:
        return division
    close = _close(pair, left, right)
    if close is not None:
        return close
    charitable = _charitable(pair, left, right, rounded)
    if charitable is not None:
        return charitable
    why_not = doubt(pair) or _cut_off_digits(pair, left)
    shown = show_value(left), show_value(right)
    if why_not:
        return Ruling("unverifiable", why_not, *shown)
    if _measure(pair, left, right) == "integer":
        return Ruling("imprecise", "integer for a non-integer", *shown)
    return Ruling("invalid", "mismatch", *shown)


def _compare(pair: Pair, left: Value, right: Value) -> Ruling:
    shown = show_value(left), show_value(right)
    equal = same_value(left, right)
    holds = {
        "<": left < right and not equal, ">": left > right and not equal, "<=": left <= right or equal,
        ">=": left >= right or equal, "!=": not equal,
    }[pair.relation]  # fmt: skip
    if holds:
        return Ruling("valid", "true comparison", *shown)
    if is_literal(_node(pair.left)) and is_literal(_node(pair.right)):
        return Ruling("unverifiable", "comparison of literals", *shown)
    why_not = doubt(pair)
    if why_not or pair.relation == "!=":
        return Ruling("unverifiable", why_not or "inequality", *shown)
    return Ruling("invalid", "false comparison", *shown)


def _node(side: Side) -> Node:
    assert side.node is not None
    return side.node


def written_decimals(node: Node) -> int | None:
    """Decimals of a literal side, percent counted as two more; None for a calculation."""
    if not is_literal(node):
        return None
    node = strip(node)
    extra = 0
    while type(node) in (Neg, Percent):
        extra += 2 * (type(node) is Percent)
        node = strip(node.body)  # type: ignore[union-attr]
    if type(node) is not Num:
        return None
    return _magnitude_decimals(node) if " " in node.text else node.decimals + extra


def _magnitude_decimals(node: Num) -> int:
    return 0 if type(node.value) is int else 2


def _measure(pair: Pair, left: Value, right: Value) -> Closeness:
    decimals = written_decimals(_node(pair.right))
    if decimals is not None:
        found = closeness(left, right, decimals)
        if found != "off":
            return found
    decimals = written_decimals(_node(pair.left))
    return closeness(right, left, decimals) if decimals is not None else ("exact" if same_value(left, right) else "off")


def _close(pair: Pair, left: Value, right: Value) -> Ruling | None:
    found = _measure(pair, left, right)
    shown = show_value(left), show_value(right)
    if found in ("exact", "rounded"):
        return Ruling("valid", found, *shown)
    if found == "truncated":
        return Ruling("imprecise", "last digit", *shown)
    if pair.relation == "~=" and near(left, right):
        return Ruling("valid", "approximate", *shown)
    if found == "integer" and _is_rounding_meant(pair):
        return Ruling("valid", "rounded to an integer", *shown)
    return None


def _is_rounding_meant(pair: Pair) -> bool:
    return pair.relation == "~=" or is_rounding_marked(pair.text, pair.statement.start, pair.statement.end)


def _charitable(pair: Pair, left: Value, right: Value, rounded: Mapping[str, Value]) -> Ruling | None:
    shown = show_value(left), show_value(right)
    if _is_percent_reading(pair, left, right):
        return Ruling("valid", "percent", *shown, reading="percent")
    if is_unit_conversion(pair.text, pair.left, pair.right, left, right) or agrees_in_base_units(pair.left, pair.right):
        return Ruling("valid", "unit conversion", *shown, reading="unit conversion")
    if _is_magnitude(pair, left, right):
        return Ruling("valid", "magnitude", *shown, reading="magnitude in words")
    if _is_run_on(pair, left):
        return Ruling("valid", "run-on", *shown, reading="run-on equality")
    named = _by_readings(pair, left, right)
    if named:
        return Ruling("valid", "charitable reading", *shown, reading=named)
    return _by_rounding(pair, rounded, shown)


def _is_percent_reading(pair: Pair, left: Value, right: Value) -> bool:
    """`0.5 * 100 = 50%`: the percent sign as a unit, within half a point."""
    has_left = any(type(part) is Percent for part in walk(_node(pair.left))) or "percent" in pair.left.unit
    has_right = any(type(part) is Percent for part in walk(_node(pair.right))) or "percent" in pair.right.unit
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


def _by_readings(pair: Pair, left: Value, right: Value) -> str:
    """Name of the first combination of readings under which the sides agree, else ''."""
    rights = _alternatives(_node(pair.right), right)
    for left_name, _, left_value in _alternatives(_node(pair.left), left):
        for right_name, right_node, right_value in rights:
            if not (left_name or right_name):
                continue
            decimals = written_decimals(right_node)
            if same_value(left_value, right_value) or (
                decimals is not None and closeness(left_value, right_value, decimals) in ("rounded", "truncated")
            ):
                return left_name or right_name
    return ""


def _by_rounding(pair: Pair, rounded: Mapping[str, Value], shown: tuple[str, str]) -> Ruling | None:
    """Agreement once earlier rounded results are put back, or within what the shown decimals leave open."""
    if rounded:
        back = _with_exact(_node(pair.left), rounded), _with_exact(_node(pair.right), rounded)
        if back[0] is not None and back[1] is not None:
            decimals = written_decimals(_node(pair.right))
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
    """Moving every long decimal by half its last digit can bring the sides together."""
    numbers = [num for num in literals(_node(pair.left)) + literals(_node(pair.right)) if num.decimals >= 2]
    if not numbers or len(numbers) > 8:
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
    decimals = written_decimals(_node(pair.right))
    slack = Fraction(1, 2 * 10**decimals) if decimals and decimals < 2 else Fraction(0)
    size = abs(Fraction(try_evaluate(_node(pair.left)) or 0))
    return abs(Fraction(gap)) <= reach + slack and abs(Fraction(gap)) * 100 <= size


def _gap(pair: Pair, moved: Mapping[int, Fraction]) -> Value | None:
    try:
        left = evaluate(_node(pair.left), None, lambda num: moved.get(num.start, num.value))
        return left - evaluate(_node(pair.right), None, lambda num: moved.get(num.start, num.value))
    except Undefined:
        return None


def _is_rate(node: Node) -> bool:
    """A literal or a fraction of two: `1/2 inch = 20 miles` defines a scale."""
    node = strip(node)
    return is_literal(node) or (
        type(node) is Bin and node.op == "/" and is_literal(node.left) and is_literal(node.right)
    )


def _is_percent(node: Node) -> bool:
    """Every literal carries a percent sign: `48 = 100% + 20%` names a share."""
    n_percent = sum(type(part) is Percent for part in walk(node))
    return n_percent > 0 and n_percent == len(literals(node))


def _cut_off_digits(pair: Pair, value: Value) -> str:
    """The reply ends with the first digits of the value: `5 + 5 = 1`."""
    written = pair.text[pair.right.start : pair.right.end].strip("$ ")
    ends = pair.is_last_step and pair.right.end == len(pair.text.rstrip()) and pair.right is pair.statement.sides[-1]
    return "cut off" if ends and written and exact_text(value).startswith(written) else ""


def _are_things_priced(pair: Pair) -> bool:
    """`1 child ticket + 1 adult ticket = $10 + $12`: names of things on the left, their prices on the right."""
    things, prices = literals(_node(pair.left)), literals(_node(pair.right))
    text = pair.text
    return (
        type(strip(_node(pair.right))) is Bin
        and all(num.unit and text[num.start - 1 : num.start] != "$" for num in things)
        and all(text[num.start - 1 : num.start] == "$" for num in prices)
    )


def doubt(pair: Pair) -> str:
    """Why a mismatch proves nothing, or ''."""
    statement = pair.statement
    first, last = pair.index == 0, pair.index + 2 == len(statement.sides)
    if _are_things_priced(pair):
        return "things and their prices"
    if pair.left.unit and pair.right.unit and _is_rate(_node(pair.left)) and is_literal(_node(pair.right)):
        return "a label or a rate"
    if _is_rate(_node(pair.left)) and (statement.origin == "verbal" or _is_percent(_node(pair.right))):
        return "a label or a rate"
    if is_literal(_node(pair.left)) and is_literal(_node(pair.right)) and is_stated_alone(statement):
        return "denied by the text" if is_denied(pair.text, statement.start, statement.end, pair.following) else ""
    if is_literal(_node(pair.left)) and first and (pair.left.cut or pair.left.unit or is_literal(_node(pair.right))):
        return "a label or a rate"
    if first and has_dimensions(statement, pair.left):
        return "dimensions"
    if statement.origin == "verbal" and pair.left.unit and pair.right.unit and pair.left.unit != pair.right.unit:
        return "two units"
    if has_trigonometry(_node(pair.left)) or has_trigonometry(_node(pair.right)):
        return "unit of the angle"
    if first and not left_is_whole(statement, pair.left):
        return "left side not whole"
    if first and starts_with_dangling_sign(statement, pair.left):
        return "left side not whole"
    if last and not right_is_whole(statement, pair.right):
        return "right side not whole"
    if has_stray_minus(statement, pair.left) or has_stray_minus(statement, pair.right):
        return "a sign of two readings"
    if is_denied(pair.text, statement.start, statement.end, pair.following):
        return "denied by the text"
    if last and pair.is_last_step and is_cut_off(pair.text, statement, pair.right):
        return "cut off"
    if is_clock_time(pair.text, pair.left, pair.right):
        return "clock time"
    return ""
