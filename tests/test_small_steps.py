"""Small problems: their arithmetic, what is held out, and that they are pure functions of their name."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.core.errors import UserError
from harness.core.registry import load_scorer
from harness.core.reply.presets import BARE
from tasks.gsm_style.splits import positions
from tasks.small_steps import THEMES, generate
from tasks.small_steps.generator import LARGEST, STARTS, make, step_range

_LINE = re.compile(r"(\d+) ([-+*/]) (\d+) = (\d+)\.")
_APPLY = {"+": int.__add__, "-": int.__sub__, "*": int.__mul__, "/": int.__floordiv__}


@given(
    st.sampled_from(THEMES),
    st.integers(1, 12),
    st.integers(0, 10_000),
    st.integers(0, 99),
    st.sampled_from(["train", "test"]),
)
@settings(max_examples=300, deadline=None)
def test_every_line_is_true_and_goes_on_from_the_one_before(theme, n_steps, index, seed, split):
    doc = make(theme, n_steps, index, seed, split)
    lines = [_LINE.fullmatch(line) for line in doc.gold_reasoning.split("\n")]
    assert len(lines) == n_steps
    assert all(lines)
    value = int(lines[0].group(1))
    assert str(value) in doc.question
    for line in lines:
        left, symbol, n, result = int(line.group(1)), line.group(2), int(line.group(3)), int(line.group(4))
        assert left == value
        assert symbol != "/" or left % n == 0
        value = _APPLY[symbol](left, n)
        assert value == result
        assert 1 <= value <= LARGEST
    assert doc.target == str(value)


def test_the_same_arguments_give_the_same_docs_and_a_longer_list_begins_alike():
    assert generate(40, 3) == generate(80, 3)[:40]
    assert generate(40, 3) != generate(40, 4)


def test_no_question_comes_twice():
    questions = [doc.question for doc in generate(3000, 0, "train")]
    assert len(set(questions)) == len(questions)


def test_test_questions_have_numbers_or_themes_that_training_never_sees():
    held_out = {theme.name for theme in THEMES if theme.split == "test"}
    trained = {doc.metadata["template"] for doc in generate(500, 0, "train")}
    assert not trained & held_out
    for_training = {STARTS[i] for i in positions(len(STARTS), "train")}
    for doc in generate(500, 0, "test"):
        start = int(doc.gold_reasoning.split()[0])
        assert doc.metadata["template"] in held_out or start not in for_training
        assert doc.metadata["held_out"] == ("template" if doc.metadata["template"] in held_out else "numbers")


@pytest.mark.parametrize("held_out", ["template", "numbers"])
def test_one_kind_of_held_out_can_be_asked_for(held_out):
    assert {doc.metadata["held_out"] for doc in generate(60, 0, "test", held_out=held_out)} == {held_out}


def test_lengths_are_shared_evenly():
    lengths = [doc.metadata["n_steps"] for doc in generate(500, 0, "test", steps="2-5")]
    assert {n: lengths.count(n) for n in range(2, 6)}.keys() == {2, 3, 4, 5}
    assert max(map(lengths.count, range(2, 6))) - min(map(lengths.count, range(2, 6))) <= len(THEMES)


@pytest.mark.parametrize("text", ["", "0", "5-2", "2-13", "two", "1-", "-3"])
def test_a_range_of_steps_that_is_none_is_refused(text):
    with pytest.raises(UserError, match="steps="):
        step_range(text)


def test_more_questions_than_there_are_is_refused(monkeypatch):
    monkeypatch.setattr("tasks.small_steps.generator.CHANGES", (2,))
    monkeypatch.setattr("tasks.small_steps.generator.NAMES", ("Ada", "Ben", "Cleo"))
    with pytest.raises(UserError, match="there are only"):
        generate(20_000, 0, "test", held_out="template", steps="1")


def test_the_step_checker_finds_every_gold_line_valid():
    from harness.core.records import Completion

    scorer = load_scorer("step_validity", response_format=BARE)
    for doc in generate(60, 0, "test"):
        score = scorer.score(doc, Completion(doc_id=doc.id, text=doc.gold_reasoning))
        assert score.outcome == "correct", (doc.gold_reasoning, score.why)
