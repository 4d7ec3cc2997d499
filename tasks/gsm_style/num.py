"""Exact numbers that remember how they were computed, so that a step's text and its value cannot differ."""

from __future__ import annotations

from fractions import Fraction
from typing import TypeAlias, Union

Exact: TypeAlias = int | Fraction
Operand: TypeAlias = Union["Num", int]

LEAF, PRODUCT, SUM = 3, 2, 1
WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


class Num:
    """A value, its unit ("" a plain number, "%" percent, else a currency symbol) and the expression it came from.

    >>> eggs, eaten = Num(16), Num(3)
    >>> (eggs - eaten - 4).equation
    '16 - 3 - 4 = 9'
    >>> (3 * Num(Fraction(5, 2), "$")).equation
    '3 * $2.50 = $7.50'
    """

    __slots__ = ("rank", "text", "unit", "value")

    def __init__(self, value: Exact, unit: str = "", text: str = "", rank: int = LEAF) -> None:
        if value.__class__ is Fraction and value.denominator == 1:
            value = value.numerator
        self.value = value
        self.unit = unit
        self.text = text or show(value, unit)
        self.rank = rank

    def __str__(self) -> str:
        return self.text

    @property
    def equation(self) -> str:
        """The expression with its value."""
        return f"{self.text} = {show(self.value, self.unit)}"

    @property
    def known(self) -> Num:
        """The same value as a plain given number, its history dropped."""
        return Num(self.value, self.unit)

    @property
    def bare(self) -> Num:
        """The same value without its unit."""
        return Num(self.value)

    @property
    def w(self) -> str:
        """In words up to twelve: 'three'; beyond, in digits."""
        return WORDS[self.value] if isinstance(self.value, int) and 0 <= self.value <= 12 else self.text

    @property
    def W(self) -> str:
        """In words, to open a sentence: 'Three'."""
        return self.w[:1].upper() + self.w[1:]

    @property
    def times(self) -> str:
        """'twice', '3 times'."""
        return "twice" if self.value == 2 else f"{self.text} times"

    def __add__(self, other: Operand) -> Num:
        right = self._same_unit(other)
        return Num(self.value + right.value, self.unit, f"{self.text} + {right.text}", SUM)

    def __sub__(self, other: Operand) -> Num:
        right = self._same_unit(other)
        return Num(self.value - right.value, self.unit, f"{self.text} - {_wrap(right, PRODUCT)}", SUM)

    def __rsub__(self, other: int) -> Num:
        return Num(other, self.unit) - self

    def __radd__(self, other: int) -> Num:
        return Num(other, self.unit) + self

    def __mul__(self, other: Operand) -> Num:
        right = other if isinstance(other, Num) else Num(other)
        if self.unit and right.unit:
            raise TypeError(f"{self.text} * {right.text} has no unit")
        text = f"{_wrap(self, PRODUCT)} * {_wrap(right, LEAF)}"
        return Num(self.value * right.value, self.unit or right.unit, text, PRODUCT)

    def __rmul__(self, other: int) -> Num:
        return Num(other) * self

    def __truediv__(self, other: Operand) -> Num:
        right = other if isinstance(other, Num) else Num(other)
        if right.unit and right.unit != self.unit:
            raise TypeError(f"{self.text} / {right.text} has no unit")
        text = f"{_wrap(self, PRODUCT)} / {_wrap(right, LEAF)}"
        return Num(divide(self.value, right.value), "" if right.unit else self.unit, text, PRODUCT)

    def __rtruediv__(self, other: int) -> Num:
        return Num(other) / self

    def __lt__(self, other: Operand) -> bool:
        return self.value < value_of(other)

    def __gt__(self, other: Operand) -> bool:
        return self.value > value_of(other)

    def __le__(self, other: Operand) -> bool:
        return self.value <= value_of(other)

    def __ge__(self, other: Operand) -> bool:
        return self.value >= value_of(other)

    def __mod__(self, other: Operand) -> Exact:
        return self.value % value_of(other)

    def same(self, other: Operand) -> bool:
        """Equal in value."""
        return self.value == value_of(other)

    def _same_unit(self, other: Operand) -> Num:
        right = other if isinstance(other, Num) else Num(other, self.unit)
        if right.unit != self.unit:
            raise TypeError(f"{self.text} and {right.text} differ in unit")
        return right


def value_of(number: Operand) -> Exact:
    """The exact value of a number or a literal."""
    return number.value if isinstance(number, Num) else number


def divide(a: Exact, b: Exact) -> Exact:
    """Exact quotient, an int where it is whole."""
    if a.__class__ is int and b.__class__ is int and a % b == 0:
        return a // b
    return Fraction(a) / Fraction(b)


def show(value: Exact, unit: str = "") -> str:
    """A value as people write it: '1,250', '2.5', '$7.50', '80%'. Values need at most four decimals.

    >>> show(Fraction(15, 2), "€"), show(Fraction(5, 2)), show(1250, "₹")
    ('€7.50', '2.5', '₹1,250')
    """
    if value.__class__ is int:
        digits = f"{value:,}"
    else:
        digits = decimal_text(value)
        if unit not in ("", "%") and digits[-2] == ".":
            digits += "0"
    return digits + unit if unit == "%" else unit + digits


def decimal_text(value: Exact) -> str:
    """A terminating decimal without trailing zeros. Other fractions, which no checked step keeps, print as a/b."""
    scaled = value * 10_000
    if isinstance(scaled, Fraction):
        if scaled.denominator != 1:
            return f"{value.numerator}/{value.denominator}"
        scaled = scaled.numerator
    whole, rest = divmod(scaled, 10_000)
    return f"{whole:,}.{rest:04d}".rstrip("0").rstrip(".")


def _wrap(number: Num, least_rank: int) -> str:
    return f"({number.text})" if number.rank < least_rank else number.text
