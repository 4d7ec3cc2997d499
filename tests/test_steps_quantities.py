"""Units and unstated assumptions of a calculation: what they prove, and what they leave alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.scoring.steps import check_solution
from tasks.scoring.steps.value.quantities import Mentions, unit_of

MILK = "A company sold 4000 gallons of milk at $3.5 per gallon, and 2/5 of the milk was sour. How much was refunded?"


@pytest.mark.parametrize(
    ("question", "steps", "reason"),
    [
        (MILK, ("2/5 * 4000 = 1600 gallons were sour.", "$14,000 - 1600 = $12,400."), "terms of different kinds"),
        ("Ryan plants 2 flowers a day.", ("In 15 days, 5 flowers did not grow, so there are 15 - 5 = 10 flowers.",),
         "terms of different kinds"),
        ("Al was 4 feet tall and grew 3 inches.", ("He grew 3 inches, so his height is 4 + 3 = 7 feet.",),
         "units not converted"),
        ("", ("He covers 50 km/hr x 3 days = 150 km.",), "units not converted"),
        ("", ("It takes 75 miles / 55 miles per hour = 1.36 miles per hour.",), "not the unit of this calculation"),
        ("", ("There are 120 washings with 2 pumps, so 120/2 = 60 pumps per washing.",),
         "not the operation of these units"),
        ("", ("He reads 0.3 pages/minute * 18 pages = 5.4 minutes.",), "not the operation of these units"),
        ("He climbs every branch for $.25 and made $105 in the week. How many a day?",
         ("He works 5 days a week, so 105 / 5 = 21.",), "a week of five days that nothing gives"),
    ],
)  # fmt: skip
def test_a_slip_of_quantities_is_invalid(question: str, steps: tuple[str, ...], reason: str) -> None:
    step = check_solution(steps, question).steps[-1]
    assert step.verdict == "invalid"
    assert reason in [s.reason for s in step.statements]


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("", "$20 + 15 = 35$ socks, of 20 socks and $15 in cash."),
        ("", r"$20 \text{ kg} \cdot $3/\text{kg} = $60"),
        ("Every week he adds 1 ball to his 3 balls, for 4 weeks.", "3 balls and 4 weeks: 3 + 4 = 7 balls."),
        ("Rewards of $1 off for every $20 spent.", "They spent $43 and have 4 rewards: $43 - 4 = $39."),
        ("", "2 hours * $10/hour = $20 per day."),
        ("", "2 hours + 40 minutes = 2 hours 40 minutes."),
        ("", "1.5 hours + 30 minutes = 2 hours."),
        ("", "3 feet + 6 inches = 42 inches."),
        ("", "20 second graders + 5 pupils = 25 pupils."),
        ("", "5 boxes x 12 apples = 60 apples."),
        ("", "60 miles / 30 miles per hour = 2 hours."),
        ("", "180 minutes / 60 minutes per hour = 3 hours."),
        ("", "The difference is 36 - 40 = -4 minutes."),
        ("", "The temperature has fallen to 2 - 8 = -6 degrees."),
        ("", "He has -5 dollars: 10 - 15 = -5 dollars."),
        ("", "t = 55 - 60 = -5 seconds."),
        ("He works 5 days a week and earns $105 a week.", "He works 5 days a week, so 105 / 5 = 21."),
        ("He is off on Sunday and Monday. What does he earn in a week?", "He works 5 days a week."),
        ("He is never there twice. What is his week?", "He runs 7 - 2 = 5 days a week."),
        ("", "He works 5 days a week."),
        ("", "Tickets = 1 child ticket + 1 adult ticket = $10 + $12 = $22."),
        ("", "Total = Widgeteer 3000 widgets/day * 30 days = 1440 widgets/day * 30 days = 43200 widgets."),
        ("Lose 30 pounds by July 19th.", "July has 19 days."),
        ("", "Let M be the number of notebooks. 2 = 3M, so M = 2/3. This is incorrect."),
        ("", "He had 48 bottles, so he has 48 - 140 = -92 bottles left."),
        ("", "Let x be the number of calories he burns each day. Then, 231x = 105000."),
        ("", r"Let $B$ be the number of bugs. He found half as many, so $B = \frac{1}{2} A$."),
    ],
)
def test_what_quantities_leave_open_is_never_invalid(question: str, text: str) -> None:
    assert check_solution([text], question).first_error() == -1


@pytest.mark.parametrize(
    ("words", "powers"),
    [
        ("miles per hour", (("length", 1), ("time", -1))),
        ("red balloons left", (("balloon", 1),)),
        ("miles in a week", (("length", 1),)),
        ("people who stayed", (("person", 1),)),
    ],
)
def test_unit_words_become_powers(words: str, powers: tuple[tuple[str, int], ...]) -> None:
    unit = unit_of(words)
    assert unit is not None
    assert unit.powers == powers


@pytest.mark.parametrize("words", ["square feet", "second graders", "red", "times", "cups", "percent of boys"])
def test_words_that_name_no_sure_unit_name_none(words: str) -> None:
    assert unit_of(words) is None


def test_a_number_with_two_units_has_none() -> None:
    mentions = Mentions("He has 15 apples and $40.")
    mentions.add("After 15 days he has 12 pears.")
    assert mentions.unit(15) is None
    assert mentions.unit(40) == unit_of("dollars")
    assert mentions.unit(12) == unit_of("pears")
    assert mentions.unit(99) is None


MEASURES = ("hours", "minutes", "feet", "inches", "dollars", "apples", "people")


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.sampled_from(MEASURES))
def test_a_true_sum_of_one_unit_is_never_invalid(a: int, b: int, unit: str) -> None:
    question = f"There are {a} {unit} and {b} {unit}."
    assert check_solution([f"{a} {unit} + {b} {unit} = {a + b} {unit}."], question).is_sound
    assert check_solution([f"{a} + {b} = {a + b} {unit}."], question).is_sound


@given(st.integers(2, 500), st.integers(2, 500), st.sampled_from(["hour", "day", "mile", "gallon"]))
def test_a_rate_times_its_measure_is_never_invalid_and_over_it_is(a: int, b: int, unit: str) -> None:
    assert check_solution([f"{a} cows per {unit} * {b} {unit}s = {a * b} cows."]).is_sound
    assert not check_solution([f"{a * b} cows per {unit} / {b} {unit}s = {a} cows."]).is_sound


@given(st.integers(1, 99), st.integers(1, 99))
def test_feet_and_inches_add_only_when_converted(feet: int, inches: int) -> None:
    assert check_solution([f"{feet} feet + {inches} inches = {12 * feet + inches} inches."]).is_sound
    assert not check_solution([f"{feet} feet + {inches} inches = {feet + inches} inches."]).is_sound


@given(st.text(alphabet="0123456789 $.,+-*/=<>{}\\textcdohrsmilpa1per\n", max_size=300), st.text(max_size=100))
def test_any_text_and_question_end_with_a_verdict(text: str, question: str) -> None:
    assert len(check_solution([text, text], question).verdicts()) == 2
