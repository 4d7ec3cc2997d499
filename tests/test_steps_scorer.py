"""The scorer, its metrics, and the command line on top of the checker."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.cli.steps import Tier, steps
from harness.core.errors import UserError
from harness.core.records import Completion, Doc, MetricValue, Score
from harness.core.reply.presets import REASONING_ANSWER_TAGS
from tasks.scoring.final_answer import final_answer
from tasks.scoring.step_validity import reasoning_steps, step_validity

DOC = Doc(id="1", question="Ana has 3 boxes of 12 pens and gives away 5. How many are left?", target="31")
TRUE = "<reasoning>\n3 * 12 = 36\n36 - 5 = 31\n</reasoning>\n<answer>\n31\n</answer>"
SLIP = TRUE.replace("36 - 5 = 31", "36 - 5 = 32")
WRONG = SLIP.replace("<answer>\n31", "<answer>\n32")


def scores_of(text: str, prefill: str = "") -> dict[str, Score]:
    completion = Completion(doc_id="1", text=text, prefill=prefill)
    return {scorer.name: scorer.score(DOC, completion) for scorer in (step_validity(), final_answer())}


def metric(name: str, text: str) -> MetricValue:
    found = next(m for m in step_validity().metrics if m.info.name == name)
    return found.read(DOC, scores_of(text))


def test_a_true_reply_is_sound_and_its_answer_follows() -> None:
    score = scores_of(TRUE)["step_validity"]
    assert (score.value, score.outcome, score.detail["n_decided_steps"]) == (1.0, "correct", 2)
    assert metric("sound_and_correct", TRUE) == 1.0
    assert metric("answer_follows", TRUE) == 1.0


def test_a_slip_under_a_right_answer_is_right_answer_wrong_reasoning() -> None:
    score = scores_of(SLIP)["step_validity"]
    assert score.outcome == "wrong"
    assert "31 against 32" in score.why
    assert metric("sound_and_correct", SLIP) == 0.0
    assert metric("right_answer_wrong_reasoning", SLIP) == 1.0
    assert metric("answer_follows", SLIP) == 0.0
    assert metric("wrong_answer_explained", SLIP) is None


def test_a_slip_explains_a_wrong_answer() -> None:
    assert metric("wrong_answer_explained", WRONG) == 1.0
    assert metric("right_answer_wrong_reasoning", WRONG) is None
    assert metric("step_validity", WRONG) == (1.0, 2.0)


def test_flags_point_into_the_reply_with_its_prefill() -> None:
    text = SLIP.removeprefix("<reasoning>\n")
    flag = scores_of(text, prefill="<reasoning>\n")["step_validity"].detail["flags"][0]
    start, end = flag["span"]
    assert SLIP[start:end] == flag["text"] == "36 - 5 = 32"


@pytest.mark.parametrize("text", ["", "I do not know.", "<reasoning></reasoning><answer>31</answer>"])
def test_a_reply_with_nothing_to_decide_is_no_answer(text: str) -> None:
    assert scores_of(text)["step_validity"].outcome == "no_answer"


def test_a_failed_completion_is_not_scored_and_in_no_denominator() -> None:
    completion = Completion(doc_id="1", text="", finish="error", error="timeout")
    scores = {s.name: s.score(DOC, completion) for s in (step_validity(), final_answer())}
    assert scores["step_validity"].outcome == "not_scored"
    assert all(m.read(DOC, scores) is None for m in step_validity().metrics)


def test_metrics_that_need_the_answer_do_not_apply_without_its_scorer() -> None:
    alone = {"step_validity": scores_of(TRUE)["step_validity"]}
    values = {m.info.name: m.read(DOC, alone) for m in step_validity().metrics}
    assert values["sound_and_correct"] is None
    assert values["answer_follows"] is None
    assert values["proven_unsound"] == 0.0


def test_work_shown_after_an_outline_in_tags_is_read() -> None:
    reply = "<reasoning>Multiply, then subtract.</reasoning><answer>3 * 12 = 36, 36 - 5 = 31</answer>"
    spans = reasoning_steps(reply, REASONING_ANSWER_TAGS)
    assert any("3 * 12 = 36" in reply[start:end] for start, end in spans)


def test_gold_solutions_are_nearly_all_decided_and_hardly_flagged(shared_data: Callable[[str], Path]) -> None:
    from tasks.scoring.steps import check_solution

    verdicts = [
        statement.verdict
        for line in shared_data("gsm8k/test.jsonl").read_text(encoding="utf-8").splitlines()[:400]
        for statement in check_solution(json.loads(line)["solution"].split("\n")).statements
    ]
    assert verdicts.count("unverifiable") < 0.07 * len(verdicts)
    assert verdicts.count("invalid") <= 1


# --- harness steps ----------------------------------------------------------------------------------


def run(file: Path, **options: bool | Tier) -> None:
    steps(str(file), **{"jsonl": False, "tier": Tier.strict, "reference": False, "json": False, **options})  # type: ignore[arg-type]


def test_jsonl_gives_one_line_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"id": "a", "question": "", "steps": ["1 + 1 = 2", "2 + 2 = 5"]}, {"id": 7, "steps": ["Hello."]}]
    file = tmp_path / "rows.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    run(file, jsonl=True)
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [
        {"id": "a", "first_error": 1, "verdicts": ["valid", "invalid"]},
        {"id": 7, "first_error": -1, "verdicts": ["unverifiable"]},
    ]


def test_a_text_file_prints_steps_verdicts_and_values(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "solution.txt"
    file.write_text("0.8x = 240.\nx = 240 / 0.8 = 320", encoding="utf-8")
    run(file)
    out = capsys.readouterr().out
    assert "300 against 320" in out
    assert "first error at step 2" in out


def test_a_text_file_as_json_names_the_first_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "solution.txt"
    file.write_text("7 - 29 = -22 beakers", encoding="utf-8")
    run(file, json=True, tier=Tier.suspicious)
    document = json.loads(capsys.readouterr().out)
    assert (document["first_error"], document["verdicts"]) == (0, ["suspicious"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("not json", "line 1: not JSON"),
        ("[1]", "a line must be an object"),
        ('{"id": 1}', "no field 'steps'"),
        ('{"steps": []}', "no field 'id'"),
        ('{"id": 1, "steps": "1 + 1 = 2"}', "'steps' must be a list of texts"),
    ],
)
def test_a_bad_line_is_one_clear_error(tmp_path: Path, content: str, message: str) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match=message):
        run(file, jsonl=True)


def test_a_missing_file_and_a_lone_reference_are_clear_errors(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file"):
        run(tmp_path / "nowhere.txt")
    file = tmp_path / "solution.txt"
    file.write_text("1 + 1 = 2", encoding="utf-8")
    with pytest.raises(UserError, match="--reference needs --jsonl"):
        run(file, reference=True)
