"""Linear equations in a solution's own unknowns, solved as they come: `0.8x = 240` gives x."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from tasks.scoring.steps.read.tree import Bin, Group, Mixed, Neg, Node, Num, Percent, Sym
from tasks.scoring.steps.reference.points import (
    HUNDRED,
    ONE,
    ZERO,
    NoPoint,
    Point,
    add,
    divide,
    multiply,
    negate,
    raise_to,
)

MAX_UNKNOWNS = 8
Form: TypeAlias = dict[str, Point]
"""Coefficients by unknown; '' is the constant term."""


@dataclass(slots=True)
class System:
    """What the equations so far say."""

    solved: dict[str, Form] = field(default_factory=dict)
    """Each unknown as a form in the others."""

    def is_settled(self, name: str) -> bool:
        """Whether the unknown has a value."""
        return name in self.solved and _is_constant(self.solved[name])

    def equate(self, left: Form, right: Form) -> list[Point]:
        """Take `left = right` in; returns the values that it settles. Raises NoPoint past the caps."""
        whole = _plus(left, _times(right, negate(ONE)))
        name = next((name for name in whole if name), None)
        if name is None or len(self.solved) >= MAX_UNKNOWNS:
            return []
        scale = negate(whole.pop(name))
        solution = {other: divide(coefficient, scale) for other, coefficient in whole.items()}
        settled = [solution] if _is_constant(solution) else []
        for other, form in self.solved.items():
            if name in form:
                rest = {n: c for n, c in form.items() if n != name}
                self.solved[other] = _plus(rest, _times(solution, form[name]))
                if _is_constant(self.solved[other]):
                    settled.append(self.solved[other])
        self.solved[name] = solution
        return [form.get("", ZERO) for form in settled]


def _is_constant(form: Form) -> bool:
    return not any(form)


def _plus(a: Form, b: Form) -> Form:
    total = {name: add(a.get(name, ZERO), b.get(name, ZERO)) for name in {**a, **b}}
    return {name: c for name, c in total.items() if not name or c.mark or c.base}


def _times(form: Form, factor: Point) -> Form:
    return {name: multiply(c, factor) for name, c in form.items()}


def linear_form(node: Node, table: Mapping[int, Point], system: System) -> Form:
    """A tree as a form in the unknowns that are not solved. Raises NoPoint where it is not linear."""
    if isinstance(node, Num):
        return {"": table[id(node)]}
    if isinstance(node, Sym):
        return dict(system.solved.get(node.name) or {node.name: ONE})
    if isinstance(node, Group):
        return linear_form(node.body, table, system)
    if isinstance(node, Neg):
        return _times(linear_form(node.body, table, system), negate(ONE))
    if isinstance(node, Percent):
        return _times(linear_form(node.body, table, system), divide(ONE, HUNDRED))
    if isinstance(node, Mixed):
        return _plus(linear_form(node.whole, table, system), linear_form(node.part, table, system))
    if isinstance(node, Bin):
        return _combine(node.op, linear_form(node.left, table, system), linear_form(node.right, table, system))
    raise NoPoint


def _combine(op: str, left: Form, right: Form) -> Form:
    if op == "+":
        return _plus(left, right)
    if op == "-":
        return _plus(left, _times(right, negate(ONE)))
    if op == "*" and _is_constant(left):
        return _times(right, left.get("", ZERO))
    if op == "*" and _is_constant(right):
        return _times(left, right.get("", ZERO))
    if op == "/" and _is_constant(right):
        return _times(left, divide(ONE, right.get("", ZERO)))
    if op == "^" and _is_constant(left) and _is_constant(right):
        return {"": raise_to(left.get("", ZERO), right.get("", ZERO).base)}
    raise NoPoint
