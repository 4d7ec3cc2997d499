"""Comparisons of real Gemma-3-1B outputs by their stored labels, against scipy and statsmodels on the same table."""

from __future__ import annotations

import json
import math

import pytest
from compare_builders import record, recorded_run

from harness.comparison.compare import compare
from harness.stats.paired import mcnemar_exact

pytestmark = pytest.mark.shared_data


def labels(path):
    rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return [record(str(row["idx"]), {"accuracy": float(row["official_correct"])}) for row in rows]


@pytest.fixture
def outputs(shared_data):
    return lambda name: (recorded_run(name), labels(shared_data(f"gemma3_1b_it_outputs/{name}.jsonl")))


def test_supervised_tuning_shows_no_evidence_of_a_difference(outputs):
    found = compare(*outputs("base_think"), *outputs("sft_lr1e6_prefill"))
    d = found.differences["accuracy"]
    assert 100 * d.value == pytest.approx(1.0, abs=0.05)
    assert d.p_value == pytest.approx(0.48, abs=0.01)
    assert (d.fixed, d.broken, d.n_paired) == (175, 162, 1319)
    assert found.verdict.startswith("No evidence of a difference: accuracy +1.0 points [-1.7, +3.7]")


def test_reinforcement_learning_is_better(outputs):
    found = compare(*outputs("base_b32_a"), *outputs("lora_grpo_b1"))
    d = found.differences["accuracy"]
    assert 100 * d.value == pytest.approx(5.8, abs=0.05)
    assert d.p_value < 0.001
    assert found.verdict.startswith("Better: accuracy +5.8 points")


@pytest.mark.parametrize("pair", [("base_think", "sft_lr1e6_prefill"), ("base_b32_a", "lora_grpo_b1")])
def test_interval_and_p_agree_with_scipy_and_statsmodels(outputs, pair):
    from scipy.stats import binom, binomtest
    from statsmodels.stats.contingency_tables import mcnemar

    d = compare(*outputs(pair[0]), *outputs(pair[1])).differences["accuracy"]
    least, changed = min(d.fixed, d.broken), d.fixed + d.broken
    theirs = mcnemar([[d.both_right, d.broken], [d.fixed, d.both_wrong]], exact=True).pvalue
    assert mcnemar_exact(d.fixed, d.broken) == pytest.approx(theirs, rel=1e-9)
    assert theirs == pytest.approx(binomtest(least, changed).pvalue, rel=1e-9)
    assert d.p_value == pytest.approx(theirs - binom.pmf(least, changed, 0.5), rel=1e-9)
    wald = 1.959964 * math.sqrt(changed - (d.fixed - d.broken) ** 2 / d.n_paired) / d.n_paired
    assert (d.low, d.high) == pytest.approx((d.value - wald, d.value + wald), abs=7e-4)
