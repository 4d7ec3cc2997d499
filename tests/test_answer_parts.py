"""The readers behind the rules: arithmetic within limits, quantities, the part of a reply that is searched, time."""

from __future__ import annotations

from fractions import Fraction

import pytest

from harness.core.records import Completion, Doc
from harness.core.reply.presets import response_format
from tasks.scoring.answer.expression import MAX_CHARS, reckoned
from tasks.scoring.answer.extract import find_answer
from tasks.scoring.answer.numbers import find_numbers
from tasks.scoring.answer.plain_math import as_latex
from tasks.scoring.answer.quantities import joined
from tasks.scoring.final_answer import final_answer


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(
            ("2^{10}-1", 1023),
            ("-2^2", -4),
            ("2^{3^2}", 512),
            ("(9+1)", 10),
            ("-(-5)", 5),
            ("|2-5|", 3),
            ("7!/(3!4!)", 35),
        ),
        *(("\\frac34", Fraction(3, 4)), ("\\sqrt[3]{27}", 3), ("8^{2/3}", 4), ("0.1\\overline{6}", Fraction(1, 6))),
        *(
            ("7 out of 9", Fraction(7, 9)),
            ("3 quarters", Fraction(3, 4)),
            ("5 \\pmod{7}", 5),
            ("$12 + $8", 20),
            ("12-10", 2),
        ),
    ],
)
def test_arithmetic_is_reckoned_exactly(text: str, value: Fraction | int) -> None:
    assert reckoned(text) == value


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "7x",
            "f(3)",
            "3 4",
            "10-12",
            "3/4/2024",
            "\\sqrt{7}",
            "1/0",
            "9^9^9^9",
            "1000!",
            "2+",
            "(2",
            "7 apples",
            "2,3",
        ),
        *("(" * 50 + "1" + ")" * 50, "1+" * MAX_CHARS + "1", "0^{-1}", "1" * 600 + "+1"),
    ],
)
def test_what_is_no_arithmetic_or_too_big_is_not_reckoned(text: str) -> None:
    assert reckoned(text) is None


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("2 hours and 30 minutes", [(Fraction(5, 2), Fraction(150))]),
        ("1 hour, 20 minutes and 6 seconds", [(Fraction(267, 200), Fraction(801, 10), Fraction(4806))]),
        ("$3 and 50 cents", [(Fraction(7, 2), Fraction(350))]),
        ("30 minutes and 2 hours", [(Fraction(30),), (Fraction(2),)]),
        ("5 feet and 4 hours", [(Fraction(5),), (Fraction(4),)]),
        ("12 eggs and 3 pans", [(Fraction(12),), (Fraction(3),)]),
    ],
)
def test_units_of_one_kind_from_large_to_small_are_one_quantity(
    text: str, readings: list[tuple[Fraction, ...]]
) -> None:
    assert [number.readings for number in joined(text, list(find_numbers(text)))] == readings


def test_plain_mathematics_becomes_latex_and_values_a_list() -> None:
    assert as_latex("2√5") == "2\\sqrt{5}"
    assert as_latex("x = 1 and y = 2; z = 3") == "x = 1, y = 2, z = 3"
    assert as_latex("\\boxed{\\frac{1}{2}}\\boxed{3}") == "\\frac{1}{2} ,  3"


@pytest.mark.parametrize("name", ["question-reasoning-answer", "think-boxed", "think-answer-tags", "hashes", "bare"])
def test_thinking_outranks_nothing_in_any_format(name: str) -> None:
    scorer = final_answer(response_format=response_format(name))
    reply = "<think>\nAnswer: 36\n#### 36\n\\boxed{36}\n</think>\nMia has 41 marbles."
    for gold, outcome in (("41", "correct"), ("36", "wrong")):
        score = scorer.score(Doc(id="d", question="q", target=gold), Completion(doc_id="d", text=reply))
        assert score.outcome == outcome


def test_the_span_of_an_answer_after_thinking_is_that_of_the_whole_reply() -> None:
    reply = "<think>The answer is 36.</think>\nThe answer is 41.\n\nQ: And 1 + 1?\nThe answer is 2."
    found = find_answer(reply)
    assert found is not None
    assert (found.text, reply[found.start : found.end]) == ("41", "41")


@pytest.mark.parametrize(
    "unit", ["Answer: ", "the answer is ", "Question: 1\n", "\\boxed{", "答案是", "1 or ", "(", "RR"]
)
def test_a_hostile_reply_is_read_and_its_span_is_its_text(unit: str) -> None:
    # Where reading were quadratic this would take minutes, where it nested without end it would not return.
    reply = unit * (100_000 // len(unit))
    for kind in ("number", "text"):
        found = find_answer(reply, kind=kind)  # type: ignore[arg-type]
        assert found is None or reply[found.start : found.end] == found.text
