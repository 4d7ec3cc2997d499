"""Every kind of constraint: replies that keep it, replies that break it, and what is said of those."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.forgetting import counting
from tasks.forgetting.constraints import KINDS, Constraint
from tasks.forgetting.instructions import LEADING, constraints_of, instructions, witness

CASES = {
    "words_exact": ({"n": 3}, ["It rains today.", "one - two, three!", "It's so-so now"], ["It rains.", "a b c d"]),
    "words_at_least": ({"n": 3}, ["one two three", "a b c d e"], ["one two", "- * -"]),
    "words_at_most": ({"n": 3}, ["one two three", "one"], ["a b c d"]),
    "sentences": ({"n": 2}, ["It rains. It pours!", "Why? Because", 'He said "Go." Then left.'], ["One.", "A. B. C."]),
    "paragraphs": ({"n": 2}, ["a\n\nb", "a\nb\n \n\nc"], ["a\nb", "a\n\nb\n\nc"]),
    "bullets": ({"n": 2}, ["- a\n- b", "* a\n\n* b"], ["- a", "Here:\n- a\n- b", "-a\n-b", "- a\n- b\n- c"]),
    "numbered": ({"n": 2}, ["1. a\n2. b", "1) a\n\n2) b"], ["1. a", "2. a\n1. b", "1. a\n2. b\nDone", "1.a\n2.b"]),
    "acrostic": ({"word": "sun"}, ["Some\nused\nnets", "*Sun\nup\n\nnow"], ["Some\nused", "Sun up now", "A\nB\nC"]),
    "json_keys": (
        {"keys": ["a", "b"]},
        ['{"a": 1, "b": [2]}', '```json\n{"b": 1, "a": 2}\n```'],
        ['{"a": 1}', '{"a": 1, "b": 2, "c": 3}', "[1, 2]", 'Sure: {"a": 1, "b": 2}', "{'a': 1, 'b': 2}"],
    ),
    "one_of": ({"options": ["yes", "no"]}, ["Yes.", "**no**"], ["maybe", "yes, because", "yes no"]),
    "title": ({}, ["<<Rain>>\nIt falls.", "**<<Rain>>**\n\nIt falls."], ["Rain\nIt falls.", "<<Rain>>", "<<Rain>> It"]),
    "parted": ({"n": 2}, ["one\n***\ntwo", "a\nb\n\n ***\n\nc"], ["one *** two", "one\n***\n", "a\n***\nb\n***\nc"]),
    "lower_case": ({}, ["all small, 3 of them."], ["One capital", "mIxed"]),
    "upper_case": ({}, ["ALL BIG, 3 OF THEM."], ["ONE small", "123 !"]),
    "starts_with": ({"text": "In short"}, ["In short, yes.", '"in short: no"'], ["Yes, in short.", "In shorter words"]),
    "ends_with": ({"text": "thank you"}, ["Come, and thank you.", "THANK YOU!"], ["Thank you, Ann.", "I sthank you"]),
    "word_times": ({"word": "river", "n": 2}, ["River, o river!"], ["one river", "rivers, rivers", "river " * 3]),
    "avoid_word": ({"word": "the"}, ["Then they left."], ["The end", "by the sea"]),
    "avoid_letter": ({"letter": "e"}, ["A warm day"], ["Every day", "HER"]),
    "short_words": ({"n": 4}, ["Most are fine", "it is 2024"], ["Some larger ones"]),
    "no_commas": ({}, ["a; b"], ["a, b"]),
    "no_digits": ({}, ["three"], ["3", "no. 4"]),
    "exclaimed": ({"n": 2}, ["Oh! No!", "What!!"], ["Oh!", "Oh!!!", "none"]),
    "quoted": ({}, ['"It rains."', "“It rains.”"], ["It rains.", '"It" rains', '""']),
}  # fmt: skip


def test_every_kind_has_cases_of_its_own():
    assert set(CASES) == set(KINDS)


@pytest.mark.parametrize("kind", CASES)
def test_replies_that_keep_a_constraint_have_no_fault(kind):
    params, kept, _ = CASES[kind]
    for reply in kept:
        assert Constraint(kind=kind, params=params).fault(f"\n {reply} \n") == "", reply


@pytest.mark.parametrize("kind", CASES)
def test_replies_that_break_a_constraint_are_told_why(kind):
    params, _, broken = CASES[kind]
    for reply in [*broken, "", " \n "]:
        assert Constraint(kind=kind, params=params).fault(reply), reply


@pytest.mark.parametrize("kind", CASES)
def test_a_prompt_states_every_parameter(kind):
    params, _, _ = CASES[kind]
    sentence = Constraint(kind=kind, params=params).sentence
    stated = [part for value in params.values() for part in (value if isinstance(value, list) else [value])]
    assert all(str(part) in sentence for part in stated)
    assert "{" not in sentence


def test_ways_of_counting_are_as_their_docstrings_say():
    assert doctest.testmod(counting).failed == 0


DOCS = list(instructions(4 * len(LEADING), seed=3))


@pytest.mark.parametrize("doc", DOCS, ids=lambda doc: doc.id)
def test_the_constraints_of_every_prompt_can_be_kept_together(doc):
    constraints = constraints_of(doc)
    assert not any(constraint.fault(doc.target) for constraint in constraints)
    assert all(constraint.sentence in doc.question for constraint in constraints)
    assert len({KINDS[c.kind].slot for c in constraints}) == len(constraints)


def test_prompts_have_one_to_three_constraints_and_every_kind_comes_up():
    sizes = {len(constraints_of(doc)) for doc in DOCS}
    assert sizes == {1, 2, 3}
    many = [c.kind for doc in instructions(300, seed=0) for c in constraints_of(doc)]
    assert set(many) == set(KINDS)


@given(st.integers(0, 2**31), st.integers(1, 60))
def test_prompts_depend_on_the_seed_alone_and_are_different(seed, n):
    made = list(instructions(n, seed))
    assert made == list(instructions(n + 5, seed))[:n]
    assert len({doc.question for doc in made}) == n


def test_constraints_that_exclude_each_other_have_no_witness():
    shout = Constraint(kind="upper_case", params={})
    whisper = Constraint(kind="lower_case", params={})
    assert witness([shout]) is not None
    assert witness([shout, whisper]) is None


@given(st.text(max_size=200), st.sampled_from(sorted(CASES)))
def test_no_text_makes_a_check_fail(text, kind):
    assert isinstance(Constraint(kind=kind, params=CASES[kind][0]).fault(text), str)


@given(st.lists(st.text(st.characters(categories=("Ll",)), min_size=1, max_size=8), min_size=1, max_size=30))
def test_words_joined_by_spaces_are_counted_one_by_one(made):
    text = " ".join(made)
    assert len(counting.words(text)) == len(made)
    assert Constraint(kind="words_exact", params={"n": len(made)}).fault(text) == ""
    assert Constraint(kind="words_at_most", params={"n": len(made) - 1}).fault(text)
