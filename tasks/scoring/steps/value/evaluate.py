"""Trees to values: exact rationals, and floats only where roots, logarithms or pi leave no choice."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import TypeAlias

from tasks.scoring.steps.read.limits import MAX_EXPONENT, MAX_FACTORIAL, MAX_RESULT_BITS
from tasks.scoring.steps.read.tree import Bin, Call, Factorial, Group, Mixed, Neg, Node, Num, Percent, Sym

Value: TypeAlias = int | Fraction | float
"""int and Fraction are exact; a float says that the value is irrational or came from one."""


class Undefined(Exception):
    """The value does not exist or is past a cap: division by zero, a free symbol, a power tower."""


def evaluate(
    node: Node,
    symbols: Mapping[str, Value] | None = None,
    literal: Callable[[Num], Value] | None = None,
) -> Value:
    """The value of a tree. `symbols` gives the variables' values, `literal` may replace literals (perturbation).

    Raises Undefined for a symbol without value, a division by zero, a negative root and anything past the caps.

    >>> from tasks.scoring.steps.read.tokens import tokenise
    >>> from tasks.scoring.steps.read.grammar import parse_prefix
    >>> tokens = tokenise("20% of 50 + 1/3")
    >>> evaluate(parse_prefix(tokens, 0, len(tokens))[0])
    Fraction(31, 3)
    """
    return _Evaluator(symbols or {}, literal).value(node)


def try_evaluate(node: Node, symbols: Mapping[str, Value] | None = None) -> Value | None:
    """The value, or None where there is none."""
    try:
        return _Evaluator(symbols or {}, None).value(node)
    except Undefined:
        return None


def is_exact(value: Value) -> bool:
    """Whether the value is an exact rational."""
    return type(value) is not float


def power(base: Value, exponent: Value) -> Value:
    """base ** exponent under the caps; a float for irrational results. Raises Undefined."""
    if type(exponent) is Fraction and exponent.denominator == 1:
        exponent = exponent.numerator
    if type(exponent) is int and type(base) is not float:
        return _exact_power(base, exponent)  # type: ignore[arg-type]
    if base < 0 and not (type(exponent) is float and exponent.is_integer()):
        if type(exponent) is Fraction and exponent.denominator % 2 == 1:
            root = power(-base, exponent)
            return -root if exponent.numerator % 2 else root
        raise Undefined("a root of a negative number")
    return _float(lambda: _perfect_root(base, exponent))


def _exact_power(base: int | Fraction, exponent: int) -> int | Fraction:
    if abs(exponent) > MAX_EXPONENT or (base not in (0, 1, -1) and _bits(base) * abs(exponent) > MAX_RESULT_BITS):
        raise Undefined("a power past the cap")
    if exponent < 0:
        if base == 0:
            raise Undefined("division by zero")
        return 1 / Fraction(base) ** -exponent
    return base**exponent


def _perfect_root(base: Value, exponent: Value) -> Value:
    """Roots of perfect powers stay exact."""
    if type(base) is not float and type(exponent) is Fraction and exponent.denominator <= 6:
        fraction = Fraction(base)
        top, bottom = _root(fraction.numerator, exponent.denominator), _root(fraction.denominator, exponent.denominator)
        if top is not None and bottom is not None:
            return _exact_power(Fraction(top, bottom), exponent.numerator)
    return float(base) ** float(exponent)


def _root(number: int, degree: int) -> int | None:
    guess = math.isqrt(number) if degree == 2 else round(float(number) ** (1 / degree))
    return next((g for g in (guess - 1, guess, guess + 1) if g >= 0 and g**degree == number), None)


def _bits(value: int | Fraction) -> int:
    if type(value) is int:
        return value.bit_length()
    return max(value.numerator.bit_length(), value.denominator.bit_length())


def _float(compute: Callable[[], Value]) -> Value:
    try:
        value = compute()
    except (OverflowError, ValueError, ZeroDivisionError) as error:
        raise Undefined(str(error)) from error
    if isinstance(value, float) and not math.isfinite(value):
        raise Undefined("past the range of a float")
    return value


def divide(left: Value, right: Value) -> Value:
    """left / right, exact where both are. Raises Undefined for zero."""
    if right == 0:
        raise Undefined("division by zero")
    if isinstance(left, float) or isinstance(right, float):
        return _float(lambda: float(left) / float(right))
    quotient = Fraction(left, right)
    return quotient.numerator if quotient.denominator == 1 else quotient


def _combine(op: str, left: Value, right: Value) -> Value:
    if op == "/":
        return divide(left, right)
    if op == "^":
        return power(left, right)
    try:
        value = left + right if op == "+" else left - right if op == "-" else left * right
    except OverflowError as error:
        raise Undefined("past the range of a float") from error
    if type(value) is float:
        if not math.isfinite(value):
            raise Undefined("past the range of a float")
    elif _bits(value) > MAX_RESULT_BITS:  # type: ignore[arg-type]
        raise Undefined("a result past the cap")
    return value


class _Evaluator:
    __slots__ = ("literal", "symbols")

    def __init__(self, symbols: Mapping[str, Value], literal: Callable[[Num], Value] | None) -> None:
        self.symbols = symbols
        self.literal = literal

    def value(self, node: Node) -> Value:
        kind = type(node)
        if kind is Num:
            return node.value if self.literal is None else self.literal(node)  # type: ignore[union-attr,arg-type]
        if kind is Bin:
            return _combine(node.op, self.value(node.left), self.value(node.right))  # type: ignore[union-attr]
        if kind is Group:
            return self.value(node.body)  # type: ignore[union-attr]
        if kind is Neg:
            return -self.value(node.body)  # type: ignore[union-attr]
        if kind is Percent:
            return divide(self.value(node.body), 100)  # type: ignore[union-attr]
        if kind is Mixed:
            return self.value(node.whole) + self.value(node.part)  # type: ignore[union-attr]
        if kind is Sym:
            return self._symbol(node.name)  # type: ignore[union-attr]
        if kind is Factorial:
            return _factorial(self.value(node.body))  # type: ignore[union-attr]
        assert isinstance(node, Call)
        return _call(node.name, [self.value(argument) for argument in node.arguments])

    def _symbol(self, name: str) -> Value:
        if name in self.symbols:
            return self.symbols[name]
        if name == "pi":
            return math.pi
        raise Undefined(f"{name} has no value")


def _factorial(value: Value) -> int:
    number = _integer(value)
    if not 0 <= number <= MAX_FACTORIAL:
        raise Undefined("a factorial past the cap")
    return math.factorial(number)


def _integer(value: Value) -> int:
    if type(value) is float or Fraction(value).denominator != 1:
        raise Undefined("not an integer")
    return int(value)


def _call(name: str, values: list[Value]) -> Value:
    if name in ("gcd", "lcm", "max", "min") and len(values) < 2:
        raise Undefined("two arguments expected")  # gcd(378,315) is no 378315
    if name in ("gcd", "lcm"):
        numbers = [_integer(v) for v in values]
        return math.gcd(*numbers) if name == "gcd" else math.lcm(*numbers)
    if name in ("max", "min"):
        return max(values) if name == "max" else min(values)
    if name == "binom":
        return _binomial(*map(_integer, values))
    if name in ("root", "logbase"):
        return _two_arguments(name, *values)
    if len(values) != 1:
        raise Undefined("one argument expected")
    return _ONE[name](values[0])


def _binomial(n: int, k: int) -> int:
    if not (0 <= k <= n <= MAX_FACTORIAL):
        raise Undefined("a binomial past the cap")
    return math.comb(n, k)


def _two_arguments(name: str, body: Value, other: Value) -> Value:
    if name == "root":
        return power(body, divide(1, other))
    if body <= 0 or other <= 0 or other == 1:
        raise Undefined("a logarithm outside its domain")
    value = _float(lambda: math.log(body) / math.log(other))
    near = round(value)
    exact = type(body) is not float and type(other) is not float and abs(near) <= 64 and power(other, near) == body
    return near if exact else value


def _of_float(function: Callable[[float], float]) -> Callable[[Value], Value]:
    return lambda value: _float(lambda: function(float(value)))


def _reciprocal(function: Callable[[float], float]) -> Callable[[Value], Value]:
    return lambda value: divide(1, _float(lambda: function(float(value))))


_ONE: Mapping[str, Callable[[Value], Value]] = {
    "sqrt": lambda value: power(value, Fraction(1, 2)),
    "abs": lambda value: -value if value < 0 else value,
    "floor": lambda value: math.floor(value),
    "ceil": lambda value: math.ceil(value),
    "sin": _of_float(math.sin),
    "cos": _of_float(math.cos),
    "tan": _of_float(math.tan),
    "sec": _reciprocal(math.cos),
    "csc": _reciprocal(math.sin),
    "cot": _reciprocal(math.tan),
    "asin": _of_float(math.asin),
    "acos": _of_float(math.acos),
    "atan": _of_float(math.atan),
    "ln": _of_float(math.log),
    "log": _of_float(math.log10),
    "exp": _of_float(math.exp),
}
