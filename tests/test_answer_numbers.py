"""Numbers are read exactly, in every notation that people and models use."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.scoring.answer.numbers import (
    MAX_DIGITS,
    find_numbers,
    first_literal,
    format_number,
    last_literal,
    last_number,
    parse_number,
    read_number,
)

WHOLE = st.integers(min_value=0, max_value=10**12 - 1)
TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)


def lakhs(n: int) -> str:
    """Indian grouping: the last three digits, then pairs."""
    digits, tail = str(n)[:-3], str(n)[-3:]
    pairs = []
    while digits:
        pairs.insert(0, digits[-2:])
        digits = digits[:-2]
    return ",".join([*pairs, tail])


def spelled(n: int) -> str:
    """English words for 0 <= n < 10**12."""
    for size, word in ((10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred")):
        if n >= size:
            rest = n % size
            joint = " and " if size == 100 and rest else " "
            return f"{spelled(n // size)} {word}{joint + spelled(rest) if rest else ''}"
    if n >= 20:
        return TENS[n // 10] + (f"-{ONES[n % 10]}" if n % 10 else "")
    return ONES[n]


DIGITS = {
    "plain": str,
    "commas": lambda n: f"{n:,}",
    "lakhs": lakhs,
    "trailing dot": lambda n: f"{n}.",
    "ellipsis": lambda n: f"{n}...",
    "cents": lambda n: f"{n}.00",
    "LaTeX commas": lambda n: f"{n:,}".replace(",", "{,}"),
    "thin spaces": lambda n: f"{n:,}".replace(",", "\u202f"),
    "words": spelled,
}
WRAPS = {
    "bare": "{}",
    "bold": "**{}**",
    "bold dot": "**{}**.",
    "dollars": "${}",
    "escaped dollars": "\\${}",
    "inline math": "${}$",
    "code": "`{}`",
    "parentheses": "({})",
}
UNITS = {
    "none": "{}",
    "unit": "{} apples",
    "two words": "{} years old",
    "LaTeX unit": "{}\\text{{ cm}}",
    "degrees": "{}^\\circ",
    "percent": "{}%",
    "percent word": "{} percent",
    "euro after": "{} €",
    "code after": "{} EUR",
    "rupees": "₹{}",
    "Rs.": "Rs. {}",
    "INR": "INR {}",
    "pounds": "£{}",
}


@given(n=WHOLE, digits=st.sampled_from(sorted(DIGITS)), wrap=st.sampled_from(sorted(WRAPS)))
def test_any_rendering_of_a_whole_number_reads_back_as_that_number(n: int, digits: str, wrap: str) -> None:
    text = WRAPS[wrap].format(DIGITS[digits](n))
    if digits == "words" and wrap in {"dollars", "escaped dollars"}:
        text = spelled(n)
    if wrap == "parentheses" and digits in {"commas", "lakhs"}:
        text = f"{n:,}"  # "(1,234)" may be a pair
    assert parse_number(text) == n, text


@given(n=WHOLE, digits=st.sampled_from(["plain", "commas", "lakhs", "cents"]), unit=st.sampled_from(sorted(UNITS)))
def test_units_and_currencies_leave_the_number_as_it_is(n: int, digits: str, unit: str) -> None:
    text = UNITS[unit].format(DIGITS[digits](n))
    assert parse_number(text) == n, text


@given(n=WHOLE, places=st.integers(1, 12), minus=st.sampled_from(["", "-", "−"]))
def test_a_decimal_reads_back_exactly(n: int, places: int, minus: str) -> None:
    value = Fraction(n, 10**places)
    text = f"{n // 10**places}.{n % 10**places:0{places}d}"
    assert parse_number(minus + text) == (-value if minus else value)


@given(whole=st.integers(1, 999), above=st.integers(1, 99), below=st.integers(2, 99))
def test_fractions_and_mixed_numbers_read_back_exactly(whole: int, above: int, below: int) -> None:
    value = Fraction(above, below)
    for text in (f"{above}/{below}", f"\\frac{{{above}}}{{{below}}}", f"$\\dfrac{{{above}}}{{{below}}}$"):
        assert parse_number(text) == value, text
        assert parse_number("-" + text) == -value or text.startswith("$")
    for text in (f"{whole} {above}/{below}", f"{whole}\\frac{{{above}}}{{{below}}}", f"{whole} and {above}/{below}"):
        assert parse_number(text) == whole + value, text


@given(st.fractions(max_denominator=10**6))
def test_the_stored_text_of_a_number_reads_back_as_that_number(value: Fraction) -> None:
    assert parse_number(format_number(value)) == value


@given(st.fractions(max_denominator=999), st.fractions(max_denominator=999))
def test_two_texts_are_the_same_number_only_where_the_fractions_are(left: Fraction, right: Fraction) -> None:
    same = parse_number(format_number(left)) == parse_number(format_number(right))
    assert same == (left == right)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("twelve dozen", 144),
        ("half a dozen", 6),
        ("a dozen eggs", 12),
        ("4 dozen", 48),
        ("one thousand two hundred and five", 1205),
        ("twenty-one apples", 21),
        ("a hundred", 100),
        ("two and a half", Fraction(5, 2)),
        ("three quarters", Fraction(3, 4)),
        ("minus five", -5),
        ("$1.5 million", 1_500_000),
        ("3 lakh", 300_000),
        ("2½", Fraction(5, 2)),
        ("¾ cup", Fraction(3, 4)),
        ("1.5e6", 1_500_000),
        ("1.5 \\times 10^{6}", 1_500_000),
        ("-$14", -14),
        ("$-14", -14),
        (".35625", Fraction(57, 160)),
        ("11,\\! 111,\\! 111,\\! 100", 11_111_111_100),
        ("\\frac{270}7\\text{ degrees}", Fraction(270, 7)),
        ("864 \\mbox{ inches}^2", 864),
        ("\\text{42 dollars}", 42),
        ("\\textbf{42}", 42),
        ("50 cm^2", 50),
        ("60 km/h", 60),
        ("Rs 1,500/-", 1500),
        ("1,00,000 INR", 100_000),
    ],
)
def test_a_notation_is_read(text: str, value: Fraction | int) -> None:
    assert parse_number(text) == value


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "$", "**", "no", "none", "no one", "x", "2x", "2k", "x=5", "3 or 4", "1,-2", "3, 5, 7", "(3,4)"),
        *("2516_8", "6+9i", "12\\pi", "2\\sqrt{3}", "5r^5", "1/0", "24/7/3", "2:00", "\\text{(C)}", "[invalid]"),
        "1" * (MAX_DIGITS + 1),
        "five twenty",
    ],
)
def test_what_is_not_one_number_is_not_read_as_one(text: str) -> None:
    assert parse_number(text) is None


@given(st.text(max_size=200))
def test_no_text_makes_the_reader_fail(text: str) -> None:
    read_number(text)
    last = last_number(text)
    assert last is None or 0 <= last.start < last.end <= len(text)


def test_percent_may_be_the_unit_or_the_hundredth() -> None:
    number = read_number("25%")
    assert number is not None
    assert number.readings == (25, Fraction(1, 4))


def test_exponents_of_units_and_subscripts_are_no_numbers() -> None:
    assert [number.value for number in find_numbers("x_2 is 50 cm^2 or 7 m^{3}")] == [50, 7]


def test_a_minus_between_numbers_is_no_sign() -> None:
    assert [number.value for number in find_numbers("$10 - $24 = -$14 and 10-15")] == [10, 24, -14, 10, 15]


@pytest.mark.parametrize(
    ("text", "last", "first"),
    [
        ("3/4", 4, 3),
        ("pay -$1,050.50, then", Fraction(-2101, 2), Fraction(-2101, 2)),
        ("from x_2 to 4 dozen", 4, 2),
        ("so 24-10 it is", 10, 24),
    ],
)
def test_the_bare_last_and_first_number_are_digits_only(text: str, last: Fraction, first: Fraction) -> None:
    assert (last_literal(text).value, first_literal(text).value) == (last, first)  # type: ignore[union-attr]
