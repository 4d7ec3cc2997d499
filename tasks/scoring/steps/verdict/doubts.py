"""Why a relation that does not hold may prove nothing: another meaning, another extent, no such intent."""

from __future__ import annotations

from tasks.scoring.steps.read.context import (
    has_dimensions,
    has_stray_minus,
    is_clock_time,
    is_cut_off,
    is_stated_alone,
    starts_with_dangling_sign,
)
from tasks.scoring.steps.read.tree import Bin, Node, Num, Percent, Sym, is_literal, literals, strip, walk
from tasks.scoring.steps.read.whole import Wholeness, left_wholeness, right_wholeness
from tasks.scoring.steps.read.withdrawn import is_withdrawn
from tasks.scoring.steps.value.evaluate import Value
from tasks.scoring.steps.value.tolerance import (
    exact_text,
)
from tasks.scoring.steps.verdict.neighbours import explains
from tasks.scoring.steps.verdict.pair import WITHDRAWN, Pair, node_of, written_decimals
from tasks.scoring.steps.verdict.readings import has_trigonometry


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


def _are_things_priced(pair: Pair) -> bool:
    """`1 child ticket + 1 adult ticket = $10 + $12`: names of things on the left, their prices on the right."""
    things, prices = literals(node_of(pair.left)), literals(node_of(pair.right))
    text = pair.text
    return (
        type(strip(node_of(pair.right))) is Bin
        and all(num.unit and text[num.start - 1 : num.start] != "$" for num in things)
        and all(text[num.start - 1 : num.start] == "$" for num in prices)
    )


def doubt(pair: Pair, values: tuple[Value, Value] | None = None) -> str:
    """Why a mismatch proves nothing, or ''. `values` are those of the two sides, where both have one."""
    return _other_meaning(pair, values) or other_extent(pair, values) or other_intent(pair, values)


def _other_meaning(pair: Pair, values: tuple[Value, Value] | None) -> str:
    """The relation may say something else than that two numbers are equal."""
    statement, left, right = pair.statement, node_of(pair.left), node_of(pair.right)
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
    left, right = node_of(pair.left), strip(node_of(pair.right))
    is_percent = type(right) is Percent and type(strip(right.body)) is Num
    is_bare = pair.statement.origin == "relation" and not pair.left.unit and not pair.right.unit and not pair.left.cut
    is_fraction = type(strip(left)) is Bin or any(num.decimals for num in literals(left))
    return is_percent and is_bare and is_fraction and values is not None and 0 < values[0] < 1


def _is_open_sum(node: Node | None) -> bool:
    """The `1 + B` of `A=1 + B=2 + C=3 = 6`."""
    return type(node) is Bin and node.op in "+-" and type(strip(node.right)) is Sym


def other_extent(pair: Pair, values: tuple[Value, Value] | None) -> str:
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
    return explains(pair.statement, *values, written_decimals(node_of(pair.right)) or 0, pair.recent)


def other_intent(pair: Pair, values: tuple[Value, Value] | None) -> str:
    """The text does not mean it, or did not come to its end."""
    statement = pair.statement
    value = exact_text(values[0]) if values is not None else None
    if is_withdrawn(pair.text, statement.start, statement.end, pair.following, value):
        return WITHDRAWN
    if pair.is_last_step and pair.index + 2 == len(statement.sides) and is_cut_off(pair.text, pair.right):
        return "cut off"
    return "clock time" if is_clock_time(pair.text, pair.left, pair.right) else ""
