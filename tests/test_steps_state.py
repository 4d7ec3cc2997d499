"""What one step says of another: equations, solutions, named quantities, tiers."""

from __future__ import annotations

import pytest

from tasks.scoring.steps import check_solution, split_steps

SEED = (
    "A 20% discount means the selling price is 80% of the original. Let the original price be x. "
    "0.8x = 240. x = 240 / 0.8 = 300"
)


def test_seed_example_holds_step_by_step_with_x_tied_to_its_equation() -> None:
    check = check_solution(split_steps(SEED))
    assert check.first_error() == -1
    assert check.verdicts() == ("valid", "unverifiable", "unverifiable", "valid")
    assert check.steps[-1].statements[0].reason == "follows from the equation before"


@pytest.mark.parametrize("wrong", ["x = 240 / 0.8 = 320", "x = 320"])
def test_seed_example_with_320_is_located_at_its_last_step(wrong: str) -> None:
    check = check_solution(split_steps(SEED.replace("x = 240 / 0.8 = 300", wrong)))
    assert check.first_error() == len(check.steps) - 1 == 3


WRONG_FOLLOW = [
    ("900 - 29 * x = 842", "Solving for x, we get: x = 21."),
    ("(30 + x + 7) - 30 = 12", "Simplifying the equation, we get: x + 37 = 12."),
    ("193 - x - 13 = 160", "Step 7: -x + 18 = 160"),
    ("x^2 - 5x + 6 = 0", "Factoring, we get (x - 2)(x - 4) = 0, so x = 5"),
    ("4x = 48", "x = 48 / 4", "x = 13"),
    ("Total fruits = 52 + 24 + 44 + 48", "Total fruits = 178"),
]
RIGHT_FOLLOW = [
    ("900 - 29 * x = 842", "Solving for x, we get: x = 2."),
    ("x^2 - 5x + 6 = 0", "So x = 2 or x = 3."),
    ("3x + x = 60", "4x = 60", "x = 15"),
    ("Total fruits = 52 + 24 + 44 + 48", "Total fruits = 168"),
    ("x + 2x = 1 hour", "Thus 3x = 60 minutes"),
    ("7x = 10", "Solving for x, we get x = 1.43."),
]
NO_PROOF = [
    ("x + 5 = 9", "Let x be the other number. If x = 7, then we go on."),
    ("x = (1 + 17) / 2 = 9", "x = (1 - 17) / 2 = -8"),
    ("2x = 10", "The second equation is 3x = 21."),
    ("x + y = 10", "2x = 6"),
    ("Total = 5 + 6 = 11", "Total = 15"),
    ("5 * x = 1 / 2", "So, we can write another equation:", "5 * x = 20"),
    ("Therefore, we can write the proportion:", "(1/4)x + (1/2)x = x"),
    ("35 - 75% of the balloons = 35 - 0.75 * 75",),
]


@pytest.mark.parametrize("steps", WRONG_FOLLOW)
def test_a_step_that_contradicts_the_one_before_is_invalid(steps: tuple[str, ...]) -> None:
    assert check_solution(steps).first_error() == len(steps) - 1


@pytest.mark.parametrize("steps", RIGHT_FOLLOW)
def test_a_step_that_follows_is_valid(steps: tuple[str, ...]) -> None:
    assert check_solution(steps).verdicts()[-1] == "valid"


@pytest.mark.parametrize("steps", NO_PROOF)
def test_a_new_equation_case_or_update_is_never_invalid(steps: tuple[str, ...]) -> None:
    assert check_solution(steps).first_error() == -1


def test_a_contradiction_that_the_text_itself_draws_is_no_error() -> None:
    steps = ["Suppose it were true: 15 = 0.3 * 15", "15 = 4.5", "This is a contradiction."]
    assert check_solution(steps).first_error() == -1


def test_an_equation_that_the_text_itself_calls_contradictory_is_no_error() -> None:
    steps = ["We have d + (45 - d) = 60", "45 = 60", "This is a contradiction."]
    assert check_solution(steps).first_error() == -1


def test_heuristics_count_in_their_tier_only() -> None:
    check = check_solution(["7 - 29 = -22 beakers"], "He has 7 beakers and 29 tubes.")
    assert (check.first_error(), check.first_error("suspicious")) == (-1, 0)
    assert check.verdicts("suspicious") == ("suspicious",)


def test_a_number_from_nowhere_is_suspicious_only_with_a_question() -> None:
    steps = ["73 + 19 = 92"]
    assert check_solution(steps, "He has 73 pens.").first_error("suspicious") == 0
    assert check_solution(steps).first_error("suspicious") == -1


@pytest.mark.parametrize("text", [r"The total is $100 \times 48 = 48", "Year 1: 5 + 5 = 1"])
def test_a_reply_cut_off_inside_its_last_number_is_not_blamed(text: str) -> None:
    assert check_solution([text]).first_error() == -1
    assert check_solution([text, "So that is that."]).first_error() == 0


@pytest.mark.parametrize(
    ("text", "n"),
    [
        ("He has 3 * 4 = 12. He eats 2. So 10 are left.", 3),
        ("It costs $3.50 e.g. Mr. Smith pays it.", 1),
        ("1. First\n2. Second", 2),
        ("\\[\n5 + 3\n= 8\n\\]\nDone.", 2),
        ("x = 2\n= 3", 1),
        ("", 0),
        ("   \n --- \n", 0),
    ],
)
def test_text_splits_into_sentences_and_lines(text: str, n: int) -> None:
    assert len(split_steps(text)) == n
