"""Reference-guided step checking: linking, certification, the first departure, and what hostile text costs."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tasks.scoring.steps import check_solution
from tasks.scoring.steps.read.statements import parse_statements
from tasks.scoring.steps.read.tree import literals
from tasks.scoring.steps.reference import ReferenceCheck, check_with_reference
from tasks.scoring.steps.reference.affine import System, linear_form
from tasks.scoring.steps.reference.gold import read_gold
from tasks.scoring.steps.reference.points import PRIME, NoPoint, add, constant, divide, inverse, multiply, subtract
from tasks.scoring.steps.reference.question import read_question
from tasks.scoring.steps.reference.replay import replay

QUESTION = "Ann packs 14 boxes of 6 pears and 5 boxes of 9 plums. She eats 3 fruits. How many fruits are left?"
GOLD = (
    "She has 14*6=<<14*6=84>>84 pears.\nShe has 5*9=<<5*9=45>>45 plums.\n"
    "Together 84+45=<<84+45=129>>129.\n129-3=<<129-3=126>>126 are left.\n#### 126"
)


def check(*steps: str) -> ReferenceCheck:
    return check_with_reference(steps, QUESTION, GOLD)


# --- certification ----------------------------------------------------------------------------------


def test_the_gold_solution_certifies_itself():
    found = check(*GOLD.splitlines())
    assert found.certified is True
    assert found.first_error() == -1
    assert found.answer == found.gold_answer == "126"


@pytest.mark.parametrize(
    "steps",
    [
        ["14 * 6 + 5 * 9 - 3 = 126"],
        ["She keeps 6 * 14 - 3 = 81 pears.", "With 9 * 5 = 45 plums that is 81 + 45 = 126."],
        ["Plums: 45 - 3 = 42.", "Pears: 14 x 6 = 84.", "The total is 42 + 84 = 126."],
        ["Let x be what is left.", "x + 3 = 14 * 6 + 45", "x = 126"],
    ],
)
def test_another_valid_way_is_certified_and_not_flagged(steps):
    found = check(*steps)
    assert found.certified is True
    assert found.first_error() == -1


def test_the_right_number_by_another_function_is_not_certified():
    question = "A box holds 77 red and 33 blue pens. How many more are red?"
    gold = "77-33=<<77-33=44>>44\n#### 44"
    assert check_with_reference(["77 - 33 = 44"], question, gold).certified is True
    assert check_with_reference(["33 + 77 / 7 = 44"], question, gold).certified is not True


def test_a_wrong_answer_is_not_certified():
    assert check("14 * 6 = 84", "84 + 45 = 129", "The answer is 129.").certified is False


def test_without_a_gold_answer_nothing_is_decided():
    found = check_with_reference(["14 * 6 = 84"], QUESTION, "Nobody knows.")
    assert found.certified is None
    assert found.first_error() == -1


def test_constants_that_everybody_knows_stay_fixed():
    question = "A film lasts 3 hours. How many minutes is that?"
    gold = "3*60=<<3*60=180>>180\n#### 180"
    assert check_with_reference(["An hour has 60 minutes.", "60 * 3 = 180"], question, gold).certified is True


# --- the first departure ----------------------------------------------------------------------------


def test_the_first_step_that_departs_is_located():
    found = check("14 * 6 = 84 pears", "5 + 9 = 14 plums", "84 + 14 = 98", "98 - 3 = 95")
    assert found.first_error() == 1
    assert found.verdicts() == ("valid", "invalid", "suspicious", "suspicious")
    assert found.steps[1].evidence[0].support == "departs"


def test_a_slip_is_located_even_where_the_plan_is_right():
    found = check("14 * 6 = 84", "5 * 9 = 54", "84 + 54 = 138", "138 - 3 = 135")
    assert found.first_error() == 1
    assert found.steps[1].evidence[0].support == "slip"


def test_stopping_early_is_located_at_the_step_that_takes_the_value_for_the_answer():
    found = check("14 * 6 = 84 pears", "5 * 9 = 45 plums", "84 + 45 = 129 fruits", "So 129 fruits are left.")
    assert found.first_error() == 3
    assert "answer" in found.why


def test_a_formal_answer_line_is_not_the_step_that_is_wrong():
    steps = [
        "14 * 6 = 84 pears",
        "5 * 9 = 45 plums",
        "84 + 45 = 129 are left",
        "#### 129",
        "Step 5: The answer is: 129",
    ]
    assert check(*steps).first_error() == 2


def test_the_number_of_a_step_is_no_value_of_it():
    found = check("Step 71: She packs 14 * 6 = 84 pears.")
    assert [evidence.value for evidence in found.steps[0].evidence] == ["84"]


def test_a_check_that_is_there_already_is_taken():
    alone = check_solution(["2 + 2 = 5"], QUESTION)
    assert check_with_reference(["2 + 2 = 5"], QUESTION, GOLD, alone=alone).alone is alone


def test_a_right_step_that_the_loss_does_not_use_is_not_blamed():
    found = check("84 - 3 = 81 pears", "5 * 9 = 45 plums", "6 * 9 = 54 cups", "54 + 45 = 99")
    assert found.first_error() == 2


def test_what_stands_before_the_gold_answer_is_right():
    found = check("45 * 14 = 630", "14 * 6 + 5 * 9 - 3 = 126", "126 + 6 = 132")
    assert found.first_error() == 2


def test_a_proven_slip_counts_even_with_the_right_answer():
    assert check("2 + 2 = 5", "14 * 6 + 5 * 9 - 3 = 126").first_error() == 0


def test_an_equation_departs_by_its_solution():
    question = "The sum of two numbers is 30. One is 4 larger than the other. What is the smaller one?"
    gold = "30-4=<<30-4=26>>26\n26/2=<<26/2=13>>13\n#### 13"
    right = check_with_reference(["Let x be it.", "x + x + 4 = 30", "2x = 26", "x = 13"], question, gold)
    wrong = check_with_reference(["Let x be it.", "x + 4 = 30", "x = 26"], question, gold)
    assert right.certified is True
    assert wrong.first_error() >= 1


def test_the_tier_adds_heuristics_only_where_nothing_else_speaks():
    question, gold = "Ann has 4 pens. Ben has 9. How many are there?", "4+9=<<4+9=13>>13\n#### 13"
    certified = check_with_reference(["4 - 9 = -5 pens", "4 + 9 = 13 pens"], question, gold)
    assert certified.certified is True
    assert certified.first_error("suspicious") == -1
    assert certified.alone.first_error("suspicious") >= 0


def test_the_seed_changes_the_perturbed_numbers_and_not_the_verdict():
    assert read_question(QUESTION, 0).points[Fraction(14)] != read_question(QUESTION, 1).points[Fraction(14)]
    steps = ["14 * 6 = 84 pears", "5 + 9 = 14 plums", "84 + 14 = 98"]
    found = [check_with_reference(steps, QUESTION, GOLD, seed) for seed in range(5)]
    assert {(f.first_error(), f.verdicts(), f.certified) for f in found} == {(1, found[0].verdicts(), False)}


# --- numbers of the question ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("three hens and twenty-five eggs", [3, 25]),
        ("two hundred seats, 1,250 guests", [200, 1250]),
        ("half of 40, twice as many, a dozen", [40]),
        ("2/3 of 90", [90]),
        ("$0.75 each", [Fraction(3, 4)]),
    ],
)
def test_numbers_of_a_question_in_digits_and_words(text, values):
    assert sorted(read_question(text).points) == sorted(map(Fraction, values))


@pytest.mark.parametrize("form", ["1/5", "4/5", "6/5", "80", "120"])
def test_a_percentage_links_its_other_forms(form):
    assert Fraction(form) in read_question("a discount of 20%").related


def test_fractions_and_words_stay_fixed():
    fixed = read_question("A third of the 12 eggs, 3/4 of the rest, twice").fixed
    assert {Fraction(3), Fraction(3, 4), Fraction(1, 4), Fraction(4), Fraction(2)} <= fixed


# --- points and equations ---------------------------------------------------------------------------

SMALL = st.fractions(min_value=-1000, max_value=1000, max_denominator=50)


@given(SMALL, SMALL)
def test_points_compute_like_fractions(a, b):
    p, q = constant(a), constant(b)
    assert add(p, q) == constant(a + b)
    assert subtract(p, q) == constant(a - b)
    assert multiply(p, q) == constant(a * b)
    if b:
        assert divide(p, q) == constant(a / b)
    else:
        with pytest.raises(NoPoint):
            divide(p, q)


@given(st.integers(1, PRIME - 1))
def test_an_inverse_times_its_number_is_one(mark):
    assert mark * inverse(mark) % PRIME == 1


@given(st.integers(-50, 50), st.integers(1, 50), st.integers(-50, 50))
def test_a_linear_equation_gives_its_unknown(x, a, b):
    text = f"{a}y + {b} = {a * x + b}".replace("+ -", "- ")
    (statement,) = parse_statements(text)
    table = {id(n): constant(Fraction(n.value)) for side in statement.sides for n in literals(side.node)}
    system = System()
    left, right = (linear_form(side.node, table, system) for side in statement.sides)
    assert system.equate(left, right) == [constant(x)]


def test_two_equations_settle_two_unknowns():
    numbers = read_question("12 and 2")
    trace = replay(["a + b = 12", "a - b = 2"], numbers)
    assert {claim.written for claim in trace.claims if claim.kind == "solved"} == {7, 5}


@given(st.lists(st.integers(13, 999), min_size=2, max_size=6, unique=True), st.randoms(use_true_random=False))
def test_a_sum_in_any_order_is_certified_and_one_with_a_wrong_term_departs(numbers, random):
    question = "There are " + ", ".join(map(str, numbers)) + " things. How many are there?"
    total = sum(numbers)
    gold = " + ".join(map(str, numbers)) + f" = {total}\n#### {total}"
    shuffled = random.sample(numbers, len(numbers))
    assume(not {sum(shuffled[:n]) for n in range(2, len(numbers))} & set(numbers))
    steps, so_far = [], shuffled[0]
    for number in shuffled[1:]:
        steps.append(f"{so_far} + {number} = {so_far + number}")
        so_far += number
    assert check_with_reference(steps, question, gold).certified is True
    wrong = [*steps[:-1], f"{so_far - shuffled[-1]} + {shuffled[-1] + 1000} = {so_far + 1000}"]
    assert check_with_reference(wrong, question, gold).first_error() >= 0


# --- hostile text -----------------------------------------------------------------------------------

HOSTILE = [
    "",
    "\x00\x00 = \x00",
    "9**9**9**9 = 1",
    "9^9^9^9^9 = 7^7^7^7",
    "1" * 5_000 + " = 2",
    "+".join(["1"] * 2_000) + " = 5",
    "*".join(["999999"] * 900) + " = 4",
    "(" * 3_000 + "1" + ")" * 3_000 + " = 2",
    "x" * 100_000,
    "1/0 = 5, 0/0 = 1, 5/(3-3) = 2",
    "x = " + "x + " * 200 + "1",
    "; ".join(f"v{i} = v{i + 1} + 1" for i in range(400)),
    "; ".join(f"{i} * {i + 1} = {i * (i + 1)}" for i in range(400)),
    " ".join(str(i) for i in range(5_000)),
    "__import__('os').system('x') = 3",
    "100000! = 1",
    "1" + ",000" * 2_000,
    "." * 6_000 + "5." * 3_000,
    "3.14 % % % = 3 %",
    "," * 5_000 + " 126 x",
    "\\frac{" * 500 + "1" + "}" * 500,
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_anywhere_ends_with_a_record(text):
    for steps, question, gold in (
        ([text] * 3, QUESTION, GOLD),
        (["3 + 4 = 7"], text, GOLD),
        (["3 + 4 = 7"], QUESTION, text),
    ):
        found = check_with_reference(steps, question, gold)
        assert len(found.verdicts()) == len(found.steps) == len(steps)


def test_no_steps_are_no_error():
    found = check_with_reference([], QUESTION, GOLD)
    assert found.first_error() == -1
    assert found.verdicts() == ()


@given(st.lists(st.text(alphabet="0123456789+-*/=%$.,()x ab\\{}<>\n", max_size=60), max_size=5), st.text(max_size=80))
def test_any_text_ends_with_a_verdict_for_every_step(steps, gold):
    found = check_with_reference(steps, QUESTION, gold)
    assert len(found.verdicts()) == len(steps)
    assert -1 <= found.first_error() < max(len(steps), 1)


# --- real data --------------------------------------------------------------------------------------


def test_gsm8k_gold_solutions_certify_themselves(shared_data):
    with shared_data("gsm8k/test.jsonl").open(encoding="utf-8") as lines:
        rows = [json.loads(line) for _, line in zip(range(150), lines, strict=False)]
    found = [check_with_reference(row["solution"].splitlines(), row["question"], row["solution"]) for row in rows]
    assert sum(check.certified is True for check in found) >= 0.95 * len(rows)
    assert sum(check.first_error() >= 0 for check in found) <= 1


def test_first_errors_of_real_solutions_are_located(shared_data):
    with shared_data("steps/dev.jsonl").open(encoding="utf-8") as lines:
        rows = [row for row in map(json.loads, lines) if row["source"] == "verify_then_generate"][:150]
    found = [check_with_reference(row["steps"], row["question"], row["gold_solution"]).first_error() for row in rows]
    assert sum(f == row["first_error"] for f, row in zip(found, rows, strict=True)) >= 0.4 * len(rows)


def test_the_numbers_of_a_gold_solution_are_read_from_its_annotations():
    gold = read_gold(GOLD, read_question(QUESTION))
    assert gold.answer == 126
    assert {84, 45, 129, 126} <= set(gold.numbers)
