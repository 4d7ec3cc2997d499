"""Replies in the forms that servers and other tools write them: parts, reasoning apart, raw responses, NeMo, vLLM."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.core.errors import UserError
from harness.core.records import Doc
from harness.recorded import match_to_docs, read_completions

DOCS = [Doc(id=f"d{i}", question=f"What is {i} + {i}?", target=str(2 * i)) for i in range(3)]
THOUGHT = "<think>\n3 + 4 = 8, no, 7\n</think>\nAnswer: 7"
APART = {"role": "assistant", "content": "Answer: 7", "reasoning_content": "3 + 4 = 8, no, 7"}
PARTS = [{"type": "reasoning", "reasoning": "3 + 4 = 8, no, 7"}, {"type": "text", "text": "Answer: 7"}]


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def chat(message: dict[str, Any], finish: str = "stop") -> dict[str, Any]:
    return {"id": "chatcmpl-9", "object": "chat.completion", "choices": [{"message": message, "finish_reason": finish}]}


@pytest.mark.parametrize(
    "row",
    [
        {"custom_id": "d0", "response": {"status_code": 200, "body": chat(APART)}, "error": None},
        {"id": "d0", "response": chat(APART)},
        {"id": "d0", "completion": [{"role": "user", "content": "q"}, APART]},
        {"id": "d0", "output": {"content": PARTS}},
        {"id": "d0", "choices": [{"message": {"content": PARTS}}]},
        {
            "id": "d0",
            "output": [
                {"type": "reasoning", "summary": [{"type": "summary_text", "text": "3 + 4 = 8, no, 7"}]},
                {"type": "message", "content": [{"type": "output_text", "text": "Answer: 7"}]},
            ],
        },
    ],
)
def test_reasoning_that_stands_apart_in_a_file_is_put_back_as_over_http(tmp_path: Path, row: dict[str, Any]) -> None:
    found = match_to_docs(read_completions(write(tmp_path / "a.jsonl", [row])).rows, DOCS).completions
    assert [completion.text for completion in found] == [THOUGHT]


def test_inspects_content_in_parts_keeps_its_reasoning(tmp_path: Path) -> None:
    output = {"completion": "Answer: 7", "choices": [{"message": {"content": PARTS}, "stop_reason": "max_tokens"}]}
    log = {"status": "success", "eval": {}, "samples": [{"id": 1, "epoch": 1, "input": "q", "output": output}]}
    (tmp_path / "log.json").write_text(json.dumps(log))
    (row,) = read_completions(tmp_path / "log.json").rows
    assert (row.text, row.finish) == (THOUGHT, "length")


def test_reasoning_that_was_cut_off_gets_no_closing_tag_from_a_file_either(tmp_path: Path) -> None:
    message = {"content": None, "reasoning_content": "let me"}
    (row,) = read_completions(write(tmp_path / "a.jsonl", [{"id": "d0", "response": chat(message, "length")}])).rows
    assert (row.text, row.finish) == ("<think>\nlet me", "length")


def test_outputs_of_vllm_are_repeats_each_with_its_own_finish(tmp_path: Path) -> None:
    outputs = [{"index": 0, "text": "a", "finish_reason": "stop"}, {"index": 1, "text": "b", "finish_reason": "length"}]
    rows = [{"request_id": str(i), "prompt": "p", "outputs": outputs} for i in range(3)]
    found = match_to_docs(read_completions(write(tmp_path / "a.jsonl", rows)).rows, DOCS).completions
    assert [(c.doc_id, c.repeat, c.text, c.finish) for c in found][:2] == [
        ("d0", 0, "a", "stop"),
        ("d0", 1, "b", "length"),
    ]
    assert len(found) == 6


def test_raw_responses_without_ids_are_taken_in_the_order_of_the_docs_and_that_is_told(tmp_path: Path) -> None:
    recorded = read_completions(write(tmp_path / "a.jsonl", [chat({"content": f"Answer: {i}"}) for i in range(3)]))
    assert recorded.notices == ("a.jsonl has no ids: its rows are taken in the order of the docs",)
    found = match_to_docs(recorded.rows, DOCS).completions
    assert [(c.doc_id, c.text) for c in found] == [(f"d{i}", f"Answer: {i}") for i in range(3)]


def test_rows_of_nemo_are_matched_by_their_question_in_any_order(tmp_path: Path) -> None:
    rows = [
        {"problem": doc.question, "expected_answer": doc.target, "generation": f"It is {doc.target}"}
        for doc in reversed(DOCS)
    ]
    recorded = read_completions(write(tmp_path / "a.jsonl", rows))
    assert recorded.notices == ()
    found = match_to_docs(recorded.rows, DOCS).completions
    assert [(c.doc_id, c.text) for c in found] == [(doc.id, f"It is {doc.target}") for doc in DOCS]


@pytest.mark.parametrize(("question", "said"), [("What else?", "no doc asks"), ("What is 0 + 0?", "2 docs ask")])
def test_a_question_that_leads_to_no_one_doc_is_refused_with_its_line(tmp_path: Path, question: str, said: str) -> None:
    rows = [{"question": DOCS[1].question, "completion": "2"}, {"question": question, "completion": "7"}]
    recorded = read_completions(write(tmp_path / "a.jsonl", rows))
    with pytest.raises(UserError, match=rf"line 2: {said} its question"):
        match_to_docs(recorded.rows, [*DOCS, Doc(id="again", question=DOCS[0].question, target="0")])


@pytest.mark.parametrize("number", [10**400, "9" * 5000, 1e300, -(2**70)])
def test_impossible_counts_and_places_are_none(tmp_path: Path, number: Any) -> None:
    (row,) = read_completions(
        write(tmp_path / "a.jsonl", [{"id": "d0", "text": "a", "completion_tokens": number}])
    ).rows
    assert row.completion_tokens is None
    with pytest.raises(UserError, match="line 1"):
        match_to_docs(read_completions(write(tmp_path / "b.jsonl", [{"id": str(number), "text": "a"}])).rows, DOCS)
