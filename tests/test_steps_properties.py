"""Properties: truth is never flagged, one slip is, and no text breaks anything."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.scoring.step_validity import reasoning_steps
from tasks.scoring.steps import check_solution, parse_statements, split_steps
from tasks.scoring.steps.metrics import first_error_score
from tasks.scoring.steps.read.grammar import parse_all
from tasks.scoring.steps.read.tokens import tokenise
from tasks.scoring.steps.value.evaluate import evaluate

SIGNS = {"+": ("+", " plus "), "-": ("-", "−"), "*": ("*", "×", r"\times ", " x "), "/": ("/", "÷")}
FRAMES = (
    "{}",
    "So he has {} apples.",
    "- Total: {}",
    "Then ${}$ remain.",
    r"Thus \({}\).",
    "We get {}, which is right.",
)


@st.composite
def arithmetic(draw: st.DrawFn) -> tuple[str, Fraction]:
    """A calculation in one of many notations, with its exact value."""
    first = draw(st.integers(1, 99))
    text, terms = str(first), [Fraction(first)]
    for _ in range(draw(st.integers(1, 3))):
        sign, number = draw(st.sampled_from("+-*/")), draw(st.integers(1, 99))
        text += f" {draw(st.sampled_from(SIGNS[sign])).strip()} {number}"
        if sign in "+-":
            terms.append(Fraction(number if sign == "+" else -number))
        else:
            terms[-1] = terms[-1] * number if sign == "*" else terms[-1] / number
    if draw(st.booleans()):
        return f"({text}) * 2", sum(terms, Fraction(0)) * 2
    return text, sum(terms, Fraction(0))


def shown(value: Fraction) -> str:
    """The value as people write it: an integer, a finite decimal, else a fraction."""
    if value.denominator == 1:
        return str(value.numerator)
    if 10**6 % value.denominator == 0:
        return f"{float(value):.6f}".rstrip("0")
    return f"{value.numerator}/{value.denominator}"


@given(st.lists(st.tuples(arithmetic(), st.sampled_from(FRAMES)), min_size=1, max_size=5))
@settings(max_examples=200, deadline=None)
def test_a_true_chain_of_arithmetic_is_never_invalid(rows: list[tuple[tuple[str, Fraction], str]]) -> None:
    steps = [frame.format(f"{text} = {shown(value)}") for (text, value), frame in rows]
    assert check_solution(steps).first_error() == -1


@given(st.lists(arithmetic(), min_size=1, max_size=5), st.data())
@settings(max_examples=200, deadline=None)
def test_one_wrong_result_is_flagged_at_its_step(rows: list[tuple[str, Fraction]], data: st.DataObject) -> None:
    wrong = data.draw(st.integers(0, len(rows) - 1))
    slip = data.draw(st.sampled_from([2, 3, 5, 7, 11]))
    steps = [f"{text} = {shown(value)}." for text, value in rows]
    text, value = rows[wrong]
    steps[wrong] = f"{text} = {shown(value + slip)}."
    assert check_solution(steps).first_error() == wrong


@given(st.integers(2, 40), st.integers(1, 99), st.integers(-50, 50), st.integers(1, 9))
@settings(max_examples=100, deadline=None)
def test_a_solved_linear_equation_is_valid_and_a_wrong_solution_is_not(a: int, b: int, x: int, slip: int) -> None:
    equation = f"{a}x + {b} = {a * x + b}"
    assert check_solution([equation, f"Solving for x, we get x = {x}."]).verdicts()[-1] == "valid"
    assert check_solution([equation, f"Solving for x, we get x = {x + slip}."]).first_error() == 1


@given(arithmetic())
@settings(max_examples=100, deadline=None)
def test_a_tree_evaluates_to_the_exact_value(row: tuple[str, Fraction]) -> None:
    tokens = tokenise(row[0])
    tree = parse_all(tokens, 0, len(tokens))
    assert tree is not None
    assert evaluate(tree) == row[1]


@given(st.text(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_text_is_checked_and_spans_lie_inside_it(text: str) -> None:
    for statement in parse_statements(text):
        assert 0 <= statement.start <= statement.end <= len(text)
    check_solution(split_steps(text), text)


PIECES = (
    *"0123456789+-*/=()[]{}<>^!%$,.:;_|&~", " ", "\n", "x", "y", "12", "3.5", "1,000", " = ", " is ", " of ",
    " and ", "apples", r"\frac{", r"\sqrt{", r"\times", r"\text{", r"\left(", r"\right)", r"\[", r"\]",
    r"\boxed{", "}", "<<", ">>", "½", "²", "≈", "√", r"\begin{pmatrix}", r"\end{pmatrix}", "so ", "x = ",
    "Total", "**", "'", '"', "Step 1: ", r"\pi", r"\log_", "hours", "cents", "÷", " squared", " (mod ", "...", "2,50",
    "1.250", "€", "。", "页", "७", "kg", " km", " m", "dozen", "Half of ", "The sum of ", " gives ", "Wait, ", "No, ",
    "?", " or x = ", r"\text{ hours}", "pairs of ", "/minute",
)  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
@settings(max_examples=400, deadline=None)
def test_pieces_of_mathematics_in_any_order_are_checked(text: str) -> None:
    check = check_solution([text, text], text)
    assert len(check.steps) == 2
    assert check.first_error("suspicious") <= check.first_error() or check.first_error() == -1


@pytest.mark.slow
def test_fuzz_ends_without_a_crash() -> None:
    rng = random.Random(0)
    for _ in range(30_000):
        steps = ["".join(rng.choices(PIECES, k=rng.randrange(1, 80))) for _ in range(rng.randrange(1, 4))]
        check_solution(steps, steps[0])
        reasoning_steps("\n".join(steps))


@given(st.lists(st.tuples(st.integers(-1, 6), st.integers(-1, 6)), min_size=1, max_size=60))
def test_first_error_counts_add_up(pairs: list[tuple[int, int]]) -> None:
    score = first_error_score([p for p, _ in pairs], [g for _, g in pairs])
    missed = sum(p == -1 and g >= 0 for p, g in pairs)
    assert score.exact + score.early + score.late + missed == score.n_wrong
    assert score.n_wrong + score.n_right == len(pairs)
    assert score.f1 is None or 0 <= score.f1 <= 1
