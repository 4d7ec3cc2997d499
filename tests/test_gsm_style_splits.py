"""What is held out stays held out: whole templates, and number ranges of the templates seen in training."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core.errors import UserError
from harness.core.records import Doc
from tasks.gsm_style import all_templates, generate
from tasks.gsm_style.generator import make
from tasks.gsm_style.num import WORDS
from tasks.gsm_style.splits import DEV_TEMPLATES, NARROW, TEST_TEMPLATES, positions

FRACTIONS = "half|thirds?|quarters?|fifths?|sixths?|eighths?|tenths?|twice"
BANDS = ("train", "dev", "test")


def shape(doc: Doc) -> tuple[str, ...]:
    """The numbers of a question in their order, in words or digits; amounts with their currency."""
    found = re.findall(rf"[$€₹]?\d[\d,.]*\d|[$€₹]?\d|\b(?:{'|'.join(WORDS)}|{FRACTIONS})\b", str(doc.question).lower())
    return tuple(str(WORDS.index(word)) if word in WORDS else word for word in found)


def test_held_out_template_names_exist_and_are_apart() -> None:
    names = {template.name for template in all_templates()}
    assert names >= DEV_TEMPLATES | TEST_TEMPLATES
    assert not DEV_TEMPLATES & TEST_TEMPLATES


def test_training_uses_no_held_out_template() -> None:
    used = {doc.metadata["template"] for doc in generate(800, 0, "train")}
    assert not used & (DEV_TEMPLATES | TEST_TEMPLATES)
    assert used == {template.name for template in all_templates() if template.split == "train"}


@pytest.mark.parametrize(("split", "names"), [("dev", DEV_TEMPLATES), ("test", TEST_TEMPLATES)])
def test_held_out_templates_only(split: str, names: frozenset[str]) -> None:
    docs = generate(100, 0, split, held_out="template")  # type: ignore[arg-type]
    assert {doc.metadata["template"] for doc in docs} == names
    assert {doc.metadata["held_out"] for doc in docs} == {"template"}


def test_held_out_numbers_come_from_seen_templates() -> None:
    docs = generate(200, 0, "test", held_out="numbers")
    assert {doc.metadata["template"] for doc in docs} == {t.name for t in all_templates() if t.split == "train"}
    assert {doc.metadata["held_out"] for doc in docs} == {"numbers"}


def test_mixed_has_both_kinds() -> None:
    assert {doc.metadata["held_out"] for doc in generate(200, 0, "test")} == {"numbers", "template"}


@given(st.integers(min_value=NARROW, max_value=500))
def test_wide_ranges_are_parted_without_overlap(size: int) -> None:
    parts = [positions(size, band) for band in BANDS]  # type: ignore[arg-type]
    assert all(parts)
    assert sorted(i for part in parts for i in part) == list(range(size))


@given(st.integers(min_value=1, max_value=NARROW - 1))
def test_narrow_ranges_are_shared(size: int) -> None:
    assert {positions(size, band) for band in BANDS} == {tuple(range(size))}  # type: ignore[arg-type]


def test_no_numbers_of_a_seen_template_are_shared_between_splits() -> None:
    for template in all_templates():
        if template.split != "train":
            continue
        found = {
            band: {shape(make(template, index, 0, band)[0]) for index in range(15)}  # type: ignore[arg-type]
            for band in BANDS
        }
        assert not found["train"] & found["test"], template.name
        assert not found["train"] & found["dev"], template.name
        assert not found["dev"] & found["test"], template.name


def test_no_question_is_in_two_splits() -> None:
    train, dev, test = ({doc.question for doc in generate(800, 0, band)} for band in BANDS)  # type: ignore[arg-type]
    assert not train & test
    assert not train & dev
    assert not dev & test


def test_nothing_left_after_a_filter_is_a_user_error() -> None:
    with pytest.raises(UserError, match="no template fits"):
        generate(5, 0, "train", only=(min(TEST_TEMPLATES),))


def test_more_questions_than_a_template_has_is_a_user_error() -> None:
    with pytest.raises(UserError, match="there are only"):
        generate(20_000, 0, "dev", only=("rows_with_empty_seats",), held_out="numbers")
