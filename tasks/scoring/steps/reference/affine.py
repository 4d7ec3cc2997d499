"""Linear equations in a solution's own unknowns, solved exactly as they come: `0.8x = 240` gives x."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from tasks.scoring.steps.reference.points import ONE, ZERO, NoPoint, Point, add, constant, divide, multiply, negate, raise_to, subtract
from tasks.scoring.steps.tree import Bin, Group, Mixed, Neg, Node, Num, Percent, Sym

MAX_UNKNOWNS = 8
Form = dict[str, Point]
"""Coefficients by unknown; '' is the constant term."""


@dataclass(slots=True)
class System:
    """What is known of the unknowns: each maps to a form in the others."""

    solved: dict[str, Form] = field(default_factory=dict)

    def equate(self, left: Form, right: Form) -> list[tuple[str, Point]]:
        """Take `left = right` in; returns the unknowns whose value it settles."""
        whole = _subtract(left, right)
        names = [name for name in whole if name]
        if not names or len(self.solved) >= MAX_UNKNOWNS:
            return []
        name = names[0]
        scale = negate(whole.pop(name))
        try:
            solution = {n: divide(c, scale) for n, c in whole.items()}
        except NoPoint:
            return []
        settled = [name] if _is_constant(solution) else []
        for other, form in list(self.solved.items()):
            if name in form:
                self.solved[other] = _substitute(form, name, solution)
                if _is_constant(self.solved[other]):
                    settled.append(other)
        self.solved[name] = solution
        return [(n, self.solved[n].get("", ZERO)) for n in settled]


def _is_constant(form: Form) -> bool:
    return all(not name for name in form)


def _clean(form: Form) -> Form:
    return {n: c for n, c in form.items() if not n or c.mark or c.base}


def _subtract(a: Form, b: Form) -> Form:
    return _clean({n: subtract(a.get(n, ZERO), b.get(n, ZERO)) for n in {**a, **b}})


def _add(a: Form, b: Form) -> Form:
    return _clean({n: add(a.get(n, ZERO), b.get(n, ZERO)) for n in {**a, **b}})


def _scale(a: Form, by: Point) -> Form:
    return {n: multiply(c, by) for n, c in a.items()}


def _substitute(form: Form, name: str, solution: Form) -> Form:
    rest = {n: c for n, c in form.items() if n != name}
    return _add(rest, _scale(solution, form[name]))


def form(node: Node, table: dict[int, Point], system: System) -> Form:
    """The linear form of a tree. Raises NoPoint where it is not linear."""
    kind = type(node)
    if kind is Num:
        return {"": table[id(node)]}
    if kind is Sym:
        return dict(system.solved.get(node.name) or {node.name: ONE})
    if kind is Group:
        return form(node.body, table, system)
    if kind is Neg:
        return _scale(form(node.body, table, system), constant(-1))
    if kind is Percent:
        return _scale(form(node.body, table, system), constant(Fraction(1, 100)))
    if kind is Mixed:
        return _add(form(node.whole, table, system), form(node.part, table, system))
    if kind is Bin:
        return _combine(node.op, form(node.left, table, system), form(node.right, table, system))
    raise NoPoint


def _combine(op: str, left: Form, right: Form) -> Form:
    if op == "+":
        return _add(left, right)
    if op == "-":
        return _subtract(left, right)
    if op == "*" and _is_constant(left):
        return _scale(right, left.get("", ZERO))
    if op == "*" and _is_constant(right):
        return _scale(left, right.get("", ZERO))
    if op == "/" and _is_constant(right):
        return _scale(left, divide(ONE, right.get("", ZERO)))
    if op == "^" and _is_constant(left) and _is_constant(right):
        return {"": raise_to(left.get("", ZERO), right.get("", ZERO).base)}
    raise NoPoint
