"""From records to estimates: repeats, clusters, ratios, what is not scored, what is undefined."""

from __future__ import annotations

import numpy as np
import pytest
from compare_builders import ACCURACY, STEPS, TOKENS, accuracy_records, record
from hypothesis import given
from hypothesis import strategies as st

from harness.core.records import MetricInfo
from harness.stats.estimate import estimate_metrics
from harness.stats.intervals import wilson


def one(records, info=ACCURACY, **options):
    return estimate_metrics(records, [info], **options)[info.name]


def test_one_yes_or_no_a_doc_is_wilson():
    found = one(accuracy_records([1, 1, 0, 1]))
    assert (found.value, found.method, found.n_docs, found.n_clusters, found.n_not_scored) == (0.75, "Wilson", 4, 4, 0)
    assert (found.low, found.high) == wilson(3, 4)


def test_what_is_not_scored_is_outside_the_accuracy_and_counted():
    found = one(accuracy_records([1, None, 0, None]))
    assert (found.value, found.n_docs, found.n_not_scored) == (0.5, 2, 2)


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_finite_number_is_not_scored(odd):
    found = one(accuracy_records([1, odd, 0, 1]))
    assert (found.value, found.n_docs, found.n_not_scored) == (2 / 3, 3, 1)
    steps = [record("a", {"valid_steps": (1.0, 2.0)}), record("b", {"valid_steps": (odd, 2.0)})]
    assert (one(steps, STEPS).value, one(steps, STEPS).n_not_scored) == (0.5, 1)


@pytest.mark.parametrize("records", [[], accuracy_records([None, None])])
def test_without_a_scored_doc_the_value_is_undefined(records):
    found = one(records)
    assert (found.value, found.low, found.high, found.n_docs, found.n_not_scored) == (None, None, None, 0, len(records))


def test_a_doc_counts_once_however_often_it_was_drawn():
    often = [record("a", {"accuracy": 1.0}, repeat=i) for i in range(9)]
    found = one([*often, record("b", {"accuracy": 0.0})])
    assert found.value == 0.5
    assert found.n_docs == 2


def test_a_repeat_that_failed_leaves_the_doc_with_the_others():
    records = [record("a", {"accuracy": v}, repeat=i) for i, v in enumerate([1.0, None, 0.0])]
    found = one([*records, record("b", {"accuracy": 1.0})])
    assert (found.value, found.n_docs, found.n_not_scored) == (0.75, 2, 0)


def test_repeats_narrow_the_interval_but_not_as_much_as_docs():
    rng = np.random.default_rng(0)
    chance = rng.beta(1, 1, 200)
    once = [record(str(i), {"accuracy": float(rng.random() < p)}) for i, p in enumerate(chance)]
    four = [
        record(str(i), {"accuracy": float(rng.random() < p)}, repeat=k) for i, p in enumerate(chance) for k in range(4)
    ]
    width = [one(records).high - one(records).low for records in (once, four)]
    assert width[0] / 2 < width[1] < width[0]
    assert one(four).method == "Wilson, effective n over docs"


def test_docs_that_share_a_template_are_not_independent():
    alike = [float(i // 10 % 2) for i in range(200)]
    names = [f"template {i // 10}" for i in range(200)]
    alone, shared = one(accuracy_records(alike)), one(accuracy_records(alike, clusters=names))
    assert shared.value == alone.value
    assert (shared.n_docs, shared.n_clusters) == (200, 20)
    assert shared.high - shared.low > 2 * (alone.high - alone.low)


def test_clusters_of_one_doc_each_change_nothing():
    values = [1.0, 0.0, 1.0]
    assert one(accuracy_records(values, clusters=["a", "b", ""])) == one(accuracy_records(values))


def test_a_single_cluster_says_nothing():
    found = one(accuracy_records([1.0, 0.0, 1.0], clusters=["t", "t", "t"]))
    assert (found.low, found.high, found.n_clusters) == (0.0, 1.0, 1)


def test_a_ratio_is_a_sum_over_a_sum_and_docs_without_steps_are_outside():
    pairs = [(3.0, 4.0), (0.0, 0.0), (1.0, 6.0)]
    found = one([record(str(i), {"valid_steps": pair}) for i, pair in enumerate(pairs)], STEPS)
    assert found.value == pytest.approx(0.4)
    assert (found.n_docs, found.n_not_scored) == (2, 1)
    assert 0 <= found.low < 0.4 < found.high <= 1


def test_a_ratio_with_numerators_0_and_1_is_not_a_proportion_of_docs():
    found = one([record(str(i), {"valid_steps": (float(i % 2), 5.0)}) for i in range(100)], STEPS)
    assert found.value == pytest.approx(0.1)
    assert found.low < 0.1 < found.high


def test_a_ratio_may_count_docs_whose_denominator_is_zero():
    info = MetricInfo(name="tokens_per_correct", description="", scorer="s", kind="ratio")
    pairs = [(100.0, 1.0), (300.0, 0.0)]
    found = one([record(str(i), {info.name: pair}) for i, pair in enumerate(pairs)], info)
    assert (found.value, found.n_docs) == (400.0, 2)


def test_one_doc_gives_a_mean_but_no_interval():
    found = one([record("a", {"tokens": 120.0})], TOKENS)
    assert (found.value, found.low, found.high) == (120.0, None, None)


@pytest.mark.parametrize("n", [2, 3, 12])
@pytest.mark.parametrize("tokens", [10.0, 0.1 + 1e3])
def test_docs_that_all_agree_give_a_mean_but_no_interval(n, tokens):
    found = one([record(str(i), {"tokens": tokens}) for i in range(n)], TOKENS)
    assert (found.value, found.low, found.high) == (pytest.approx(tokens), None, None)


def test_token_counts_get_a_bootstrap_and_few_of_them_a_t():
    values = np.random.default_rng(0).lognormal(5, 1, 60)
    found = one([record(str(i), {"tokens": float(v)}) for i, v in enumerate(values)], TOKENS)
    few = one([record(str(i), {"tokens": float(v)}) for i, v in enumerate(values[:5])], TOKENS)
    assert found.method == "bootstrap-t over docs"
    assert few.method == "t over docs"
    assert found.low < found.value < found.high


def test_a_mean_over_docs_has_scipys_t_interval():
    from scipy import stats

    values = [3.0, 7.0, 1.0, 12.0, 5.5]
    found = one([record(str(i), {"tokens": v}) for i, v in enumerate(values)], TOKENS)
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), rel=1e-9)


@given(
    values=st.lists(st.tuples(st.sampled_from([0.0, 0.25, 0.5, 1.0]), st.integers(0, 5)), min_size=1, max_size=40),
    level=st.floats(0.8, 0.99),
)
def test_every_interval_of_a_share_holds_its_value_and_stays_in_range(values, level):
    records = [record(str(i), {"accuracy": v}, cluster=f"c{c}" if c else "") for i, (v, c) in enumerate(values)]
    found = one(records, level=level)
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found.low < found.high


@given(values=st.lists(st.sampled_from([0.0, 1.0, None]), max_size=30), seed=st.integers(0, 99))
def test_the_order_of_records_does_not_matter(values, seed):
    records = accuracy_records(values)
    shuffled = [records[i] for i in np.random.default_rng(seed).permutation(len(records))]
    assert one(shuffled) == one(records)
