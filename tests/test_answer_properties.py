"""What surrounds an answer changes no verdict, and no dress of the right answer makes a wrong gold equal."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.core.records import Completion, Doc
from tasks.scoring.answer.expression import reckoned
from tasks.scoring.answer.extract import POLICIES, find_answer
from tasks.scoring.final_answer import final_answer

SCORER = final_answer()
MARKED = (
    *("The answer is {}.", "**Answer:** {}", "#### {}", "\\boxed{{{}}}", "<answer>{}</answer>", "Final answer: **{}**"),
    *("So the final answer is {}", "<answer>\nThe total is {}.\n</answer>", "Réponse : {}", "Die Antwort lautet {}."),
)
DISTRACTORS = (
    *("First she buys 3 boxes of 12.", "Then 3 * 12 = 36.", "It costs $4.50 a box.", "On day 2 she sells 7 of them."),
    *("At 3:30 pm there are 5 or 6 left.", "Half of it is \\boxed{18}.", "That is 25% of 144.", "Let x = 4 and y = 9."),
    *(
        "#### Step 2",
        "<think>Maybe 99? The answer is 98.</think>",
        "| a | 1,250 |",
        "- 17 pens",
        "It took 2 hours 5 minutes.",
    ),
)
DRESS = {
    "plain": lambda n: str(n),
    "thousands": lambda n: f"{n:,}",
    "dollars": lambda n: f"${n:,}",
    "euros": lambda n: f"{n} €",
    "cents written out": lambda n: f"${n}.00",
    "unit": lambda n: f"{n} apples",
    "metres": lambda n: f"{n} m",
    "bold": lambda n: f"**{n}**",
    "blanks between thousands": lambda n: f"{n:,}".replace(",", " "),
    "LaTeX thousands": lambda n: f"{n:,}".replace(",", "{,}"),
}
WHOLE = st.integers(0, 10**9)


def outcome(gold: str, reply: str) -> str:
    return SCORER.score(Doc(id="d", question="q", target=gold), Completion(doc_id="d", text=reply)).outcome


@given(
    n=WHOLE,
    dress=st.sampled_from(sorted(DRESS)),
    mark=st.sampled_from(MARKED),
    lead=st.lists(st.sampled_from(DISTRACTORS)),
)
@settings(max_examples=300)
def test_distractors_currency_thousands_and_units_leave_a_marked_answer_right(
    n: int, dress: str, mark: str, lead: list[str]
) -> None:
    reply = "\n".join([*lead, mark.format(DRESS[dress](n))])
    assert outcome(str(n), reply) == "correct", reply


@given(
    n=WHOLE,
    gold=WHOLE,
    dress=st.sampled_from(sorted(DRESS)),
    mark=st.sampled_from(MARKED),
    lead=st.lists(st.sampled_from(DISTRACTORS)),
)
@settings(max_examples=300)
def test_no_dress_of_the_right_answer_equals_a_wrong_gold(
    n: int, gold: int, dress: str, mark: str, lead: list[str]
) -> None:
    reply = "\n".join([*lead, mark.format(DRESS[dress](n))])
    assert (outcome(str(gold), reply) == "correct") == (gold == n), reply


@given(
    a=st.integers(1, 99),
    b=st.integers(2, 99),
    sign=st.sampled_from(["+", "*", "/", "-", " over ", " plus ", " times "]),
)
def test_neither_operand_is_the_answer(a: int, b: int, sign: str) -> None:
    value = reckoned(f"{a} {sign.strip()} {b}")
    for mark in MARKED:
        for operand in (a, b):
            if value is None or value != operand:
                assert outcome(str(operand), mark.format(f"{a} {sign.strip()} {b}")) != "correct", (mark, operand)


@given(hours=st.integers(1, 40), minutes=st.integers(1, 59), mark=st.sampled_from(MARKED))
def test_neither_part_of_a_quantity_is_the_answer(hours: int, minutes: int, mark: str) -> None:
    reply = mark.format(f"{hours} hours and {minutes} minutes")
    whole = hours * 60 + minutes
    for gold in (hours, minutes):
        assert outcome(str(gold), reply) == ("correct" if gold == whole else "wrong"), reply
    assert outcome(str(whole), reply) == "correct"
    assert outcome(f"{whole} minutes", reply) == "correct"


@given(thought=st.text("\\boxed{}# 0123456789answer is<>/\n", max_size=60), n=WHOLE)
def test_nothing_that_is_thought_is_the_answer(thought: str, n: int) -> None:
    thought = thought.replace("<", "").replace(">", "")
    assert outcome(str(n), f"<think>{thought}</think>\nThere are {n}.") == "correct"
    assert outcome(str(n), f"<think>{thought} The answer is {n}. No") == "no_answer"


@given(st.fractions(max_denominator=10**4), st.fractions(max_denominator=10**4), st.sampled_from("+-*/"))
def test_reckoned_arithmetic_is_python_s(left: Fraction, right: Fraction, operator: str) -> None:
    if operator == "/" and right == 0:
        return
    exact = {"+": left + right, "-": left - right, "*": left * right, "/": left / right if right else None}[operator]
    text = f"({left}) {operator} ({right})"
    assert reckoned(text) == exact
    assert reckoned(f"\\frac{{{left.numerator}}}{{{left.denominator}}} {operator} \\left({right}\\right)") == exact


@given(st.text("0123456789+-*/^!(){}[]|\\ .,=<>$%abcinopqrstuvx√π½²", max_size=60))
@settings(max_examples=500)
def test_any_formula_is_read_without_failing_and_the_span_is_the_text(text: str) -> None:
    reckoned(text)
    for reply in (f"The answer is {text}", f"\\boxed{{{text}}}", text):
        for policy in POLICIES:
            found = find_answer(reply, policy=policy)
            assert found is None or reply[found.start : found.end] == found.text
