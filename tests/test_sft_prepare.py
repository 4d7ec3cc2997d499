"""From a file with deliberate faults to samples, a table of rejects, and clear errors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from harness.cli.prepare import prepare as command
from harness.core.errors import UserError
from harness.core.reply.presets import QUESTION_REASONING_ANSWER, REASONING_ANSWER_TAGS
from sft.data.prepare import prepare, write_prepared
from sft.data.samples import read_samples

QUESTION = "Asha buys {0} pens at â‚¹{1} each and pays with a note of â‚¹500. What does she pay?"


def row(n: int, price: int, **changes: str) -> dict[str, str]:
    total = n * price
    answer = f"Each pen is â‚¹{price}.\nShe pays {n} * {price} = <<{n}*{price}={total}>>{total}.\n#### â‚¹{total}"
    return {"question": QUESTION.format(n, price), "answer": answer} | changes


ROWS = [
    row(2, 120),
    row(3, 50),
    row(2, 120),
    row(4, 20, answer="She pays some money for the pens."),
    row(5, 30, answer="She pays 5 * 30 = 160.\n#### 160"),
    row(6, 11, answer="She pays 6 * 11 = 66.\n#### 77"),
    row(7, 13, question=""),
    row(8, 9, answer=""),
    row(
        9,
        31,
        answer="She counts and counts. "
        + "Then she adds one more pen to the pile, slowly. " * 60
        + "9 * 31 = 279\n#### 279",
    ),
    row(10, 33),
]
FAULTS = {
    2: "duplicate",
    3: "missing_answer",
    4: "false_step",
    5: "answer_not_reached",
    6: "empty_question",
    7: "empty_reply",
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "faults.jsonl"
    path.write_text("\n".join(map(json.dumps, ROWS)))
    return path


def test_deliberate_faults_each_have_their_reason(data: Path) -> None:
    done = prepare(str(data), QUESTION_REASONING_ANSWER)
    found = {reject.row: reject.reason for reject in done.rejects}
    assert {row: found.get(row) for row in FAULTS} == FAULTS
    assert {one.sample.row for one in done.samples} | set(found) == set(range(len(ROWS)))
    first = next(one for one in done.samples if one.sample.row == 0)
    assert "₹120" in first.sample.question
    assert first.sample.answer == "240"
    assert done.normalised.repairs["mojibake"] == done.normalised.n_samples


def test_what_is_written_comes_back_and_every_row_is_accounted_for(data: Path, tmp_path: Path) -> None:
    done = prepare(str(data), QUESTION_REASONING_ANSWER)
    write_prepared(done, tmp_path / "out")
    assert read_samples(tmp_path / "out" / "samples.jsonl") == tuple(one.sample for one in done.samples)
    rejects = [json.loads(line) for line in (tmp_path / "out" / "rejects.jsonl").read_text().splitlines()]
    assert [reject["row"] for reject in rejects] == sorted(reject.row for reject in done.rejects)
    assert all(reject["reason"] and reject["raw"] is not None for reject in rejects)
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["n_samples"] + sum(summary["rejected"].values()) == summary["n_rows"] == len(ROWS)


def test_arms_of_one_experiment_have_the_same_questions(data: Path) -> None:
    arms = [prepare(str(data), REASONING_ANSWER_TAGS, order=order) for order in ("reasoning-answer", "answer-only")]
    assert [one.sample for one in arms[0].samples] == [one.sample for one in arms[1].samples]
    assert [one.prompt for one in arms[0].samples] == [one.prompt for one in arms[1].samples]


def test_data_of_which_nothing_is_left_is_an_error_that_says_why(tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text(
        '{"question": "What is 1 + 1?", "answer": "I do not know it at all."}\n{"foo": 1}\n'
    )
    with pytest.raises(
        UserError, match=r"all 2 rows were rejected: missing_answer \(1\), unknown_form \(1\)"
    ) as caught:
        prepare(str(tmp_path / "bad.jsonl"), QUESTION_REASONING_ANSWER)
    assert "row 1" in caught.value.tip


def run(*arguments: object):
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(command)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_the_command_prints_the_table_of_rejects(data: Path, tmp_path: Path) -> None:
    done = run(data, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert "10 rows: " in done.output
    for reason in FAULTS.values():
        assert reason in done.output
    assert (tmp_path / "out" / "samples.jsonl").is_file()


def test_the_command_gives_the_counts_as_json(data: Path) -> None:
    document = json.loads(run(data, "--json", "--verify", "flag").stdout)
    assert document["n_rows"] == 10
    assert document["shares"]["flagged"] == 2
    assert "false_step" not in document["rejected"]


def test_with_a_model_overlong_samples_are_counted_and_tokens_shown(data: Path) -> None:
    pytest.importorskip("tunix", reason="needs the gemma extra")
    from gemma_models import small_model

    done = run(
        data, "-m", small_model(), "--max-length", 400, "--preview", 1, "--weight", "question=0", "--verify", "off"
    )
    assert done.exit_code == 0, done.output
    assert "the same ids everywhere" in done.output
    assert "[<end_of_turn>]" in done.output
    document = json.loads(run(data, "-m", small_model(), "--max-length", 400, "--verify", "off", "--json").stdout)
    assert document["tokens"]["max_length"] <= 400
    assert document["n_samples"] + sum(document["rejected"].values()) == 10


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--preview", 1], "--preview needs --model"),
        (["--format", "reasoning-answer-tag"], "did you mean 'reasoning-answer-tags'"),
    ],
)
def test_a_call_that_cannot_work_says_so(data: Path, arguments: list, message: str) -> None:
    done = run(data, *arguments)
    assert isinstance(done.exception, UserError)
    assert message in str(done.exception)
