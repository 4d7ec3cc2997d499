"""Replies as small models write them: signs in words, powers, ranges, times, bare boxes, several values in a box."""

from __future__ import annotations

import pytest

from harness.core.records import Completion, Doc
from tasks.scoring.final_answer import final_answer


def outcome(target: str, reply: str) -> str:
    doc = Doc(id="d", question="How many?", target=target)
    return final_answer().score(doc, Completion(doc_id="d", text=reply)).outcome


@pytest.mark.parametrize(
    "reply",
    [
        *(
            "The answer is - 5",
            "The answer is –5.",
            "Answer: − 5",
            "answer = minus 5",
            "\\boxed{- 5}",
            "<answer>- 5</answer>",
        ),
        *("The answer is negative 5.", "The answer is minus 5 degrees.", "So it is minus 5", "#### - 5"),
    ],
)
def test_a_minus_apart_from_its_number_or_in_words_is_a_minus(reply: str) -> None:
    assert outcome("-5", reply) == "correct"
    assert outcome("5", reply) == "wrong"


@pytest.mark.parametrize("reply", ["20 minus 15 is 5", "Answer:\n- 5 eggs", "Eggs left:\n- 5", "5 - 0 = 5", "So - 5"])
def test_an_operation_and_an_item_of_a_list_are_no_minus(reply: str) -> None:
    assert outcome("5", reply) == "correct"


@pytest.mark.parametrize(
    ("target", "reply"),
    [
        *(("1000", "The answer is 10^3."), ("8", "\\boxed{2^3}"), ("1500000", "The answer is 1.5×10⁶.")),
        *(("0.001", "\\boxed{10^{-3}}"), ("1024", "so 2^{10}"), ("25", "The answer is 5² cm")),
    ],
)
def test_a_power_is_its_value_and_not_its_base(target: str, reply: str) -> None:
    assert outcome(target, reply) == "correct"
    for base in ("10", "2", "1.5", "5"):
        assert outcome(base, reply) == "wrong"


@pytest.mark.parametrize(
    "reply",
    [
        *("The answer is 2√3.", "The answer is $2\\sqrt{3}$.", "The answer is 2π cm", "The answer is $2\\pi$."),
        *("The answer is $\\frac{\\pi}{2}$.", "The answer is $2x$.", "So the area is 2 π", "\\boxed{x = 3, y = 2}"),
        *(
            "The answer is 2 or 3.",
            "The answer is 2-3 eggs",
            "The answer is 2–3.",
            "It takes 2 to 3 days: answer: 2 to 3",
        ),
        *(
            "The answer is 2:30 PM.",
            "The answer is 2:3.",
            "The answer is 2 * 9.",
            "The answer is 2 + 9",
            "The answer is $2k$.",
        ),
        *("\\boxed{2 or 3}", "Answer: 2, 3", "Answer: 2,3", "The answer is 2 and 3.", "#### $2 and $3"),
    ],
)
def test_a_part_of_what_is_said_is_not_the_answer(reply: str) -> None:
    assert outcome("2", reply) == "wrong"
    assert outcome("3", reply) == "wrong"


@pytest.mark.parametrize(
    ("target", "reply"),
    [
        *(("2", "<answer>She can start at 2:00 pm.</answer>"), ("2", "<answer>At 3:30 she has 2 eggs.</answer>")),
        *(("12", "<answer>It rose from 10 to 12.</answer>"), ("18", "The answer is 18 = 9*2"), ("18", "9 * 2 = 18")),
        *(("18", "Answer: 18 eggs, i.e. 2 dozen"), ("4", "The answer is $\\sqrt{16} = 4$."), ("18", "Day 5 - 18 eggs")),
        *(
            ("18", "<answer>18 dollars\n(9 eggs for $2)</answer>"),
            ("2.5", "Answer: 2 and 1/2"),
            ("18", "Answer: In 2024, 18"),
        ),
        *(
            ("6", "The answer is $\\sqrt{36}$."),
            ("18", "<answer>1) 18 eggs</answer>"),
            ("11111", "The answer is $11,\\! 111$."),
        ),
    ],
)
def test_the_number_that_is_said_is_the_answer(target: str, reply: str) -> None:
    assert outcome(target, reply) == "correct"


@pytest.mark.parametrize(
    "reply",
    [
        *("\\boxed 18", "\\boxed18", "\\boxed{\\bf 18}", "\\boxed{\\approx 18}", "\\boxed{\\text{The answer is } 18}"),
        *("\\boxed{Answer: 18}", "\\boxed{x = 9*2 = 18}"),
    ],
)
def test_a_box_without_braces_or_with_words_is_read_whole(reply: str) -> None:
    assert outcome("18", reply) == "correct"
    assert outcome("1", reply) == "wrong"


@pytest.mark.parametrize(
    "number", ["1 234", "1'234", "1’234", "1~234", "$1 234", "1 234 dollars", "$1.234k", "1\u202f234"]
)
def test_thousands_apart_by_blanks_and_marks_are_one_number(number: str) -> None:
    assert outcome("1234", f"\\boxed{{{number}}}") == "correct"


def test_a_number_with_a_letter_is_algebra_unless_it_is_money() -> None:
    assert outcome("2", "\\boxed{2k}") == "wrong"
    assert outcome("20000", "The answer is $20k.") == "correct"
    assert outcome("2k", "\\boxed{2k}") == "correct"
    assert outcome("2k", "\\boxed{2000}") == "wrong"


def test_an_empty_answer_section_is_no_answer_whatever_stands_around_it() -> None:
    for empty in ("<answer></answer>", "<answer> </answer>", "<answer>"):
        assert outcome("18", f"So it is 18.\n{empty}") == "no_answer"


@pytest.mark.parametrize(
    ("target", "reply", "verdict"),
    [
        *(("3:30", "The answer is 3:30 PM.", "correct"), ("3:30 PM", "3:30 p.m.", "correct")),
        *(("3:30 PM", "3:30 AM", "wrong"), ("3:30 PM", "3:30", "wrong"), ("3:30", "3:45", "wrong")),
        *(("10-12", "The answer is 10–12", "correct"), ("10-12", "The answer is -2", "wrong")),
    ],
)
def test_times_and_ranges_are_compared_as_they_are_written(target: str, reply: str, verdict: str) -> None:
    assert outcome(target, reply) == verdict


@pytest.mark.parametrize("reply", ["(A) the dog", "A", "A. a dog", "A: dog", "Option A", "A, because it barks", "A 12"])
def test_an_option_is_read_by_its_letter(reply: str) -> None:
    assert outcome("A", reply) == "correct"


@pytest.mark.parametrize("reply", ["A dog is barking", "The answer is a dog"])
def test_an_article_is_no_option(reply: str) -> None:
    assert outcome("A", reply) == "wrong"
