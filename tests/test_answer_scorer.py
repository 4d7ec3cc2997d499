"""The scorer of final answers, on made replies and on real ones."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.core.errors import UserError
from harness.core.records import Completion, Doc, Score
from harness.core.reply.presets import PRESETS, REASONING_ANSWER_TAGS
from tasks.scoring.final_answer import final_answer

REASONING = "She has 3 boxes of 17 pens, so 3 * 17 = 51. Then she gives 9 away on day 2.\n"
RUNS = {
    "base_b32_a": 31,
    "base_kaggle_starter_prompt": 0,
    "base_think": 0,
    "lora_grpo_b1": 0,
    "lora_grpo_b32": 1,
    "sft_lr1e5": 0,
    "sft_lr1e6_prefill": 0,
}
"""Disagreements with the stored label under last-number; each is listed in docs/method/notes/last-number.md."""


def judge(target: str, reply: str, policy: str = "auto", **fields: object) -> Score:
    doc = Doc(id="d", question="How many?", target=target)
    completion = Completion(doc_id="d", text=reply, **fields)  # type: ignore[arg-type]
    return final_answer(policy).score(doc, completion)


@pytest.mark.parametrize("gold", ["42", "7", "1250", "-16", "0.5", "100000"])
@pytest.mark.parametrize("lead", ["#### ", "The answer is ", "So she has ", "Answer: ", "", "**Final Answer:** "])
@pytest.mark.parametrize("ending", ["{}", "`{}`", "{}...", "**${}**.", "{}.00.", "{} (checked: 2 ways)", "{}.", "${}"])
def test_a_correct_answer_with_any_ending_is_correct(gold: str, lead: str, ending: str) -> None:
    if ending == "{}.00." and "." in gold:
        gold = "5"
    score = judge(gold, REASONING + lead + ending.format(gold))
    assert (score.outcome, score.value) == ("correct", 1.0), score


@pytest.mark.parametrize("gold", ["42", "1,234", "3/4", "12.5", "\\frac{1}{2}", "\\sqrt{2}", "Evelyn", "(3, 4)", "B"])
def test_the_contract_of_a_task_holds_for_every_kind_of_answer(gold: str) -> None:
    other = "43" if gold != "43" else "44"
    for declared in PRESETS.values():
        scorer = final_answer(response_format=declared)
        doc = Doc(id="d", question="q", target=gold)
        reply = declared.render("q", REASONING if declared.name != "bare" else "", gold)
        wrong = declared.render("q", REASONING if declared.name != "bare" else "", other)
        assert scorer.score(doc, Completion(doc_id="d", text=reply)).outcome == "correct", declared.name
        assert scorer.score(doc, Completion(doc_id="d", text=wrong)).outcome == "wrong", declared.name
        assert scorer.score(doc, Completion(doc_id="d", text="")).outcome == "no_answer"
        assert scorer.score(doc, Completion(doc_id="d", text="1, 2 or 3?\n" + reply)).outcome == "correct", (
            declared.name
        )


@pytest.mark.parametrize(
    ("target", "reply"), [("25", "25%"), ("25%", "25"), ("25%", "0.25"), ("4", "4 dozen"), ("48", "4 dozen")]
)
def test_percent_and_dozen_may_be_the_unit_asked_for(target: str, reply: str) -> None:
    assert judge(target, f"The answer is {reply}.").outcome == "correct"


@pytest.mark.parametrize(
    ("target", "reply"), [("25", "0.25"), ("42", "42.5"), ("42", "421"), ("1000", "1"), ("2", "2\\sqrt{3}")]
)
def test_nearly_the_same_number_is_wrong(target: str, reply: str) -> None:
    assert judge(target, f"So \\boxed{{{reply}}}").outcome == "wrong"


@pytest.mark.parametrize("reply", ["", "  \n", "I do not know.", "Please provide the problem!", "<answer></answer>"])
def test_a_reply_without_an_answer_is_no_answer_and_counts_zero(reply: str) -> None:
    score = judge("42", reply)
    assert (score.outcome, score.value) == ("no_answer", 0.0)


def test_a_prefill_alone_is_no_answer() -> None:
    assert judge("42", "", prefill="The answer is 42").outcome == "no_answer"
    assert judge("42", "42", prefill="The answer is ").outcome == "correct"


def test_a_truncated_reply_is_no_answer_unless_it_marks_one() -> None:
    assert judge("2", REASONING, finish="length").outcome == "no_answer"
    assert judge("42", REASONING + "#### 42", finish="length").outcome == "correct"


def test_a_failed_generation_and_a_missing_gold_are_not_scored() -> None:
    failed = judge("42", "", finish="error", error="timed out")
    assert (failed.outcome, failed.value) == ("not_scored", None)
    assert "timed out" in failed.why
    assert judge(" ", "42").outcome == "not_scored"


def test_a_score_says_which_rule_matched_and_where() -> None:
    reply = REASONING + "The answer is **$1,042.50**."
    score = judge("1042.5", reply)
    start, end = score.detail["span"]
    assert (score.answer, reply[start:end]) == ("1042.5", "$1,042.50")
    assert score.detail["rule"] == "answer-is"
    assert "the answer is" in score.why
    json.dumps(dict(score.detail))


def test_answered_counts_replies_with_any_answer() -> None:
    scorer = final_answer()
    doc = Doc(id="d", question="q", target="42")
    read = {metric.info.name: metric.read for metric in scorer.metrics}
    values = []
    for text, finish in (("41", "stop"), ("", "stop"), ("", "error")):
        scores = {"final_answer": scorer.score(doc, Completion(doc_id="d", text=text, finish=finish))}  # type: ignore[arg-type]
        values.append((read["accuracy"](doc, scores), read["answered"](doc, scores)))
    assert values == [(0.0, 1.0), (0.0, 0.0), (None, None)]


def test_policy_choice_and_format_are_part_of_the_identity() -> None:
    scorers = [final_answer(), final_answer("last-number"), final_answer(choice="first")]
    scorers.append(final_answer(response_format=REASONING_ANSWER_TAGS))
    assert len({scorer.identity for scorer in scorers}) == 4


def test_a_wrong_policy_or_choice_is_one_clear_line() -> None:
    with pytest.raises(UserError, match="unknown answer policy 'last'"):
        final_answer("last")
    with pytest.raises(UserError, match="unknown choice 'lats'; did you mean 'last'"):
        final_answer(choice="lats")  # type: ignore[arg-type]
    with pytest.raises(UserError, match="'format'"):
        final_answer("format")


def test_numeric_answers_load_no_heavy_package() -> None:
    code = (
        "import sys; from harness.core.records import *; from tasks.scoring.final_answer import final_answer\n"
        "final_answer().score(Doc(id='d', question='', target='1/2'), Completion(doc_id='d', text='#### 0.5'))\n"
        "print([m for m in ('sympy', 'math_verify', 'lm_eval', 'numpy') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


@pytest.mark.parametrize("run", sorted(RUNS))
def test_last_number_reproduces_the_stored_label_of_a_real_run(run: str, shared_data: Callable[[str], Path]) -> None:
    differing = [row for row in scored_run(run, "last-number", shared_data) if row[1] != row[2]]
    assert len(differing) == RUNS[run]
    note = (Path(__file__).parent.parent / "docs/method/notes/last-number.md").read_text(encoding="utf-8")
    assert all(f"| {run} | {index} |" in note for index, _, _ in differing)


def scored_run(run: str, policy: str, shared_data: Callable[[str], Path]) -> list[tuple[int, bool, bool]]:
    """(idx, ours, stored) of each completion."""
    rows = read_lines(shared_data(f"gemma3_1b_it_outputs/{run}.jsonl"))
    gold = read_lines(shared_data("gsm8k/test.jsonl"))
    scorer = final_answer(policy)
    found = []
    for row in rows:
        doc = Doc(id=str(row["idx"]), question="", target=gold[row["idx"]]["answer"])
        score = scorer.score(doc, Completion(doc_id=doc.id, text=row["completion"]))
        found.append((row["idx"], score.outcome == "correct", row["official_correct"]))
    return found


def read_lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_every_math500_solution_scores_correct_and_the_next_ones_answer_wrong(
    shared_data: Callable[[str], Path],
) -> None:
    rows = read_lines(shared_data("math500.jsonl"))
    scorer = final_answer()
    for row in rows:
        doc = Doc(id=row["id"], question=row["question"], target=row["answer"])
        assert scorer.score(doc, Completion(doc_id=doc.id, text=row["solution"])).outcome == "correct", row["id"]
    numeric = [row for row in rows if row["answer"].isdigit()]
    for row, other in zip(numeric, numeric[1:] + numeric[:1], strict=True):
        doc = Doc(id=row["id"], question="", target=row["answer"])
        score = scorer.score(doc, Completion(doc_id=doc.id, text=other["solution"]))
        assert score.outcome == ("correct" if row["answer"] == other["answer"] else "wrong")


@pytest.mark.parametrize("name", ["svamp", "gsm_hard"])
def test_every_gold_answer_of_a_real_set_is_read(name: str, shared_data: Callable[[str], Path]) -> None:
    scorer = final_answer()
    for row in read_lines(shared_data(f"{name}.jsonl")):
        doc = Doc(id=row["id"], question="", target=row["answer"])
        for form in ("3 + 4 = 7\n#### {}", "<answer>\nThe total is {}.\n</answer>", "3 + 4 = 7, so it is {}"):
            reply = form.format(row["answer"])
            assert scorer.score(doc, Completion(doc_id=doc.id, text=reply)).outcome == "correct", reply
