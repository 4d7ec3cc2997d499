"""A value at two places at once: as written, and in a large prime field with the question's numbers perturbed."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple, TypeAlias

from tasks.scoring.steps.read.tree import Bin, Group, Mixed, Neg, Node, Num, Percent

PRIME = (1 << 127) - 1
MAX_BITS = 512
"""Size of a value as written."""
MAX_POWER = 12


Exact: TypeAlias = int | Fraction
"""An exact number, an int wherever it is whole: ints hash and add many times faster."""


class Point(NamedTuple):
    """A value under the question's own numbers (`base`) and under perturbed ones (`mark`, an element of the field).

    Two expressions of the question's numbers with equal marks are the same function of them but for a chance of about
    degree / 2**127 (Schwartz 1980, Zippel 1979): one place of a large field says what many perturbations by small
    integers say, and no value in it can grow.
    """

    base: Exact
    mark: int


class NoPoint(Exception):
    """The value does not exist or is past a cap."""


ZERO = Point(0, 0)
ONE = Point(1, 1)
HUNDRED = Point(100, 100)


def whole(value: Exact) -> Exact:
    """The same number, an int where it is whole."""
    return value if type(value) is int or value.denominator != 1 else value.numerator


def constant(value: Exact) -> Point:
    """A number that stays the same when the question's numbers change: 60 minutes, 7 days. Raises NoPoint past the cap.

    >>> constant(Fraction(7)).mark
    7
    """
    value = capped(value)
    if type(value) is int:
        return Point(value, value % PRIME)
    return Point(value, value.numerator * inverse(value.denominator) % PRIME)


def capped(value: Exact) -> Exact:
    """The value itself, an int where it is whole. Raises NoPoint past the cap."""
    if value.numerator.bit_length() > MAX_BITS or value.denominator.bit_length() > MAX_BITS:
        raise NoPoint
    return whole(value)


def inverse(mark: int) -> int:
    """1 / mark in the field. Raises NoPoint for zero."""
    if mark % PRIME == 0:
        raise NoPoint
    return pow(mark, -1, PRIME)


def add(a: Point, b: Point) -> Point:
    """a + b."""
    return Point(capped(a.base + b.base), (a.mark + b.mark) % PRIME)


def negate(a: Point) -> Point:
    """-a."""
    return Point(-a.base, -a.mark % PRIME)


def subtract(a: Point, b: Point) -> Point:
    """a - b."""
    return Point(capped(a.base - b.base), (a.mark - b.mark) % PRIME)


def multiply(a: Point, b: Point) -> Point:
    """a * b."""
    return Point(capped(a.base * b.base), a.mark * b.mark % PRIME)


def divide(a: Point, b: Point) -> Point:
    """a / b. Raises NoPoint for a zero b."""
    if b.base == 0:
        raise NoPoint
    return Point(capped(Fraction(a.base, b.base)), a.mark * inverse(b.mark) % PRIME)


def raise_to(a: Point, exponent: Exact) -> Point:
    """a ** exponent for small whole exponents. Raises NoPoint for others."""
    if exponent.denominator != 1 or not -MAX_POWER <= exponent <= MAX_POWER:
        raise NoPoint
    power = int(exponent)
    if power < 0:
        return divide(ONE, raise_to(a, -power))
    return Point(capped(a.base**power), pow(a.mark, power, PRIME))


def combine(op: str, left: Point, right: Point) -> Point:
    """left op right. Raises NoPoint."""
    if op == "+":
        return add(left, right)
    if op == "-":
        return subtract(left, right)
    if op == "*":
        return multiply(left, right)
    if op == "/":
        return divide(left, right)
    return raise_to(left, right.base)


def value_of(node: Node, table: Mapping[int, Point]) -> Point:
    """The value of a tree; `table` gives its literals by identity. Raises NoPoint for anything but arithmetic."""
    if isinstance(node, Num):
        return table[id(node)]
    if isinstance(node, Bin):
        return combine(node.op, value_of(node.left, table), value_of(node.right, table))
    if isinstance(node, Group):
        return value_of(node.body, table)
    if isinstance(node, Neg):
        return negate(value_of(node.body, table))
    if isinstance(node, Percent):
        return divide(value_of(node.body, table), HUNDRED)
    if isinstance(node, Mixed):
        return add(value_of(node.whole, table), value_of(node.part, table))
    raise NoPoint
