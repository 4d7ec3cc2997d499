"""The scorer beside the gold solution: certified, departed, or nothing to compare with."""

from __future__ import annotations

import pytest

from harness.core.records import Completion, Doc
from harness.runner.scoring import score_completion
from tasks.scoring.final_answer import final_answer
from tasks.scoring.step_reference import step_reference

DOC = Doc(
    id="apples",
    question="Tom has 5 apples and buys 7 more. He gives 4 away. How many are left?",
    target="8",
    gold_reasoning="Tom has 5 + 7 = 12 apples.\nHe has 12 - 4 = 8 apples left.",
)


def record(reply: str, doc: Doc = DOC):
    completion = Completion(doc_id=doc.id, text=reply)
    return score_completion("k", doc, completion, (final_answer(), step_reference()))


def test_the_gold_way_is_certified():
    made = record("5 + 7 = 12\n12 - 4 = 8\nAnswer: 8")
    assert made.scores["step_reference"].outcome == "correct"
    assert made.metrics["certified_correct"] == 1.0


def test_another_valid_way_is_certified():
    assert record("5 - 4 = 1\n1 + 7 = 8\nAnswer: 8").metrics["certified_correct"] == 1.0


def test_a_true_sum_of_the_wrong_numbers_is_located():
    made = record("5 + 7 = 12\n12 - 5 = 7\nAnswer: 7")
    assert made.scores["step_reference"].detail["first_error"] == 1
    assert made.metrics["certified_correct"] == 0.0
    assert made.metrics["wrong_answer_located"] == 1.0


def test_a_right_answer_by_numbers_from_nowhere_is_not_certified():
    assert record("2 * 4 = 8\nAnswer: 8").metrics["right_answer_certified"] == 0.0


@pytest.mark.parametrize("metric", ["certified_correct", "right_answer_certified", "wrong_answer_located"])
def test_a_doc_without_a_gold_solution_is_outside_the_denominator(metric):
    bare = Doc(id="bare", question=DOC.question, target="8")
    assert record("5 + 7 = 12\n12 - 4 = 8\nAnswer: 8", bare).metrics[metric] is None
