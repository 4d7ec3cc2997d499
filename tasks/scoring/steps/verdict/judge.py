"""One relation between two sides without variables: recompute both, compare, read charitably, and only then object."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from tasks.scoring.steps.read.context import (
    has_dimensions,
    has_stray_minus,
    is_clock_time,
    is_cut_off,
    is_hypothetical,
    is_rounding_marked,
    is_stated_alone,
    starts_with_dangling_sign,
)
from tasks.scoring.steps.read.statements import Relation, Side, Statement
from tasks.scoring.steps.read.tree import Bin, Neg, Node, Num, Percent, Sym, is_literal, literals, strip, walk
from tasks.scoring.steps.read.whole import Wholeness, left_wholeness, right_wholeness
from tasks.scoring.steps.read.withdrawn import is_withdrawn
from tasks.scoring.steps.value.evaluate import Undefined, Value, evaluate, try_evaluate
from tasks.scoring.steps.value.tolerance import (
    Closeness,
    closeness,
    decimal_digits,
    distance,
    exact_text,
    multiplied,
    near,
    same_value,
    show_value,
)
from tasks.scoring.steps.value.units import is_unit_conversion, side_quantity
from tasks.scoring.steps.verdict.conversion import judge_conversion
from tasks.scoring.steps.verdict.division import judge_division
from tasks.scoring.steps.verdict.neighbours import explains
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
    recent: Sequence[Value] = ()
    """Results of the statements before: a calculation may go on from them in words."""


WITHDRAWN = "withdrawn by the text"
"""Why a false statement is not blamed that the text asks, denies, quotes or takes back."""
_VALID_EXACT = Ruling("valid", "exact")


def judge_numbers(pair: Pair, left: Value, right: Value, rounded: Mapping[str, Value]) -> Ruling:
    """Judge the relation of a `pair` of sides that have the values `left` and `right`.

    `rounded` maps literals to the exact values they were rounded from.
    """
    if pair.left.unit and (conversion := judge_stated_units(pair, left, right)) is not None:
        return conversion
    if pair.relation == "=" and left == right:
        return Ruling("valid", "exact", show_value(left), show_value(right)) if type(left) is float else _VALID_EXACT
    if pair.relation not in ("=", "~="):
        return _compare(pair, left, right)
    if (modulus := _modulus(pair)) and type(left) is int and type(right) is int:
        return _congruence(pair, left, right, modulus)
    division = judge_division(pair.text, pair.left, pair.right, left, right)
    if division is not None:
        return division
    close = _close(pair, left, right)
    if close is not None:
        return close
    charitable = _charitable(pair, left, right, rounded)
    if charitable is not None:
        return charitable
    shown = show_value(left), show_value(right)
    if why_not := doubt(pair, (left, right)):
        return Ruling("unverifiable", why_not, *shown)
    if _measure(pair, left, right) == "integer":
        return Ruling("imprecise", "integer for a non-integer", *shown)
    if _is_cut_short(pair, left):
        return Ruling("unverifiable", "cut off", *shown)
    return Ruling("invalid", "mismatch", *shown)


_MODULUS = re.compile(r"[\s$\\)]*\(?\\?p?mod(?:ulo)?\s*\{?\(?(\d{1,9})(?![\d.])")


def _modulus(pair: Pair) -> int:
    """The 12 of `10 + 5 = 15 = 3 (mod 12)`, else 0."""
    found = _MODULUS.match(pair.text, pair.statement.end)
    return int(found[1]) if found else 0


def _congruence(pair: Pair, left: int, right: int, modulus: int) -> Ruling:
    shown = f"{left % modulus} (mod {modulus})", f"{right % modulus} (mod {modulus})"
    if (left - right) % modulus == 0:
        return Ruling("valid", "congruence", *shown, reading="congruence")
    why_not = "a label or a rate" if is_literal(_node(pair.left)) else doubt(pair, (left, right))
    return Ruling("unverifiable", why_not, *shown) if why_not else Ruling("invalid", "false congruence", *shown)


def judge_stated_units(pair: Pair, left: Value, right: Value) -> Ruling | None:
    """The ruling on two quantities of one measure; a false one that something speaks for is undecided."""
    decimals = written_decimals(_node(pair.right)) or 0
    found = judge_conversion(pair.text, pair.left, pair.right, (left, right), decimals, pair.relation)
    if found is None or found.verdict != "invalid" or pair.relation not in ("=", "~="):
        return found if pair.relation in ("=", "~=") else None
    values = left, right
    why_not = _other_extent(pair, values) or _other_intent(pair, values)
    if not why_not and is_hypothetical(pair.text, pair.statement.start, pair.statement.end):
        why_not = "supposed or tried"
    return replace(found, verdict="unverifiable", reason=why_not) if why_not else found


def _compare(pair: Pair, left: Value, right: Value) -> Ruling:
    shown = show_value(left), show_value(right)
    equal = same_value(left, right)
    holds = {
        "<": left < right and not equal, ">": left > right and not equal, "<=": left <= right or equal,
        ">=": left >= right or equal, "!=": not equal,
    }[pair.relation]  # fmt: skip
    if holds:
        return Ruling("valid", "true comparison", *shown)
    why_not = doubt(pair)
    statement = pair.statement
    if not why_not and is_hypothetical(pair.text, statement.start, statement.end):
        why_not = "supposed or tried"
    if why_not:
        return Ruling("unverifiable", why_not, *shown)
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
    if found == "truncated" and pair.text[pair.right.end :].startswith(("...", "…", "\\ldots", "\\dots")):
        return Ruling("valid", "digits go on", *shown)
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


_DOTTED = re.compile(r"[1-9]\d{0,2}\.\d{3}")


def _has_dotted_thousands(pair: Pair) -> bool:
    """`1.250 + 750 = 2.000`: every number above 999 has its thousands behind a dot."""
    numbers = literals(_node(pair.left)) + literals(_node(pair.right))
    if not any(num.decimals == 3 for num in numbers):
        return False
    if any(num.value >= 1000 or (num.decimals and not _DOTTED.fullmatch(num.text)) for num in numbers):
        return False
    values = [_with_thousands(_node(side)) for side in (pair.left, pair.right)]
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
    rights = _alternatives(_node(pair.right), right)
    for left_name, _, left_value in _alternatives(_node(pair.left), left):
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
    """Moving every long decimal by half its last digit can bring the sides together; amounts of money are exact."""
    numbers = [num for num in literals(_node(pair.left)) + literals(_node(pair.right)) if num.decimals >= 2]
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
    decimals = written_decimals(_node(pair.right))
    slack = Fraction(1, 2 * 10**decimals) if decimals and decimals < 2 else Fraction(0)
    size = abs(Fraction(try_evaluate(_node(pair.left)) or 0))
    return abs(Fraction(gap)) <= reach + slack and abs(Fraction(gap)) * 100 <= size


def _is_money(pair: Pair) -> bool:
    sides = pair.left, pair.right
    return any(side_quantity(pair.text, side).unit in ("dollar", "cent") for side in sides)


def _gap(pair: Pair, moved: Mapping[int, Fraction]) -> Value | None:
    try:
        left = evaluate(_node(pair.left), None, lambda num: moved.get(num.start, num.value))
        return left - evaluate(_node(pair.right), None, lambda num: moved.get(num.start, num.value))
    except Undefined:
        return None


def _is_rate(node: Node) -> bool:
    """A literal or a proper fraction: `1/2 inch = 20 miles` defines a scale; `84 tulips / 4` is a calculation."""
    inner = strip(node)
    if type(inner) is not Bin or inner.op != "/":
        return is_literal(inner)
    top, bottom = strip(inner.left), strip(inner.right)
    is_fraction = inner.tight or inner is not node
    is_plain = is_fraction and type(top) is Num and type(bottom) is Num and not top.unit
    return is_plain and top.value < bottom.value  # type: ignore[union-attr]


def _is_percent(node: Node) -> bool:
    """Every literal carries a percent sign: `48 = 100% + 20%` names a share."""
    n_percent = sum(type(part) is Percent for part in walk(node))
    return n_percent > 0 and n_percent == len(literals(node))


def _is_cut_short(pair: Pair, value: Value) -> bool:
    """The reply ends with the first digits of the value, or the beginning of the left side once more.

    `5 + 5 = 1`, `1.50 - 33 = -3`, `0.05 * 400,000 = 20,`, `3 + 4 + 5 = 3 + 4`.
    """
    if not pair.is_last_step or pair.right is not pair.statement.sides[-1] or pair.text[pair.right.end :].strip(" \n,"):
        return False
    if (a := side_quantity(pair.text, pair.left).unit) and (b := side_quantity(pair.text, pair.right).unit) and a != b:
        return False  # 45 cents * 4 = $18
    left, written = (re.sub(r"[$, ]", "", pair.text[side.start : side.end]) for side in (pair.left, pair.right))
    return bool(written) and (decimal_digits(value).startswith(written) or _repeats(pair, left, written))


def _repeats(pair: Pair, left: str, written: str) -> bool:
    """A chain that ends as its side before began: a loop was cut."""
    n_operators = sum(type(part) is Bin for part in walk(_node(pair.right)))
    goes_on = n_operators > 1 or len(pair.statement.sides) > 2
    return goes_on and left.startswith(written)


def _are_things_priced(pair: Pair) -> bool:
    """`1 child ticket + 1 adult ticket = $10 + $12`: names of things on the left, their prices on the right."""
    things, prices = literals(_node(pair.left)), literals(_node(pair.right))
    text = pair.text
    return (
        type(strip(_node(pair.right))) is Bin
        and all(num.unit and text[num.start - 1 : num.start] != "$" for num in things)
        and all(text[num.start - 1 : num.start] == "$" for num in prices)
    )


def doubt(pair: Pair, values: tuple[Value, Value] | None = None) -> str:
    """Why a mismatch proves nothing, or ''. `values` are those of the two sides, where both have one."""
    return _other_meaning(pair, values) or _other_extent(pair, values) or _other_intent(pair, values)


def _other_meaning(pair: Pair, values: tuple[Value, Value] | None) -> str:
    """The relation may say something else than that two numbers are equal."""
    statement, left, right = pair.statement, _node(pair.left), _node(pair.right)
    if pair.relation not in ("=", "~="):
        return ""
    if _are_things_priced(pair):
        return "things and their prices"
    if pair.left.unit and pair.right.unit and _is_rate(left) and is_literal(right):
        return "a label or a rate"
    if _is_share(pair, values):
        return ""
    if _is_rate(left) and (statement.origin == "verbal" or _is_percent(right)):
        return "a label or a rate"
    if is_literal(left) and any(_is_open_sum(side.node) for side in statement.sides[1 : pair.index]):
        return "a sum of assignments"
    if is_literal(left) and is_literal(right) and is_stated_alone(statement):
        return ""
    if is_literal(left) and pair.index == 0 and (pair.left.cut or pair.left.unit or is_literal(right)):
        return "a label or a rate"
    if pair.index == 0 and has_dimensions(statement, pair.left):
        return "dimensions"
    if statement.origin == "verbal" and pair.left.unit and pair.right.unit and pair.left.unit != pair.right.unit:
        return "two units"
    return "unit of the angle" if has_trigonometry(left) or has_trigonometry(right) else ""


def _is_share(pair: Pair, values: tuple[Value, Value] | None) -> bool:
    """`0.75 = 70%`, `3/4 = 70%`: a number below one, and nothing beside it, in percent."""
    left, right = _node(pair.left), strip(_node(pair.right))
    is_percent = type(right) is Percent and type(strip(right.body)) is Num
    is_bare = pair.statement.origin == "relation" and not pair.left.unit and not pair.right.unit and not pair.left.cut
    is_fraction = type(strip(left)) is Bin or any(num.decimals for num in literals(left))
    return is_percent and is_bare and is_fraction and values is not None and 0 < values[0] < 1


def _is_open_sum(node: Node | None) -> bool:
    """The `1 + B` of `A=1 + B=2 + C=3 = 6`."""
    return type(node) is Bin and node.op in "+-" and type(strip(node.right)) is Sym


def _other_extent(pair: Pair, values: tuple[Value, Value] | None) -> str:
    """A side may be only a part of what is calculated."""
    statement = pair.statement
    first, last = pair.index == 0, pair.index + 2 == len(statement.sides)
    if first and (_goes_on(pair, left_wholeness(statement, pair.left), values)):
        return "left side not whole"
    if first and starts_with_dangling_sign(statement, pair.left):
        return "left side not whole"
    if last and _goes_on(pair, right_wholeness(statement, pair.right), values):
        return "right side not whole"
    if has_stray_minus(statement, pair.left) or has_stray_minus(statement, pair.right):
        return "a sign of two readings"
    return ""


def _goes_on(pair: Pair, wholeness: Wholeness, values: tuple[Value, Value] | None) -> bool:
    """A part of a calculation, or a side that a number of its sentence would make right."""
    if wholeness != "open" or values is None:
        return wholeness != "whole"
    return explains(pair.statement, *values, written_decimals(_node(pair.right)) or 0, pair.recent)


def _other_intent(pair: Pair, values: tuple[Value, Value] | None) -> str:
    """The text does not mean it, or did not come to its end."""
    statement = pair.statement
    value = exact_text(values[0]) if values is not None else None
    if is_withdrawn(pair.text, statement.start, statement.end, pair.following, value):
        return WITHDRAWN
    if pair.is_last_step and pair.index + 2 == len(statement.sides) and is_cut_off(pair.text, pair.right):
        return "cut off"
    return "clock time" if is_clock_time(pair.text, pair.left, pair.right) else ""
