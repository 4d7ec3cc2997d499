"""Relations with variables: identities, and equations against the equation before them."""

from __future__ import annotations

import re
from fractions import Fraction

from tasks.scoring.steps.evaluate import Undefined, try_evaluate
from tasks.scoring.steps.judge import Pair, Ruling, doubt, written_decimals
from tasks.scoring.steps.polynomial import (
    Polynomial,
    Ratio,
    as_ratio,
    common_roots,
    difference,
    univariate,
    value_at,
    variables,
)
from tasks.scoring.steps.state import Equation, EquationForm, SolutionState
from tasks.scoring.steps.tolerance import closeness, same_value, show_value
from tasks.scoring.steps.tree import Bin, Node, Sym, is_literal, strip, symbols, walk

_FREE = Ruling("unverifiable", "free variables")
_INTRODUCED = Ruling("unverifiable", "equation introduced")
_NEW = re.compile(
    r"\b(?:given|let|suppose|if|assum\w*|know|told|where|when|case|equations?|second|another|other|also|check|verif\w*|try|denote|"
    r"define|represent\w*|either|or|possib\w*|because|since|for|set|setting|try\w*|plug\w*|substitut\w*|consider|otherwise|new|similarly|need|want)\b",
    re.IGNORECASE,
)


def judge_algebra(pair: Pair, state: SolutionState) -> Ruling:
    """Judge `left = right` with variables in it, and remember it for what follows."""
    assert pair.left.node is not None
    assert pair.right.node is not None
    if pair.relation != "=":
        return _FREE
    try:
        left, right = as_ratio(pair.left.node), as_ratio(pair.right.node)
        gap = difference(left, right)
    except Undefined:
        return _by_points(pair.left.node, pair.right.node)
    if not gap:
        return Ruling("valid", "identity")
    if not variables(gap):
        return _objection(pair, "contradiction")
    single = univariate(gap)
    if single is None:
        return _several_variables(gap, state)
    return _one_variable(pair, left, right, *single, state)


def _objection(pair: Pair, reason: str, left: str = "", right: str = "") -> Ruling:
    why_not = doubt(pair)
    return Ruling("unverifiable", why_not, left, right) if why_not else Ruling("invalid", reason, left, right)


def _by_points(left: Node, right: Node) -> Ruling:
    """Identity of expressions with roots or functions, by values at fixed points; agreement only ever counts for the text."""
    names = sorted(symbols(left) | symbols(right))
    if len(names) > 4:
        return _FREE
    agreed = 0
    for shift in (0.37, 1.21, 2.83):
        point = {name: shift + 0.618 * i for i, name in enumerate(names)}
        a, b = try_evaluate(left, point), try_evaluate(right, point)
        if a is None or b is None:
            continue
        if not same_value(a, b):
            return _FREE
        agreed += 1
    return Ruling("valid", "identity") if agreed >= 2 else _FREE


def _several_variables(gap: Polynomial, state: SolutionState) -> Ruling:
    """An equation in several variables holds where it is an earlier one times a constant."""
    known = any(_proportional(gap, earlier) for earlier in state.relations)
    state.relations = [*state.relations[-7:], gap]
    return Ruling("valid", "same equation") if known else _FREE


def _proportional(a: Polynomial, b: Polynomial) -> bool:
    if a.keys() != b.keys():
        return False
    ratios = {a[monomial] / b[monomial] for monomial in a}
    return len(ratios) == 1


def _one_variable(
    pair: Pair, left: Ratio, right: Ratio, name: str, coefficients: list[Fraction], state: SolutionState
) -> Ruling:
    before = state.equations.get(name)
    now = Equation(state.step, state.order, coefficients, _form(pair), trusted=not doubt(pair))
    state.equations[name] = now
    slip = _slip(pair, left, right)
    if slip:
        return _objection(pair, "false identity")
    if before is None or len(coefficients) > 9 or len(before.coefficients) > 9:
        return _INTRODUCED
    return _follows(pair, before, now)


def _form(pair: Pair) -> EquationForm:
    """Whether the relation gives the variable's value, a calculation of it, or an equation for it."""
    assert pair.left.node is not None
    assert pair.right.node is not None
    a, b = strip(pair.left.node), strip(pair.right.node)
    if type(b) is Sym:
        a, b = b, a
    if type(a) is not Sym or symbols(b):
        return "equation"
    goes_on = pair.index + 2 < len(pair.statement.sides)
    return "value" if is_literal(b) or goes_on else "calculation"


def _slip(pair: Pair, left: Ratio, right: Ratio) -> bool:
    """A false simplification: linear sides that agree in one coefficient only, the left written out, the right not.

    `(25x + 150) / 10 = 25x + 15`. As an equation it would have no solution, or only zero.
    """
    assert pair.left.node is not None
    assert pair.right.node is not None
    a, b = _linear(left), _linear(right)
    if a is None or b is None or not (a[1] and b[1] and (a[0] or b[0])):
        return False
    return (a[0] == b[0]) != (a[1] == b[1]) and _n_operators(pair.left.node) > _n_operators(pair.right.node)


def _linear(ratio: Ratio) -> tuple[Fraction, Fraction] | None:
    """(constant, coefficient) of a linear polynomial in one variable."""
    top, bottom = ratio
    single = univariate(top)
    if set(bottom) != {()} or single is None or len(single[1]) != 2:
        return None
    return single[1][0] / bottom[()], single[1][1] / bottom[()]


def _n_operators(node: Node) -> int:
    return sum(type(part) is Bin and not part.implicit for part in walk(node))


def _follows(pair: Pair, before: Equation, now: Equation) -> Ruling:
    """Whether an equation shares a solution with the one before it."""
    shared = len(common_roots(before.coefficients, now.coefficients)) > 1
    if shared:
        return Ruling("valid", "follows from the equation before")
    solution, written = _solution(before), _solution(now)
    shown = (show_value(written), show_value(solution))
    if solution is not None and written is not None and now.form == "value" and _is_rounded(pair, solution, written):
        return Ruling("valid", "rounded solution", *shown)
    if not _must_follow(pair, before, now):
        return _INTRODUCED
    if now.form == "value" and len(before.coefficients) > 2 and _nearly_root(before, written):
        return Ruling("valid", "rounded solution", *shown)
    return _objection(pair, "wrong solution" if now.form == "value" else "not implied", *shown)


def _must_follow(pair: Pair, before: Equation, now: Equation) -> bool:
    """Whether the text derives the equation from the one before, rather than bringing in another."""
    if before.form == "value" or not before.trusted:
        return False
    if before.form == "calculation":
        return now.form == "value" and now.order == before.order + 1 and pair.index == 0
    return not _is_new(pair) and now.step - before.step <= 3


def _solution(equation: Equation) -> Fraction | None:
    c = equation.coefficients
    return -c[0] / c[1] if len(c) == 2 else None


def _is_rounded(pair: Pair, solution: Fraction, written: Fraction) -> bool:
    assert pair.right.node is not None
    decimals = written_decimals(pair.right.node)
    return closeness(solution, written, decimals or 0) in ("rounded", "truncated", "integer")


def _nearly_root(before: Equation, written: Fraction | None) -> bool:
    """The value changes the polynomial's sign within its last digits, or nearly solves it."""
    if written is None:
        return True
    low, high = written * Fraction(99, 100), written * Fraction(101, 100)
    return value_at(before.coefficients, low) * value_at(before.coefficients, high) <= 0


def _is_new(pair: Pair) -> bool:
    """The sentence brings the equation in rather than deriving it."""
    start = pair.statement.start
    text = pair.text
    begin = max(text.rfind(". ", 0, start), text.rfind("\n", 0, start), -1) + 1
    return _NEW.search(text, begin, start) is not None
