"""pass@k and maj@k against brute force over every draw."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import pytest
from compare_builders import answer, record
from hypothesis import given
from hypothesis import strategies as st

from harness.core.errors import UserError
from harness.stats.repeats import majority_at_k, pass_at_k, repeat_metrics

ANSWERS = st.lists(st.sampled_from(["right", "w1", "w2", "w3", ""]), min_size=1, max_size=8)


def brute_pass(answers, k):
    draws = list(combinations(answers, k))
    return sum("right" in draw for draw in draws) / len(draws)


def brute_majority(answers, k):
    return sum(map(share_of_win, draws := list(combinations(answers, k)))) / len(draws)


def share_of_win(draw):
    votes = Counter(a for a in draw if a)
    if not votes or votes["right"] < max(votes.values()):
        return 0.0
    return 1 / sum(count == votes["right"] for count in votes.values())


@given(answers=ANSWERS, data=st.data())
def test_pass_at_k_is_brute_force_over_all_draws(answers, data):
    k = data.draw(st.integers(1, len(answers)))
    assert pass_at_k(len(answers), answers.count("right"), k) == pytest.approx(brute_pass(answers, k))


@given(answers=ANSWERS, data=st.data())
def test_maj_at_k_is_brute_force_over_all_draws(answers, data):
    k = data.draw(st.integers(1, len(answers)))
    counts = Counter(answers)
    wrong = [counts[w] for w in ("w1", "w2", "w3") if counts[w]]
    assert majority_at_k(counts["right"], wrong, counts[""], k) == pytest.approx(brute_majority(answers, k))


@given(n=st.integers(1, 60), correct=st.integers(0, 60))
def test_pass_at_k_rises_with_k_from_the_plain_share_to_any(n, correct):
    correct = min(correct, n)
    row = [pass_at_k(n, correct, k) for k in range(1, n + 1)]
    assert row == sorted(row)
    assert row[0] == pytest.approx(correct / n)
    assert row[-1] == float(correct > 0)


def drawn(doc_id, *replies):
    return [record(doc_id, {}, repeat=i, scores=answer(outcome, text)) for i, (outcome, text) in enumerate(replies)]


def test_a_missing_answer_does_not_vote():
    records = drawn("a", ("no_answer", ""), ("no_answer", ""), ("correct", "7"))
    assert repeat_metrics(records, [3])["maj@3"].value == 1.0


def test_a_tie_is_half_a_win():
    records = drawn("a", ("correct", "7"), ("wrong", "8"), ("wrong", "8"), ("correct", "7"))
    assert repeat_metrics(records, [4])["maj@4"].value == 0.5


def test_two_spellings_of_the_right_answer_vote_together():
    records = drawn("a", ("correct", "1/2"), ("correct", "0.5"), ("wrong", "8"), ("wrong", "8"), ("wrong", "9"))
    assert repeat_metrics(records, [5])["maj@5"].value == 0.5


def test_a_vote_that_nobody_casts_is_lost():
    assert repeat_metrics(drawn("a", ("no_answer", ""), ("no_answer", "")), [2])["maj@2"].value == 0.0


def test_repeat_metrics_average_over_docs_with_an_interval():
    records = drawn("a", ("correct", "7"), ("wrong", "8")) + drawn("b", ("wrong", "1"), ("wrong", "2"))
    found = repeat_metrics(records, [1, 2])
    assert list(found) == ["pass@1", "maj@1", "pass@2", "maj@2"]
    assert (found["pass@1"].value, found["pass@2"].value, found["pass@2"].n_docs) == (0.25, 0.5, 2)
    assert found["pass@2"].low < 0.5 < found["pass@2"].high


def test_a_doc_with_too_few_scored_repeats_is_not_scored():
    records = drawn("a", ("correct", "7"), ("wrong", "8")) + drawn("b", ("correct", "1"), ("not_scored", ""))
    found = repeat_metrics(records, [2])["pass@2"]
    assert (found.value, found.n_docs, found.n_not_scored) == (1.0, 1, 1)


@pytest.mark.parametrize("k", [0, -1, 3])
def test_k_outside_the_repeats_is_refused(k):
    with pytest.raises(UserError, match=r"^k "):
        repeat_metrics(drawn("a", ("correct", "7"), ("wrong", "8")), [k])
