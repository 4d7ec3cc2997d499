"""What single statements mean: readings that make a text valid, and what stays false under every reading."""

from __future__ import annotations

import pytest

from tasks.scoring.steps import check_solution

VALID = [
    "He had 8*12 = <<8*12=96>>96 glasses.",
    "25 / 1/3 = 75",
    "7*60 = 420 + 23 = 443",
    "0.5 = 50%",
    "0.25 * 100 = 25%",
    "1/3 = 33%",
    "1 and 1/4 + 3/4 = 2",
    "1 1/2 * 4 = 6",
    r"1\frac{1}{4} \times 4 = 5",
    "14 hours * 60 = 840 minutes",
    "2 hours * 3 = 360 minutes",
    "4 pounds - 6 ounces = 58 ounces",
    r"0.1\overline{6} \times 6 = 1",
    "$5 + 3 = $8",
    "5 x 3 = 15",
    "5x3 = 15",
    "1,200 + 1,300 = 2,500",
    "1{,}200 + 300 = 1{,}500",
    "6 × 7 − 2 ÷ 1 = 40",
    "2³ + ½ = 8.5",
    "√16 + 1 = 5",
    r"\frac{3}{4} \cdot 8 = \boxed{6}",
    r"\[ 8 \text{ pounds (math)} + 4 \text{ pounds (French)} = 12 \text{ pounds} \]",
    r"\sqrt{50} = 5\sqrt{2}",
    r"36\pi / 2 = 18\pi",
    r"6 \left(\frac{1}{7}\right) = \frac{6}{7}",
    "20% of 50 is 10.",
    "3 times 4 equals 12.",
    "12 divided by 4 is 3.",
    "100 - 20% = 80",
    "200 - 10 = 190 million",
    "The total is $3.50 * 2 = $7.00.",
    "10 / 3 = 3.33",
    "20 / 3 = 6.67",
    "10 / 3 ≈ 3",
    "Rounded to the nearest whole number, 50 / 8 = 6",
    "2**3 = 8",
    "**Total:** 5 * 3 = **15**",
    "5! = 120",
    r"\binom{5}{2} = 10",
    "3 < 2 + 2",
    "x^2 + 2x + 1 = (x + 1)^2",
    r"\log_2 8 = 3",
    "-2^2 = -4",
    "5 apples + 3 apples = 8 apples",
    "40 miles per hour * 2 hours = 80 miles",
    "194 ÷ 11 = 17 with a remainder of 7.",
    "A 20% discount means the selling price is 80% of the original.",
]

INVALID = [
    "He had 8*12 = <<8*12=98>>98 glasses.",
    "5 x 3 = 16",
    "The total is $3.50 * 2 = $8.00.",
    r"\frac{3}{4} \cdot 8 = \boxed{7}",
    r"\sqrt{50} = 2\sqrt{5}",
    "(2 + 3) * 4 = 14",
    "2 + 3 * 4 = 20",
    "10 / 4 = 2.6",
    "50 * 20 = 1,010",
    "20% of 50 is 12.",
    "3 times 4 equals 13.",
    "7 + 5 < 3 * 4",
    "194 ÷ 11 = 17 with a remainder of 9.",
    "So we can write: 180 = 330.",
    "0.5 * 300 = 160 dollars",
    "5! = 100",
    "(25x + 150) / 10 = 25x + 15",
    "(1/4)*x + (1/3)*x = (5/12)*x",
    "2x + 5 = 2x + 7",
    "4 pounds - 6 ounces = 50 ounces",
]

UNDECIDED = [
    "Total = 5",
    "Let x = the number of goats.",
    "Week 1-2 = 5",
    "A ratio of 3 : 2 = 6 : 4",
    "1/2 inch = 20 miles",
    "5 books = $10",
    "f(3) = 10",
    "the sum of 3 and 4 * 2 = 14",
    "She wanted 25 + his 1 teacher + 1 himself = 27 people",
    "10 am - 12 hours = 2 hours",
    "5 * 3 = 16, which is incorrect.",
    "If he buys 3, then x = 7",
    r"\sin 30 = 0.7",
    "2x4 boards = 30",
    "C = C + 8",
    "a_1 + a_2 + ... + a_n = 100",
    r"\begin{pmatrix} 1 \\ 2 \end{pmatrix} = 5",
    "7 = 7 (mod 3)",
    r"937 \div 60 = 15 with a remainder of 937 - 15 \times 60 = 37",
]


def verdict(*steps: str) -> str:
    """The last step's verdict."""
    return check_solution(steps).verdicts()[-1]


@pytest.mark.parametrize("text", VALID)
def test_a_true_statement_is_valid(text: str) -> None:
    assert verdict(text) == "valid"


@pytest.mark.parametrize("text", INVALID)
def test_a_false_statement_is_invalid(text: str) -> None:
    assert verdict(text) == "invalid"


@pytest.mark.parametrize("text", UNDECIDED)
def test_a_statement_that_proves_nothing_is_never_invalid(text: str) -> None:
    assert verdict(text) != "invalid"


def test_integer_for_a_fraction_without_a_cue_is_imprecise() -> None:
    assert verdict("7 / 2 = 3") == "imprecise"


def test_truncated_last_digit_is_imprecise() -> None:
    assert verdict("20 / 3 = 6.66") == "imprecise"


def test_exact_value_behind_an_earlier_rounded_result_is_valid() -> None:
    assert verdict("10 / 3 = 3.33", "3.33 * 6 = 20") == "valid"


def test_a_flag_carries_span_and_both_values() -> None:
    step = "So he pays 3 * 4 = 13 dollars."
    flag = check_solution([step]).steps[0].statements[0]
    assert (flag.verdict, flag.left, flag.right) == ("invalid", "12", "13")
    assert step[flag.start : flag.end] == flag.text == "3 * 4 = 13 dollars"


def test_a_charitable_reading_is_named() -> None:
    assert check_solution(["25 / 1/3 = 75"]).steps[0].statements[0].reading == "tight fraction"
