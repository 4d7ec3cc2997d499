"""Kinds of wrong results that are found, and of right or withdrawn ones that are not blamed: each kind a fact."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.core.records import Completion, Doc
from tasks.scoring.step_validity import step_validity
from tasks.scoring.steps import check_solution, split_steps

WRONG = {
    "a conversion goes from the unit that stands there": "9 + 3 = 84 days",
    "a conversion goes the right way": "2 yards = 24 miles",
    "a conversion has the right factor": "6 hours = 144 days",
    "cents are not tenths of a dollar": "350 cents = $35.00",
    "a product in cents is no other number of dollars": "25 cents * 8 = $20",
    "a false metric conversion": "4 km = 400 m",
    "kilograms and pounds are near two to one": "5 kg = 5000 pounds",
    "a dozen is twelve": "4 dozen rolls = 50 rolls",
    "a week has no eight days": "2 weeks = 16 days",
    "a chain converts from its first quantity to its last": "2 hours = 2 * 50 = 100 minutes",
    "a dollar sign before a number opens no formula": "She pays 4 * 8 = $33 in all.",
    "a dollar sign in the last line is money": "He is left with $50 - $18 = $42",
    "a false comparison of numbers": "Since 31 < 29, the second is cheaper.",
    "a false comparison at the end of a chain": "4 * 5 = 20 < 15",
    "a false inequality": "4 + 4 = 8 ≠ 8",
    "a second root that is none": "x^2 = 49\nx = 7 or x = -5",
    "factors of another equation": "x^2 - 8x + 15 = 0\n(x - 3)(x - 4) = 0",
    "a subtraction without spaces": "She has 52-7 = 44 pens.",
    "a quotient with a unit": "96 roses / 4 = 34 roses",
    "a quotient of a measure and a rate": "240 pages / 8 pages/day = 20 days",
    "digits before an ellipsis": "22 / 7 = 3.412857...",
    "a product that is part of no other number": "He can buy it by paying 6*7 = 43 dollars.",
    "a number of times": "The bell rings 3 * 9 = 28 times.",
    "part of a whole": "They ate 1/5 + 1/4 = 2/9 of it.",
    "'not' said of the story": "So 80 - 35 = 55 guests did not dance.",
    "incorrect answers of the story": "He had 50 - 41 = 19 incorrect answers.",
    "a check that confirms a wrong result": "4 * 6 = 26. Wait, let me check. Yes, 26.",
    "a value against its definition": "A = 3B\nB = 7\nA = 24",
    "labelled lines of LaTeX": r"\begin{align*} \text{Sum} &= 5 \times 6 + 2 \\ &= 30 + 2 \\ &= 33 \end{align*}",
    "a cell of a table": "| Pens | 6 * 7 = 43 |",
    "the second of a list": "2*6=12, 3^2=8",
    "a unit in Chinese": "共9×8=71页。",
    "digits of Devanagari": "१२ × ७ = ८५",
    "decimal commas": "3,25 € + 1,50 € = 4,85 €",
    "a sum in words": "The sum of 14 and 19 is 34.",
    "a share in words": "A third of 27 is 8.",
    "a verb that calculates": "Subtracting 18 from 50 gives 42.",
    "a number below one in percent": "3/4 = 70%",
    "cents of exact amounts": "$7.25 + $2.50 = $9.74",
    "a false congruence": "9 + 8 = 4 (mod 12)",
}
NOT_BLAMED = {
    "asked": "4 * 6 = 25? No, 24.",
    "scratched": "4 * 6 = 25. Scratch that, 4 * 6 = 24.",
    "followed by oops": "4 * 6 = 25\nOops, 4 * 6 = 24",
    "corrected": "4 * 6 = 25\nCorrection: 4 * 6 = 24",
    "hesitated, and then right": "4 * 6 = 25. Hmm, wait. 4 * 6 = 24.",
    "corrected in brackets": "4 * 6 = 25 (wait, that's 24)",
    "attributed to others": "Some people would write 2 + 3 * 4 = 20, but that is the wrong order.",
    "called an error of others": "The pupil wrote 4 * 6 = 25. The pupil made an error.",
    "found to be an error": "8 + 5 = 14, so we must have made an error.",
    "hours and minutes": "2 hours + 15 minutes = 120 + 15 = 135 minutes",
    "dollars and cents": "$8 - 25 cents = $7.75",
    "float noise": "0.1 + 0.7 = 0.7999999999999999",
    "dots as thousands": "Das Dorf hat 2.350 + 650 = 3.000 Einwohner.",
    "squares in words": "6 squared + 8 squared = 100",
    "a congruence": "9 + 8 = 17 = 5 (mod 12)",
    "packs of bags": "6 packs of 4 bags * $2/pack = $12",
    "letters before a root": r"AB\sqrt{2} = 10",
    "assignments that are added": "A=2 + B=3 + C=4 = 9",
    "a right equation after a wrong one": "x = 4\n3x = 15\n3x = 12\nx = 4",
    "a fraction behind ÷": "12÷1/4=48",
    "a scale": "1 inch = 8 miles",
    "a working week": "3 weeks = 15 days",
    "working hours": "5 days = 40 hours",
    "a recipe": "1 gallon = 3 cups of sugar",
    "a percentage off": "80 - 25% = 60",
    "a range": "ages 8-12 = 5 years",
    "a variable named L": "L is in mm, 5 mm each: 1.5L + 20 = 140",
}


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_result_is_invalid(text: str) -> None:
    assert check_solution(split_steps(text)).first_error() >= 0


@pytest.mark.parametrize("text", NOT_BLAMED.values(), ids=NOT_BLAMED.keys())
def test_what_is_right_or_withdrawn_is_not_blamed(text: str) -> None:
    assert check_solution(split_steps(text)).first_error() == -1


@pytest.mark.parametrize(("text", "reason"), [
    ("90 minutes = 1.5 hours", "unit conversion"),
    ("3 pairs = 6 shoes", "unit conversion"),
    ("$2 * 3 = 600 cents", "unit conversion"),
    ("100 / 7 = 14.285...", "digits go on"),
    ("17 = 2 (mod 5)", "congruence"),
    ("Half of 50 is 25.", "exact"),
])  # fmt: skip
def test_a_right_result_is_valid_by_its_rule(text: str, reason: str) -> None:
    statements = check_solution([text]).statements
    assert ("valid", reason) in [(s.verdict, s.reason) for s in statements]


def test_a_withdrawn_result_is_shown_and_counts_neither_way() -> None:
    reply = "4 * 6 = 25. Oops, 4 * 6 = 24."
    detail = step_validity().score(Doc(id="1", question="", target="24"), Completion(doc_id="1", text=reply)).detail
    assert (detail["n_withdrawn"], detail["n_invalid"], detail["n_decided"]) == (1, 0, 1)
    assert [0, 10, "unverifiable", "24", "25", "withdrawn by the text"] in detail["statements"]


@pytest.mark.parametrize(("reply", "outcome"), [
    ("<reasoning>\nIt costs 3 * 50 = 15\n</reasoning>\n<answer>\n15\n</answer>", "wrong"),
    ("<reasoning>\n5 + 1 = 6. It costs 3 * 50 = 15", "correct"),
])  # fmt: skip
def test_only_a_section_left_open_may_be_cut_off(reply: str, outcome: str) -> None:
    score = step_validity().score(Doc(id="1", question="", target="150"), Completion(doc_id="1", text=reply))
    assert score.outcome == outcome


def test_every_collected_row_marked_wrong_gives_what_is_expected(shared_data: Callable[[str], Path]) -> None:
    lines = shared_data("trial/answers_steps.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [row for row in map(json.loads, lines) if row["scorer"] == "steps" and row["verdict"].startswith("wrong")]
    missed = [
        row["input"]
        for row in rows
        if (check_solution(split_steps(row["input"])).first_error() >= 0) != (row["expected"] == "invalid")
    ]
    assert rows
    assert missed == []
