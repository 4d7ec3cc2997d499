"""Raw rows of every form become the same samples, and no row is lost without a reason."""

from __future__ import annotations

import doctest
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sft.data.normalise.answer
import sft.data.normalise.language
import sft.data.normalise.reply
import sft.data.normalise.rows
import sft.data.normalise.steps
import sft.data.normalise.text
import sft.data.reaches
from harness.core.errors import UserError
from sft.data.normalise.answer import clean_answer
from sft.data.normalise.duplicates import find_duplicates
from sft.data.normalise.language import guess_language
from sft.data.normalise.reply import read_reply
from sft.data.normalise.rows import REASONS, load_raw, normalise, source_name
from sft.data.normalise.steps import split_steps
from sft.data.normalise.text import repair
from sft.data.samples import Sample, read_samples, write_lines

QUESTION = "Weng has 3 clips and buys 4 more. How many clips has she?"
STEPS = ("She has 3 + 4 = 7 clips.", "That is 7 - 0 = 7.")
BODY = "She has 3 + 4 = <<3+4=7>>7 clips.\nThat is 7 - 0 = 7."


def user(content: object) -> dict[str, object]:
    return {"role": "user", "content": content}


def model(content: object) -> dict[str, object]:
    return {"role": "assistant", "content": content}


FORMS = {
    "gsm8k": {"question": QUESTION, "answer": f"{BODY}\n#### 7"},
    "solution_column": {"question": QUESTION, "solution": f"{BODY}\n#### 7", "answer": 7},
    "rationale_column": {"problem": QUESTION, "rationale": BODY, "final_answer": 7.0},
    "steps": {"question": QUESTION, "steps": [*STEPS, " "], "answer": "7"},
    "chat_tags": {"messages": [user(QUESTION), model(f"<reasoning>\n{BODY}\n</reasoning>\n<answer>\n7\n</answer>")]},
    "chat_think": {"messages": [user(QUESTION), model(f"<think>{BODY}</think>\nThe answer is **7**.")]},
    "prefilled": {"prompt": QUESTION, "completion": f"{BODY}\n</think>\n<answer>7</answer>"},
    "chat_thinking_field": {"messages": [user(QUESTION), {**model("7"), "reasoning_content": BODY}]},
    "sharegpt": {"conversations": [{"from": "human", "value": QUESTION}, {"from": "gpt", "value": f"{BODY}\n#### 7"}]},
    "content_parts": {"messages": [user([{"type": "text", "text": QUESTION}]), model(f"{BODY}\n#### 7")]},
    "arrays": {"messages": np.array([user(QUESTION), model(f"{BODY}\n#### 7<end_of_turn>")], dtype=object)},
    "alpaca": {"instruction": QUESTION, "input": "", "output": f"{BODY}\nAnswer: 7"},
    "completion": {"prompt": QUESTION, "completion": f"{BODY}\nSo the final answer is 7."},
    "labels": {"prompt": QUESTION, "response": f"Question: {QUESTION}\nReasoning: {BODY}\nAnswer: 7"},
    "chat_prompt": {"prompt": [user(QUESTION)], "completion": [model(f"{BODY}\n#### 7")]},
    "gemma_text": {
        "text": f"<bos><start_of_turn>user\n{QUESTION}<end_of_turn>\n<start_of_turn>model\n{BODY}\n#### 7<end_of_turn>"
    },
    "chatml_text": {"text": f"<|im_start|>user\n{QUESTION}<|im_end|>\n<|im_start|>assistant\n{BODY}\n#### 7<|im_end|>"},
    "alpaca_text": {"text": f"### Instruction:\n{QUESTION}\n\n### Response:\n{BODY}\n#### 7"},
    "labelled_text": {"text": f"Question: {QUESTION}\nAnswer: {BODY}\n#### 7"},
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_sample(form: str) -> None:
    done = normalise([FORMS[form]], "rows.jsonl")
    assert done.rejects == ()
    (sample,) = done.samples
    assert (sample.question, sample.steps, sample.answer) == (QUESTION, STEPS, "7")
    assert sample.metadata["row"] == 0
    assert sample.id == "rows.jsonl-0"


def test_alpacas_input_belongs_to_the_question() -> None:
    (sample,) = normalise(
        [{"instruction": "Add them.", "input": "3 and 4", "output": "3 + 4 = 7\n#### 7"}], "x"
    ).samples
    assert sample.question == "Add them.\n\n3 and 4"


def test_a_boxed_answer_stays_in_the_reasoning_as_plain_text() -> None:
    reply = read_reply(r"We have $x = \frac{1}{2}$, so \[\boxed{\frac{1}{2}}.\]")
    assert reply.answer == r"\frac{1}{2}"
    assert "boxed" not in reply.reasoning
    assert r"\frac{1}{2}" in reply.reasoning.rpartition("so")[2]


REJECTED = {
    "not_an_object": "text",
    "unknown_form": {"foo": 1},
    "bad_chat": {"messages": ["hello"]},
    "unsupported_role": {"messages": [{"role": "tool", "content": "4"}]},
    "multi_turn": {"messages": [user("a"), model("b"), user("c"), model("d")]},
    "no_text": {"question": QUESTION, "answer": b"7"},
    "weight_zero": {"messages": [user("a"), {**model("3 + 4 = 7\n#### 7"), "weight": 0}]},
    "turns_out_of_order": {"messages": [model("3 + 4 = 7\n#### 7"), user(QUESTION)]},
    "unclosed_section": {"question": QUESTION, "answer": "<reasoning>\n3 + 4 = 7"},
    "empty_question": {"question": "  ", "answer": "3 + 4 = 7\n#### 7"},
    "empty_reply": {"question": QUESTION, "answer": float("nan")},
    "long_answer": {"question": QUESTION, "answer": f"<think>{BODY}</think><answer>{'It depends. ' * 40}</answer>"},
    "missing_answer": {"question": QUESTION, "answer": "She has some clips and then buys some."},
    "answers_disagree": {"question": QUESTION, "solution": "3 + 4 = 7\n#### 7", "answer": "8"},
    "lost_characters": {"question": "What costs \ufffd 3?", "answer": "#### 3"},
}


@pytest.mark.parametrize("reason", REJECTED)
def test_a_row_that_cannot_be_used_is_kept_with_its_reason(reason: str) -> None:
    done = normalise([FORMS["gsm8k"], REJECTED[reason]], "x")
    (reject,) = done.rejects
    assert (reject.row, reject.reason, reject.raw) == (1, reason, REJECTED[reason])
    assert reject.detail
    assert done.summary.rejected == {reason: 1}
    assert (done.summary.n_rows, done.summary.n_samples) == (2, 1)


def test_every_reason_is_explained() -> None:
    assert set(REJECTED) | {"language", "duplicate", "near_duplicate", "conflicting_answer"} == set(REASONS)


def test_the_seeds_own_mojibake_is_mended_and_counted() -> None:
    done = normalise([{"question": "What is â‚¹240 Ã— 2?", "answer": "â‚¹240 Ã— 2 = â‚¹480\n#### â‚¹480"}], "x")
    (sample,) = done.samples
    assert sample.question == "What is ₹240 × 2?"
    assert sample.steps == ("₹240 × 2 = ₹480",)
    assert sample.answer == "480"
    assert done.summary.repairs["mojibake"] == 1


@pytest.mark.parametrize(
    ("raw", "mended"),
    [
        ("20 − 13 = 7", "20 - 13 = 7"),
        ("₹ 240 and € 5", "₹240 and €5"),
        ("it is $ 5 for $ 3", "it is $5 for $3"),
        ("$ x = 3 $ holds", "$ x = 3 $ holds"),
        ("12\u202f345\u00a0678 people", "12345678 people"),
        ("it’s “so”", 'it\'s "so"'),
        ("२ + ३ = ５", "2 + 3 = 5"),
        ("a\u200bb\ufeff c\r\n\r\n\r\n\r\nd \t e", "ab c\n\nd e"),
        ("3 &lt; 4 &amp; 5", "3 < 4 & 5"),
        ("e\u0301", "é"),
        ("zero \x00\x07 control", "zero control"),
    ],
)
def test_text_is_written_one_way(raw: str, mended: str) -> None:
    assert repair(raw).text == mended


@given(st.text(max_size=80))
@settings(max_examples=100, deadline=None)
def test_a_repaired_text_is_not_mended_again_in_its_whitespace(text: str) -> None:
    once = repair(text).text
    assert "whitespace" not in repair(once).repairs
    assert once == once.strip()


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("$1,200.00", "1200"),
        ("₹1,00,000", "100000"),
        ("Rs. 240", "240"),
        ("240 rupees", "240"),
        ("8.50", "8.50"),
        ("-$5", "-5"),
        ("−5", "-5"),
        ("$0.25", "0.25"),
        (".5", "0.5"),
        ("7.", "7"),
        ("$7$", "7"),
        (r"\(x+1\)", "x+1"),
        ("25%", "25%"),
        ("2½", "2 1/2"),
        ("1,2", "1,2"),
        ("15 apples", "15 apples"),
        ("१२", "12"),
        ("7**", "7"),
    ],
)
def test_an_answer_is_written_as_a_gold_answer(raw: str, clean: str) -> None:
    assert clean_answer(raw) == clean
    assert clean_answer(clean) == clean


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("1. 3 + 4 = 7\n2. 7 - 2 = 5", ("3 + 4 = 7", "7 - 2 = 5")),
        ("3. 3 + 4 = 7\n9. 7 - 2 = 5", ("3. 3 + 4 = 7", "9. 7 - 2 = 5")),
        ("**Step 1:** 3 + 4 = 7\n**Step 2:** 5", ("3 + 4 = 7", "5")),
        ("- one\n- two", ("one", "two")),
        ("- 5 + 7 = 2\nDone", ("- 5 + 7 = 2", "Done")),
        ("We get 3 + 4\n= 7.\nDone.", ("We get 3 + 4 = 7.", "Done.")),
        (
            "Dr. Li has $3.50. He spends $2. So $1.50 is left.",
            ("Dr. Li has $3.50.", "He spends $2.", "So $1.50 is left."),
        ),
        ("", ()),
    ],
)
def test_steps_are_split_at_lines_or_sentences(text: str, steps: tuple[str, ...]) -> None:
    assert split_steps(text) == steps


def sample(name: str, question: str, answer: str, *steps: str) -> Sample:
    return Sample(id=name, question=question, steps=steps, answer=answer, source="x")


LONG = "Maria walks 3 miles on Monday, 4 miles on Tuesday and rests on Sunday; how many miles does she walk in all?"


def test_the_same_words_with_other_punctuation_are_a_duplicate() -> None:
    found = find_duplicates(
        [sample("a", LONG, "7", "3 + 4 = 7"), sample("b", LONG.upper().replace(";", ","), "7", "3+4=7!")]
    )
    assert [(d.at, d.reason) for d in found] == [(1, "duplicate")]


def test_one_changed_word_is_a_near_duplicate_and_other_numbers_are_not() -> None:
    steps = ("On both days together she walks 3 + 4 = 7 miles, which is all that she walks in that week.",)
    a, b = sample("a", LONG, "7", *steps), sample("b", LONG.replace("rests", "sleeps"), "7", *steps)
    other = sample("c", LONG.replace("3 miles", "5 miles"), "9", steps[0].replace("3 + 4 = 7", "5 + 4 = 9"))
    found = find_duplicates([a, b, other], near=0.9)
    assert [(d.at, d.reason) for d in found] == [(1, "near_duplicate")]
    assert find_duplicates([a, b, other], near=1) == []


def test_the_same_question_with_another_solution_stays() -> None:
    assert (
        find_duplicates([sample("a", LONG, "7", "3 + 4 = 7"), sample("b", LONG, "7", "4 + 3 = 7, both days taken")])
        == []
    )


def test_contradicting_answers_go_unless_one_has_the_majority() -> None:
    a, b = sample("a", LONG, "7", "3 + 4 = 7"), sample("b", LONG, "8", "3 + 5 = 8")
    assert [d.reason for d in find_duplicates([a, b])] == ["conflicting_answer"] * 2
    third = sample("c", LONG, "7", "4 + 3 = 7")
    assert [(d.at, d.reason) for d in find_duplicates([a, b, third])] == [(1, "conflicting_answer")]


@given(st.lists(st.lists(st.sampled_from(list("abcdef")), min_size=4, max_size=14), min_size=2, max_size=12))
@settings(max_examples=80, deadline=None)
def test_prefix_filtering_finds_what_comparing_all_finds(texts: list[list[str]]) -> None:
    from itertools import pairwise

    from sft.data.normalise.duplicates import jaccard

    samples = [sample(str(i), " ".join(words), "1") for i, words in enumerate(texts)]
    found = {d.at for d in find_duplicates(samples, near=0.7)}
    kept: list[int] = []
    for i, words in enumerate(texts):
        if all(jaccard(frozenset(pairwise(words)), frozenset(pairwise(texts[j]))) < 0.7 for j in kept):
            kept.append(i)
    assert found == set(range(len(texts))) - set(kept)


def test_another_language_is_turned_away_when_asked_for() -> None:
    rows = [
        FORMS["gsm8k"],
        {
            "question": "¿Cuántos libros tiene María si compra 3 y su hermano le da 4 más?",
            "answer": "3 + 4 = 7\n#### 7",
        },
    ]
    assert normalise(rows, "x").summary.languages == {"en": 1, "es": 1}
    assert [r.reason for r in normalise(rows, "x", language="en").rejects] == ["language"]
    assert guess_language("मोहन के पास 3 सेब हैं") == "hi"


def test_a_repeated_id_gets_its_row_number() -> None:
    rows = [{**FORMS["gsm8k"], "id": "a"}, {"id": "a", "question": "And 2 + 2?", "answer": "2 + 2 = 4\n#### 4"}]
    assert [s.id for s in normalise(rows, "x").samples] == ["a-row0", "a-row1"]


COLUMNS = ("question", "answer", "solution", "messages", "prompt", "completion", "text", "steps", "output", "id")
_VALUES = st.one_of(st.text(max_size=30), st.integers(), st.none(), st.lists(st.text(max_size=5), max_size=3))
_KEYS = st.sampled_from(COLUMNS)


@given(st.lists(st.dictionaries(_KEYS, _VALUES, max_size=4), max_size=8))
@settings(max_examples=100, deadline=None)
def test_every_row_ends_as_a_sample_or_a_reject(rows: list[dict[str, object]]) -> None:
    done = normalise(rows, "x")
    seen = sorted([s.row for s in done.samples] + [r.row for r in done.rejects])
    assert seen == list(range(len(rows)))
    assert {r.reason for r in done.rejects} <= set(REASONS)
    assert len({s.id for s in done.samples}) == len(done.samples)


HOSTILE = {
    "digits": "1" * 50_000,
    "initials": "A. " * 15_000 + "#### 2",
    "spaces": "#### $" + " " * 50_000 + "5",
    "tags": "<think>" * 7_000,
    "boxes": "\\boxed{" * 7_000,
    "hashes": "#### " * 10_000,
    "blank lines": "Answer:" + "\n" * 50_000,
    "quotes": '"' * 50_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_row_takes_no_longer_than_its_length_allows(name: str) -> None:
    """Each of these took a quadratic pattern minutes."""
    row = {"question": f"{name} {HOSTILE[name]}", "answer": HOSTILE[name]}
    assert normalise([row, {"text": f"Question: {HOSTILE[name]}"}], "x").summary.n_rows == 2


def test_files_of_every_kind_give_the_same_samples(tmp_path) -> None:
    import pandas as pd

    rows = [FORMS["gsm8k"], FORMS["alpaca"] | {"id": "q2"}]
    columns = [
        {"question": QUESTION, "answer": f"{BODY}\n#### 7"},
        {"question": "And 2 + 2?", "answer": "2+2 = 4\n#### 4"},
    ]
    frame = pd.DataFrame(columns)
    frame.to_parquet(tmp_path / "a.parquet")
    frame.to_csv(tmp_path / "a.csv", index=False)
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, columns)))
    loaded = [normalise(load_raw(str(tmp_path / name)), "x").samples for name in ("a.parquet", "a.csv", "a.jsonl")]
    assert loaded[0] == loaded[1] == loaded[2]
    assert len(loaded[0]) == len(rows)


def test_a_parquet_file_of_chats_is_read(tmp_path) -> None:
    import pandas as pd

    pd.DataFrame([FORMS["chat_tags"]]).to_parquet(tmp_path / "chat.parquet")
    (sample,) = normalise(load_raw(str(tmp_path / "chat.parquet")), "x").samples
    assert sample.steps == STEPS


def test_the_projects_own_problems_are_a_source() -> None:
    rows = load_raw("gsm_style:n=12,seed=3")
    done = normalise(rows, source_name("gsm_style:n=12,seed=3"))
    assert len(done.samples) == 12
    assert all(s.steps and s.metadata["cluster"] for s in done.samples)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("gsm_style:k=3", "unknown option of gsm_style: 'k'"),
        ("gsm_style:n=x", "not a whole number"),
        ("gsm_style:n", "expected KEY=VALUE"),
        ("nowhere.jsonl", "no file at nowhere.jsonl"),
    ],
)
def test_a_source_that_cannot_be_read_says_so(spec: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        load_raw(spec)


def test_samples_come_back_from_their_file(tmp_path) -> None:
    samples = normalise([FORMS["gsm8k"], FORMS["labels"]], "x").samples
    assert write_lines(tmp_path / "samples.jsonl", samples) == len(samples)
    assert read_samples(tmp_path / "samples.jsonl") == samples


def test_raw_rows_are_no_prepared_samples(tmp_path) -> None:
    (tmp_path / "raw.jsonl").write_text(json.dumps(FORMS["gsm8k"]))
    with pytest.raises(UserError, match="not a prepared sample"):
        read_samples(tmp_path / "raw.jsonl")


@pytest.mark.parametrize(
    "module",
    [
        sft.data.normalise.rows,
        sft.data.normalise.answer,
        sft.data.normalise.language,
        sft.data.normalise.reply,
        sft.data.normalise.steps,
        sft.data.normalise.text,
        sft.data.reaches,
    ],
    ids=lambda module: module.__name__,
)
def test_the_examples_in_docstrings_hold(module) -> None:
    done = doctest.testmod(module)
    assert done.attempted
    assert not done.failed
