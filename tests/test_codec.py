"""Records survive the way to JSON and back."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core.codec import decode, encode
from harness.core.records import Completion, Doc, Estimate, Message, Record, Score

text = st.text(max_size=40)
docs = st.builds(
    Doc,
    id=text,
    question=text | st.lists(st.builds(Message, role=st.just("user"), content=text), min_size=1, max_size=3).map(tuple),
    target=text,
    metadata=st.dictionaries(text, st.integers() | text, max_size=3),
)
completions = st.builds(Completion, doc_id=text, text=text, prefill=text, seconds=st.none() | st.floats(0, 9))
scores = st.builds(
    Score, value=st.none() | st.floats(0, 1), outcome=st.sampled_from(["correct", "wrong", "no_answer"]), why=text
)
values = st.none() | st.floats(0, 1) | st.tuples(st.floats(0, 9), st.floats(1, 9))
records = st.builds(
    Record,
    key=text,
    doc=docs,
    completion=completions,
    scores=st.dictionaries(text, scores, max_size=2),
    metrics=st.dictionaries(text, values, max_size=3),
)


@given(records)
def test_a_record_survives_json(record):
    assert decode(Record, json.loads(json.dumps(encode(record)))) == record


def test_a_field_that_is_not_there_takes_its_default():
    assert decode(Completion, {"doc_id": "a", "text": "b"}) == Completion(doc_id="a", text="b")


def test_a_field_that_is_not_known_is_passed_over():
    assert decode(Completion, {"doc_id": "a", "text": "b", "later": 1}).text == "b"


@pytest.mark.parametrize("data", [{}, {"doc_id": "a"}, [1], "text"])
def test_what_is_no_record_is_refused(data):
    with pytest.raises((TypeError, KeyError)):
        decode(Completion, data)


def test_a_value_outside_a_closed_set_is_refused():
    with pytest.raises(ValueError, match="stopped"):
        decode(Completion, {"doc_id": "a", "text": "b", "finish": "stopped"})


def test_an_undefined_estimate_stays_undefined():
    estimate = Estimate(
        value=None, low=None, high=None, level=0.95, method="none", n_docs=0, n_clusters=0, n_not_scored=3
    )
    assert decode(Estimate, encode(estimate)) == estimate
