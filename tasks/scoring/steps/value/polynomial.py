"""Exact algebra on trees: rational functions over the rationals, with caps."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TypeAlias

from tasks.scoring.steps.read.limits import MAX_DEGREE, MAX_RESULT_BITS, MAX_TERMS
from tasks.scoring.steps.read.tree import Bin, Call, Factorial, Group, Mixed, Neg, Node, Num, Percent, Sym
from tasks.scoring.steps.value.evaluate import Undefined, try_evaluate

Monomial: TypeAlias = tuple[tuple[str, int], ...]
Polynomial: TypeAlias = dict[Monomial, Fraction]
"""Monomial, sorted by variable, to its coefficient; no zero coefficients."""
Ratio: TypeAlias = tuple[Polynomial, Polynomial]
"""Numerator and denominator."""

_ONE: Polynomial = {(): Fraction(1)}


def as_ratio(node: Node) -> Ratio:
    """The tree as a rational function. Raises Undefined for roots, unknown functions and anything past the caps."""
    match node:
        case Num(value=value):
            return _constant(Fraction(value)), _ONE
        case Sym(name=name):
            return {((name, 1),): Fraction(1)}, _ONE
        case Group(body=body):
            return as_ratio(body)
        case Neg(body=body):
            top, bottom = as_ratio(body)
            return {m: -c for m, c in top.items()}, bottom
        case Percent(body=body):
            top, bottom = as_ratio(body)
            return {m: c / 100 for m, c in top.items()}, bottom
        case Mixed(whole=whole, part=part):
            return as_ratio(Bin("+", whole, part))
        case Bin():
            return _binary(node)
        case Call() | Factorial():
            return _exact_constant(node)
    raise Undefined("not a rational function")


def _exact_constant(node: Node) -> Ratio:
    value = try_evaluate(node)
    if value is None or type(value) is float:
        raise Undefined("irrational")
    return _constant(Fraction(value)), _ONE


def _binary(node: Bin) -> Ratio:
    if node.op == "^":
        return _power(node)
    (a, b), (c, d) = as_ratio(node.left), as_ratio(node.right)
    if node.op == "*":
        return multiply(a, c), multiply(b, d)
    if node.op == "/":
        if not c:
            raise Undefined("division by zero")
        return multiply(a, d), multiply(b, c)
    sign = 1 if node.op == "+" else -1
    if b == d:
        return add(a, c, sign), b
    return add(multiply(a, d), multiply(c, b), sign), multiply(b, d)


def _power(node: Bin) -> Ratio:
    exponent = try_evaluate(node.right)
    if exponent is None or type(exponent) is float or Fraction(exponent).denominator != 1:
        return _exact_constant(node)
    count = int(exponent)
    if abs(count) > MAX_DEGREE:
        return _exact_constant(node)
    top, bottom = as_ratio(node.left)
    if count < 0:
        top, bottom, count = bottom, top, -count
        if not bottom:
            raise Undefined("division by zero")
    a, b = _ONE, _ONE
    for _ in range(count):
        a, b = multiply(a, top), multiply(b, bottom)
    return a, b


def _constant(value: Fraction) -> Polynomial:
    return {(): value} if value else {}


def add(a: Polynomial, b: Polynomial, sign: int = 1) -> Polynomial:
    """a + sign * b. Raises Undefined beyond MAX_TERMS terms."""
    result = dict(a)
    for monomial, coefficient in b.items():
        total = result.get(monomial, Fraction(0)) + sign * coefficient
        if total:
            result[monomial] = total
        else:
            result.pop(monomial, None)
    if len(result) > MAX_TERMS:
        raise Undefined("too many terms")
    return result


def multiply(a: Polynomial, b: Polynomial) -> Polynomial:
    """a * b. Raises Undefined past the caps."""
    if a is _ONE:
        return b
    if b is _ONE:
        return a
    if len(a) * len(b) > MAX_TERMS * 8:
        raise Undefined("too many terms")
    result: Polynomial = {}
    for m, c in a.items():
        for n, d in b.items():
            product = _times(m, n)
            total = result.get(product, Fraction(0)) + c * d
            if total.numerator.bit_length() > MAX_RESULT_BITS or total.denominator.bit_length() > MAX_RESULT_BITS:
                raise Undefined("a coefficient past the cap")
            result[product] = total
    result = {m: c for m, c in result.items() if c}
    if len(result) > MAX_TERMS:
        raise Undefined("too many terms")
    return result


def _times(m: Monomial, n: Monomial) -> Monomial:
    if not m or not n:
        return m or n
    powers = dict(m)
    for name, exponent in n:
        powers[name] = powers.get(name, 0) + exponent
    if sum(powers.values()) > MAX_DEGREE:
        raise Undefined("degree past the cap")
    return tuple(sorted(powers.items()))


def same(a: Ratio, b: Ratio) -> bool:
    """Whether two rational functions are equal, by cross-multiplication."""
    return not add(multiply(a[0], b[1]), multiply(b[0], a[1]), -1)


def difference(a: Ratio, b: Ratio) -> Polynomial:
    """Numerator of a - b: its roots are the solutions of a = b, poles aside."""
    if a[1] == b[1]:
        return add(a[0], b[0], -1)
    return add(multiply(a[0], b[1]), multiply(b[0], a[1]), -1)


def variables(polynomial: Polynomial) -> set[str]:
    """The variables of a polynomial."""
    return {name for monomial in polynomial for name, _ in monomial}


def substitute(polynomial: Polynomial, values: Mapping[str, Fraction]) -> Polynomial:
    """Put exact values in for some variables."""
    result: Polynomial = {}
    for monomial, coefficient in polynomial.items():
        rest: list[tuple[str, int]] = []
        for name, exponent in monomial:
            if name in values:
                coefficient *= values[name] ** exponent
            else:
                rest.append((name, exponent))
        if coefficient:
            result = add(result, {tuple(rest): coefficient})
    return result


def univariate(polynomial: Polynomial) -> tuple[str, list[Fraction]] | None:
    """(variable, coefficients from the constant up) of a polynomial in exactly one variable."""
    names = variables(polynomial)
    if len(names) != 1:
        return None
    degree = max(m[0][1] for m in polynomial if m)
    coefficients = [Fraction(0)] * (degree + 1)
    for monomial, coefficient in polynomial.items():
        coefficients[monomial[0][1] if monomial else 0] = coefficient
    return names.pop(), coefficients


def value_at(coefficients: list[Fraction], x: Fraction) -> Fraction:
    """Horner's rule."""
    total = Fraction(0)
    for coefficient in reversed(coefficients):
        total = total * x + coefficient
    return total


def common_roots(a: list[Fraction], b: list[Fraction]) -> list[Fraction]:
    """Monic greatest common divisor: its roots are the solutions that two equations share; [1] for none."""
    while b:
        a, b = b, _remainder(a, b)
    return [c / a[-1] for c in a]


def _remainder(a: list[Fraction], b: list[Fraction]) -> list[Fraction]:
    a = list(a)
    while len(a) >= len(b):
        factor = a[-1] / b[-1]
        shift = len(a) - len(b)
        for i, coefficient in enumerate(b):
            a[shift + i] -= factor * coefficient
        a.pop()
        while a and not a[-1]:
            a.pop()
        if any(c.numerator.bit_length() > MAX_RESULT_BITS for c in a):
            raise Undefined("a coefficient past the cap")
    return a
