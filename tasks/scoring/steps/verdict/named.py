"""Named quantities over several statements: `Total = 52 + 24` and then `Total = 178`."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from tasks.scoring.steps.read.statements import Side, Statement
from tasks.scoring.steps.read.tree import Bin, is_literal, walk
from tasks.scoring.steps.read.whole import right_is_whole
from tasks.scoring.steps.read.withdrawn import is_withdrawn
from tasks.scoring.steps.value.evaluate import Value
from tasks.scoring.steps.value.tolerance import closeness, near, show_value
from tasks.scoring.steps.verdict.pair import WITHDRAWN, written_decimals
from tasks.scoring.steps.verdict.ruling import Ruling
from tasks.scoring.steps.verdict.state import OpenQuantity, SolutionState

_MAX_OPEN = 20


def judge_named(text: str, statement: Statement, values: Sequence[Value | None], state: SolutionState) -> list[Ruling]:
    """Judge `name = value` against the same name's open calculation right before it; remember open calculations in
    `state`.

    `values` are those of the sides of the `statement` in `text`.
    """
    name = _name(text, statement)
    if not name:
        return []
    last, value = statement.sides[-1], values[-1]
    before = state.open_quantities.pop(name, None)
    whole = value is not None and right_is_whole(statement, last)
    if value is None or not whole:
        return []
    size = _n_operators(last)
    if size and len(state.open_quantities) < _MAX_OPEN:
        state.open_quantities[name] = OpenQuantity(state.step, state.order, value, size)
    if before is None or state.order - before.order > 1 or size >= before.n_operators or len(statement.sides) > 2:
        return []
    return [_compare(text, statement, last, before.value, value, state.following)]


def _compare(text: str, statement: Statement, side: Side, computed: Value, written: Value, following: str) -> Ruling:
    assert side.node is not None
    shown = show_value(computed), show_value(written)
    decimals = written_decimals(side.node) if is_literal(side.node) else None
    close = closeness(computed, written, decimals or 0)
    if close in ("exact", "rounded", "integer") or near(computed, written):
        return Ruling("valid", "continues the quantity", *shown)
    if any(near(computed, written * scale) for scale in (100, Fraction(1, 100))) and "%" in text:
        return Ruling("valid", "percent", *shown, reading="percent")
    if is_withdrawn(text, statement.start, statement.end, following) or side.unit.startswith(("cent", "%", "percent")):
        return Ruling("unverifiable", WITHDRAWN, *shown)
    return Ruling("invalid", "contradicts the quantity's calculation", *shown)


def _name(text: str, statement: Statement) -> str:
    """The whole name on the left, in lower case; '' where the left side is no plain name."""
    first = statement.sides[0]
    if first.node is not None or first.cut or not first.name or statement.relations[0] != "=":
        return ""
    return first.name


def _n_operators(side: Side) -> int:
    return sum(type(part) is Bin for part in walk(side.node)) if side.node is not None else 0
