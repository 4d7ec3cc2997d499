"""`harness score` says where replies are in another form than the one that they are held against."""

from __future__ import annotations

import json

import pytest

from harness import Doc
from harness.core.errors import UserError

TAGGED = "<reasoning>\n1 + 1 = 2\n</reasoning>\n<answer>\n2\n</answer>"


@pytest.fixture
def scored(harness, tmp_path):
    data = tmp_path / "data.jsonl"
    data.write_text("".join(json.dumps({"question": f"{i} + 1?", "answer": "2"}) + "\n" for i in range(4)))

    def score(reply: str, *more: str, n: int = 4):
        file = tmp_path / "completions.jsonl"
        file.write_text("".join(json.dumps({"idx": i, "completion": reply}) + "\n" for i in range(n)))
        return harness("score", file, "--task", "gsm8k", "--data", data, "--out", tmp_path / "run", *more)

    return score


def test_another_form_is_named_with_its_option(scored):
    done = scored(TAGGED)
    assert "not 'question-reasoning-answer'" in done.err
    assert "-o format=reasoning-answer-tags" in done.err
    assert "--prefill" not in done.err


def test_an_opening_that_the_prompt_held_is_named_too(scored):
    done = scored(TAGGED.removeprefix("<reasoning>\n"))
    assert r"-o format=reasoning-answer-tags --prefill '<reasoning>\n'" in " ".join(done.err.split())


@pytest.mark.parametrize("reply", ["The answer is 2.", "Question: q\nReasoning: 1 + 1 = 2\nAnswer: 2", "Answer: 2"])
def test_prose_and_the_declared_form_need_no_word(scored, reply):
    assert "most replies are in the form" not in scored(reply).err


def test_the_form_that_was_asked_for_needs_no_word(scored):
    assert "most replies" not in scored(TAGGED, "-o", "format=reasoning-answer-tags").err


def test_a_file_that_lacks_docs_says_how_many_were_scored(scored, harness, tmp_path):
    assert "· 3 of 4 docs from" in scored(TAGGED, n=3).out
    assert "3 of 4" in harness("history", tmp_path).out


def test_a_gold_answer_that_is_a_number_is_named():
    with pytest.raises(UserError, match="doc '1': target must be text, not int 7"):
        Doc(id="1", question="3 + 4?", target=7)
