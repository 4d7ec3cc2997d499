"""Relations with variables: identities, and equations that are new, defined or derived."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from math import gcd

from tasks.scoring.steps.read.context import is_hypothetical
from tasks.scoring.steps.read.tree import Bin, Neg, Node, Sym, is_literal, strip, symbols, walk
from tasks.scoring.steps.value.counts import is_no_count, is_taken_back
from tasks.scoring.steps.value.evaluate import Undefined, Value, try_evaluate
from tasks.scoring.steps.value.polynomial import (
    Polynomial,
    Ratio,
    as_ratio,
    common_roots,
    difference,
    univariate,
    variables,
)
from tasks.scoring.steps.value.tolerance import same_value, show_value
from tasks.scoring.steps.value.units import side_quantity
from tasks.scoring.steps.verdict.derivation import (
    FOLLOWS,
    INTRODUCED,
    judge_alternative,
    judge_defined,
    judge_derived,
    objection,
    solution_of,
    words_between,
)
from tasks.scoring.steps.verdict.doubts import doubt
from tasks.scoring.steps.verdict.pair import Pair
from tasks.scoring.steps.verdict.ruling import Ruling
from tasks.scoring.steps.verdict.state import Equation, EquationForm, SolutionState

_FREE = Ruling("unverifiable", "free variables")


_SET_UP = re.compile(r"\b(?:equations?|set(?:ting)? up|equal|given|know|write|proportion)\b", re.IGNORECASE)
"""Words that announce an equation to be solved, not a simplification."""


_CONDITION = re.compile(r"\b(?:if|suppose|assum\w*|when|case|for(?= \\?[($])|otherwise)\b", re.IGNORECASE)
"""Words after which earlier equations no longer bind."""


def judge_algebra(pair: Pair, state: SolutionState) -> Ruling:
    """Judge `left = right` with variables in it, and remember it for what follows."""
    assert pair.left.node is not None
    assert pair.right.node is not None
    if pair.relation != "=":
        return _FREE
    if pair.index == 0 and _CONDITION.search(words_between(pair, state)):
        state.forget()
    try:
        left, right = as_ratio(pair.left.node), as_ratio(pair.right.node)
        gap = difference(left, right)
    except Undefined:
        return _by_points(pair.left.node, pair.right.node)
    if not gap:
        return Ruling("valid", "identity")
    if not variables(gap):
        if Sym in (type(strip(pair.left.node)), type(strip(pair.right.node))):
            return Ruling("unverifiable", "a name used anew")  # C = C + 8
        return objection(pair, "contradiction")
    if _is_substitution(pair):
        return _FREE
    single = univariate(gap)
    if single is None:
        return _several_variables(pair, gap, state)
    return _one_variable(pair, left, right, *single, state)


def _is_substitution(pair: Pair) -> bool:
    """The second relation of `a = 2k^2 = 2*2^2`: values put into a formula, no equation for k."""
    first = pair.statement.sides[0].node
    return pair.index > 0 and (first is None or type(strip(first)) is Sym) and not symbols(pair.right.node)  # type: ignore[arg-type]


def _by_points(left: Node, right: Node) -> Ruling:
    """Identity of expressions with roots or functions by values at fixed points; it can only confirm."""
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


def _several_variables(pair: Pair, gap: Polynomial, state: SolutionState) -> Ruling:
    """An equation in several variables holds where it is an earlier one times a constant."""
    known = any(_proportional(gap, earlier) for earlier in state.relations)
    if type(strip(pair.left.node)) is Sym and not doubt(replace(pair, following="")):  # type: ignore[arg-type]
        state.defined = (state.order, gap)
    state.relations = [*state.relations[-7:], gap]
    state.mixed_order = state.order
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
    assert pair.left.node is not None
    assert pair.right.node is not None
    size = _n_operators(pair.left.node) + _n_operators(pair.right.node)
    now = Equation(
        state.step,
        state.order,
        coefficients,
        _form(pair),
        size,
        trusted=not doubt(replace(pair, following="")),
        is_plain=len(pair.statement.sides) == 2,
        quantity=side_quantity(pair.text, pair.statement.sides[-1]),
    )
    state.equations[name] = now
    if (
        name in state.counts
        and pair.statement.origin == "relation"
        and now.trusted
        and _has_no_count(pair, name, coefficients, state)
    ):
        return objection(pair, "no such count", show_value(solution_of(now)), state.counts[name])
    slip = _slip(pair, left, right)
    if slip and before is not None and before.form == "equation" and pair.index == 0:
        slip = len(common_roots(before.coefficients, coefficients)) < 2
    if slip and not _SET_UP.search(words_between(pair, state)):
        return objection(pair, "false identity")
    if (contradicted := judge_defined(pair, name, now, state)) is not None:
        return contradicted
    if before is None or len(coefficients) > 9 or len(before.coefficients) > 9:
        return INTRODUCED
    if (alternative := judge_alternative(pair, before, now, state)) is not None:
        state.equations[name] = replace(now, source=before.source)
        return alternative
    ruling = judge_derived(pair, before, now, state)
    if ruling is FOLLOWS and now.form == "value" and before.form == "equation":
        state.equations[name] = replace(now, source=before)
    elif ruling.verdict == "invalid" and before.form != "value":
        state.equations[name] = replace(now, instead_of=before)
    return ruling


def _has_no_count(pair: Pair, name: str, coefficients: list[Fraction], state: SolutionState) -> bool:
    """The equation has one solution, and no number of things can be that. A chain speaks by its last side."""
    sides = pair.statement.sides
    assert pair.left.node is not None
    assert pair.right.node is not None
    if len(coefficients) != 2 or pair.statement.origin != "relation":
        return False
    if is_hypothetical(pair.text, pair.statement.start, pair.statement.end):
        return False
    if is_taken_back(pair.text, pair.statement.end, state.following):
        return False
    solution: Value | None = -coefficients[0] / coefficients[1]
    if len(sides) > 2:
        is_value = type(strip(pair.left.node)) is Sym and sides[-1].node is not None
        solution = try_evaluate(sides[-1].node) if is_value else None  # type: ignore[arg-type]
    if solution is None or type(solution) is float or _CONDITION.search(words_between(pair, state)):
        return False
    last = sides[-1].node or pair.right.node
    return is_no_count(Fraction(solution), pair.left.node, last, divisible=name in state.asked)


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
    return "value" if _is_number(b) or goes_on else "calculation"


def _is_number(node: Node) -> bool:
    """A literal, or a fraction in lowest terms."""
    node = strip(node)
    while type(node) is Neg:
        node = strip(node.body)
    if type(node) is Bin and node.op == "/" and is_literal(node.left) and is_literal(node.right):
        a, b = try_evaluate(node.left), try_evaluate(node.right)
        return type(a) is int and type(b) is int and gcd(a, b) == 1 and b != 1
    return is_literal(node)


def _slip(pair: Pair, left: Ratio, right: Ratio) -> bool:
    """A false simplification: both sides linear and written out, and equal for no value, or for zero only.

    `(25x + 150) / 10 = 25x + 15`, `(1/4)x + (1/3)x = (5/12)x`.
    """
    assert pair.left.node is not None
    assert pair.right.node is not None
    a, b = _linear(left), _linear(right)
    if a is None or b is None or not _n_operators(pair.left.node) or (_rounds(a[0], b[0]) and _rounds(a[1], b[1])):
        return False
    if not a[0] and not b[0]:
        return True
    return (a[0] == b[0]) != (a[1] == b[1]) and _n_operators(pair.left.node) > _n_operators(pair.right.node)


def _rounds(a: Fraction, b: Fraction) -> bool:
    return a == b or abs(a - b) * 200 <= abs(a)


def _linear(ratio: Ratio) -> tuple[Fraction, Fraction] | None:
    """(constant, coefficient) of a linear polynomial in one variable."""
    top, bottom = ratio
    single = univariate(top)
    if set(bottom) != {()} or single is None or len(single[1]) != 2:
        return None
    return single[1][0] / bottom[()], single[1][1] / bottom[()]


def _n_operators(node: Node) -> int:
    return sum(type(part) is Bin and not part.implicit for part in walk(node))
