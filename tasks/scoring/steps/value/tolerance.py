"""When a written number stands for a computed value: the named tolerance policy of the checker."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal, TypeAlias

from tasks.scoring.steps.value.evaluate import Value

Closeness: TypeAlias = Literal["exact", "rounded", "truncated", "integer", "percent", "approximate", "off"]

FLOAT_RELATIVE = 1e-9
_FLOAT_DECIMALS = 12
"""Digits that only a computer writes, with its noise."""
APPROXIMATE_RELATIVE = Fraction(2, 100)
"""What the sign '≈' allows."""


def closeness(value: Value, written: Value, decimals: int) -> Closeness:
    """How a written number with that many decimals stands to a computed value.

    Half a unit of the last displayed digit is 'rounded', one unit 'truncated'; an integer for a fraction 'integer'.

    >>> closeness(Fraction(10, 3), Fraction(333, 100), 2), closeness(Fraction(20, 3), Fraction(666, 100), 2)
    ('rounded', 'truncated')
    >>> closeness(Fraction(11, 2), 6, 0), closeness(12, 13, 0)
    ('integer', 'off')
    """
    if same_value(value, written):
        return "exact"
    gap = distance(value, written)
    if decimals >= _FLOAT_DECIMALS and gap <= FLOAT_RELATIVE * max(1.0, abs(float(written))):
        return "rounded"  # 0.1 + 0.2 = 0.30000000000000004
    unit = Fraction(1, 10**decimals)
    if decimals == 0:
        is_integer = type(value) is not float and Fraction(value).denominator == 1
        return "integer" if gap < 1 and not is_integer else "off"
    if gap <= unit / 2:
        return "rounded"
    return "truncated" if gap < unit else "off"


def distance(a: Value, b: Value) -> Fraction | float:
    """|a - b|, exact where both are."""
    if isinstance(a, float) or isinstance(b, float):
        return abs(float(a) - float(b))
    return abs(Fraction(a) - Fraction(b))


def multiplied(a: Value, factor: int | Fraction) -> Value:
    """a * factor."""
    return a * float(factor) if isinstance(a, float) else a * factor


def same_value(a: Value, b: Value) -> bool:
    """Equal: exactly for exact values, within floating-point noise where one is irrational."""
    if type(a) is float or type(b) is float:
        try:
            a, b = float(a), float(b)
        except OverflowError:
            return False
        return abs(a - b) <= FLOAT_RELATIVE * max(1.0, abs(a), abs(b))
    return a == b


def near(a: Value, b: Value, relative: Fraction = APPROXIMATE_RELATIVE) -> bool:
    """Within a relative distance of each other."""
    try:
        return abs(float(a) - float(b)) <= float(relative) * max(abs(float(a)), abs(float(b)))
    except OverflowError:
        return False


def show_value(value: Value | None) -> str:
    """A value for messages: integers plain, exact decimals in full, other fractions with a decimal beside them.

    >>> show_value(Fraction(1, 3)), show_value(Fraction(5, 2)), show_value(300)
    ('1/3 (0.333333)', '2.5', '300')
    """
    if value is None:
        return ""
    if type(value) is float:
        return f"{value:.6g}"
    value = Fraction(value)
    if value.denominator == 1:
        return str(value.numerator) if value.numerator.bit_length() < 200 else f"about 2^{value.numerator.bit_length()}"
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > 200:
        return "a long fraction"
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest == 1 and value.denominator <= 10**8:
        return f"{float(value):.10g}"
    return f"{value} ({float(value):.6g})"


def exact_text(value: Value | None) -> str:
    """A value that `Fraction` reads back: '300', '7/2', '1.414213562'; empty for none or one past 200 bits.

    >>> exact_text(Fraction(7, 2)), exact_text(300), exact_text(None)
    ('7/2', '300', '')
    """
    if value is None:
        return ""
    if type(value) is int:
        return str(value) if value.bit_length() <= 200 else ""
    if type(value) is float:
        return f"{value:.10g}"
    value = Fraction(value)
    return str(value) if max(value.numerator.bit_length(), value.denominator.bit_length()) <= 200 else ""


def decimal_digits(value: Value) -> str:
    """The value as digits with twelve decimals, cut and not rounded; empty past 200 bits.

    >>> decimal_digits(Fraction(-63, 2)), decimal_digits(Fraction(1, 3))
    ('-31.500000000000', '0.333333333333')
    """
    if type(value) is float:
        return f"{value:.12f}" if abs(value) < _LONGEST else ""
    fraction = Fraction(value)
    if max(fraction.numerator.bit_length(), fraction.denominator.bit_length()) > 200:
        return ""
    whole, rest = divmod(abs(fraction.numerator) * 10**12 // fraction.denominator, 10**12)
    return f"{'-' if fraction < 0 else ''}{whole}.{rest:012d}"


_LONGEST = 1e60
