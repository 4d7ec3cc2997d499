"""A comparison end to end: pairing, every kind of metric, labels, flips, symmetry."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from compare_builders import (
    ACCURACY,
    COMPLIANT,
    STEPS,
    TOKENS,
    accuracy_records,
    from_table,
    record,
    recorded_run,
    run,
)
from hypothesis import given
from hypothesis import strategies as st

from harness.cli.show.comparison import _change
from harness.comparison.compare import compare
from harness.core import words
from harness.core.errors import UserError
from harness.core.records import DataInfo, GenerationSettings
from harness.stats.intervals import wilson
from harness.stats.paired import mcnemar_mid_p, tango


def test_a_binary_comparison_is_tango_and_mcnemar_with_its_table():
    base, cand = from_table(50, 20, 8, 22)
    found = compare(run("a"), base, run("b"), cand)
    d = found.differences["accuracy"]
    assert (d.both_right, d.fixed, d.broken, d.both_wrong, d.n_paired) == (50, 20, 8, 22, 100)
    assert d.value == pytest.approx(0.12)
    assert (d.low, d.high) == tango(20, 8, 100)
    assert d.p_value == d.p_adjusted == mcnemar_mid_p(20, 8)
    assert (d.method, d.test) == ("Tango score", "McNemar mid-p")
    assert (d.baseline.low, d.baseline.high) == wilson(58, 100)
    assert 0 < d.minimum_detectable < 1
    assert (found.primary, found.labels, found.unpaired, found.gate) == ("accuracy", (), (), None)


def test_flips_name_each_doc_that_changed():
    base, cand = accuracy_records([1.0, 0.0, 1.0]), accuracy_records([1.0, 1.0, 0.0])
    flips = compare(run(), base, run(), cand).flips
    assert [(f.doc_id, f.kind, f.baseline, f.candidate) for f in flips] == [
        ("d0001", "fixed", 0.0, 1.0),
        ("d0002", "broken", 1.0, 0.0),
    ]


@given(
    outcomes=st.lists(st.tuples(*[st.sampled_from([0.0, 1.0, None])] * 2, st.integers(0, 3)), min_size=1, max_size=40)
)
def test_swapping_the_runs_mirrors_everything(outcomes):
    clusters = [f"c{c}" if c else "" for *_, c in outcomes]
    base, cand = (accuracy_records([o[side] for o in outcomes], clusters=clusters) for side in (0, 1))
    if not any(a is not None and b is not None for a, b, _ in outcomes):
        with pytest.raises(UserError, match="nothing to compare"):
            compare(run(), base, run(), cand)
        return
    there, back = compare(run(), base, run(), cand), compare(run(), cand, run(), base)
    d, e = there.differences["accuracy"], back.differences["accuracy"]
    assert d.value == pytest.approx(-e.value)
    assert (d.fixed, d.broken, d.both_right, d.both_wrong) == (e.broken, e.fixed, e.both_right, e.both_wrong)
    assert there.unpaired == back.unpaired
    assert d.p_value == (None if e.p_value is None else pytest.approx(e.p_value))
    assert d.minimum_detectable == (None if e.minimum_detectable is None else pytest.approx(e.minimum_detectable))
    if d.low is not None:
        assert (d.low, d.high) == pytest.approx((-e.high, -e.low))


def test_docs_pair_by_id_whatever_their_order():
    base, cand = from_table(5, 3, 1, 2)
    assert compare(run(), base, run(), cand[::-1]).differences == compare(run(), base, run(), cand).differences


def test_docs_scored_in_one_run_only_are_listed_and_left_out():
    base = accuracy_records([1.0, None, 0.0, None])
    cand = accuracy_records([1.0, 1.0, None, None])
    found = compare(run(), base, run(), cand)
    assert found.unpaired == ("d0001", "d0002")
    assert found.differences["accuracy"].n_paired == 1
    assert found.differences["accuracy"].baseline.n_docs == 1
    assert "2 docs scored in only one run left out" in found.verdict


@pytest.mark.parametrize("cand", [[], accuracy_records([None, None]), [record("other", {"accuracy": 1.0})]])
def test_no_doc_in_common_is_a_users_error(cand):
    with pytest.raises(UserError, match="nothing to compare"):
        compare(run(), accuracy_records([1.0, 0.0]), run(), cand)


def test_allowed_data_pair_only_docs_that_ask_the_same_and_expect_the_same():
    other = DataInfo(source="file:fixed.jsonl", docs_hash="e" * 16, n_docs=3)
    base = accuracy_records([1.0, 0.0, 1.0])
    cand = [
        record("d0000", {"accuracy": 1.0}),
        record("d0001", {"accuracy": 1.0}, target="2"),
        record("d0002", {"accuracy": 1.0}, question="reworded"),
    ]
    found = compare(run(), base, run(data=other), cand, allow=frozenset({"data"}))
    assert found.unpaired == found.changed == ("d0001", "d0002")
    assert found.differences["accuracy"].n_paired == 1
    assert "data differ" in found.labels[0]
    assert "2 docs with another question or gold answer left out" in found.verdict


def test_repeats_are_averaged_by_doc_before_pairing():
    settings = GenerationSettings(temperature=0.7, repeats=2)
    base = [record(f"d{i}", {"accuracy": float(i % 2)}, repeat=k) for i in range(12) for k in range(2)]
    cand = [record(f"d{i}", {"accuracy": float(k)}, repeat=k) for i in range(12) for k in range(2)]
    found = compare(run(settings=settings), base, run(settings=settings), cand)
    d = found.differences["accuracy"]
    assert (d.value, d.n_paired, d.fixed, d.both_right) == (0.0, 12, None, None)
    assert d.method == "Tango score, effective n over docs"
    assert {(f.baseline, f.candidate, f.kind) for f in found.flips} == {(0.0, 0.5, "fixed"), (1.0, 0.5, "broken")}


def test_docs_of_one_template_widen_the_interval():
    before, after = [0.0] * 60 + [1.0] * 40, [1.0] * 20 + [0.0] * 40 + [1.0] * 40
    names = [f"t{i // 10}" for i in range(100)]
    alone = compare(run(), accuracy_records(before), run(), accuracy_records(after)).differences["accuracy"]
    sides = [accuracy_records(side, clusters=names) for side in (before, after)]
    shared = compare(run(), sides[0], run(), sides[1]).differences["accuracy"]
    assert shared.value == pytest.approx(alone.value)
    assert (shared.fixed, shared.n_clusters) == (alone.fixed, 10)
    assert shared.method == "Tango score, effective n over clusters"
    assert shared.low < 0 < alone.low
    assert shared.minimum_detectable > alone.minimum_detectable


def every_kind(seed, gain):
    rng = np.random.default_rng(seed)
    return [
        record(
            f"d{i}",
            {
                "accuracy": float(rng.random() < 0.5),
                "compliant": float(rng.random() < 0.2 + gain),
                "tokens": float(rng.lognormal(5, 0.4)),
                "valid_steps": (float(rng.binomial(5, 0.8)), 5.0),
            },
        )
        for i in range(150)
    ]


def test_secondary_metrics_are_holm_adjusted_and_the_primary_comes_first():
    metrics = (STEPS, COMPLIANT, ACCURACY, TOKENS)
    runs = [run(name, metrics=metrics) for name in "ab"]
    found = compare(runs[0], every_kind(0, 0.0), runs[1], every_kind(1, 0.6))
    assert list(found.differences) == ["accuracy", "valid_steps", "compliant", "tokens"]
    secondary = [d for name, d in found.differences.items() if name != "accuracy"]
    ranked = sorted(secondary, key=lambda d: d.p_value)
    assert ranked[0].p_adjusted == pytest.approx(3 * ranked[0].p_value)
    assert [d.p_adjusted for d in ranked] == sorted(d.p_adjusted for d in ranked)
    assert found.differences["tokens"].method == "t over docs"
    assert found.differences["valid_steps"].method == "Tango score, effective n over docs"
    assert all(d.low <= d.value <= d.high for d in found.differences.values())


def test_a_metric_of_one_run_only_is_left_out():
    base, cand = from_table(5, 3, 1, 2)
    found = compare(run(), base, run(metrics=(ACCURACY, TOKENS)), cand)
    assert list(found.differences) == ["accuracy"]


def test_a_metric_that_no_doc_has_is_undefined_not_zero():
    base, cand = from_table(5, 3, 1, 2)
    runs = [run(name, metrics=(ACCURACY, TOKENS)) for name in "ab"]
    d = compare(runs[0], base, runs[1], cand).differences["tokens"]
    assert (d.value, d.low, d.high, d.p_value, d.p_adjusted, d.minimum_detectable) == (None,) * 6


def test_fixed_means_better_where_lower_is_better():
    cut_off = replace(ACCURACY, name="accuracy", higher_is_better=False)
    base, cand = accuracy_records([1.0, 1.0, 0.0]), accuracy_records([0.0, 1.0, 0.0])
    runs = [run(name, metrics=(cut_off,)) for name in "ab"]
    found = compare(runs[0], base, runs[1], cand)
    d = found.differences["accuracy"]
    assert (d.fixed, d.broken, d.both_right, d.both_wrong) == (1, 0, 1, 1)
    assert d.value == pytest.approx(-1 / 3)
    assert [f.kind for f in found.flips] == ["fixed"]


def test_an_unfinished_run_is_labelled():
    base, cand = from_table(5, 3, 1, 2)
    found = compare(run("a", n_expected=11), base, run("b", n_expected=1319), cand)
    assert found.labels == ("b is unfinished: 11 of 1,319 completions",)


def test_a_refused_comparison_computes_nothing():
    with pytest.raises(UserError, match="prompts differ"):
        compare(run(), [], run(prompt_hash="q" * 16), [])


def test_foreign_runs_carry_their_label_into_the_comparison():
    base, cand = from_table(5, 3, 1, 2)
    found = compare(recorded_run("x"), base, recorded_run("y"), cand)
    assert "prompts and settings are unknown" in found.labels[0]


def test_diagnostic_metrics_are_a_holm_family_of_their_own():
    metrics = (ACCURACY, COMPLIANT, replace(STEPS, diagnostic=True), replace(TOKENS, diagnostic=True))
    runs = [run(name, metrics=metrics) for name in "ab"]
    found = compare(runs[0], every_kind(0, 0.0), runs[1], every_kind(1, 0.6)).differences
    assert found["compliant"].p_adjusted == found["compliant"].p_value
    least = min(found["valid_steps"].p_value, found["tokens"].p_value)
    assert min(found["valid_steps"].p_adjusted, found["tokens"].p_adjusted) == pytest.approx(min(1.0, 2 * least))


def test_a_candidate_that_gives_no_numbers_is_not_worse_but_unscored():
    base, cand = accuracy_records([1.0, 0.0, 1.0]), accuracy_records([1.0, float("nan"), 1.0])
    found = compare(run(), base, run(), cand)
    assert found.verdict.startswith("No evidence of a difference: accuracy +0.0 points")
    assert found.unpaired == ("d0001",)


@pytest.mark.parametrize("more", [0.0, 0.3])
def test_docs_that_all_moved_alike_do_not_prove_a_change_of_a_number_without_a_range(more):
    sides = [[record(str(i), {"tokens": 100.1 * (i + 1) + added}) for i in range(12)] for added in (0.0, more)]
    one = run(primary="tokens", metrics=(TOKENS,))
    found = compare(one, sides[0], one, sides[1], margin=0.02)
    d = found.differences["tokens"]
    assert d.value == pytest.approx(more)
    assert (d.low, d.high, d.p_value, d.minimum_detectable) == (None, None, None, None)
    assert found.verdict.startswith("All docs are alike, no spread to judge by: tokens")
    assert found.gate.outcome == "inconclusive"


def test_no_comparison_could_have_shown_more_than_a_hundred_points():
    base, cand = accuracy_records([0.5, 0.5]), accuracy_records([1.0, 1.0])
    found = compare(run(), base, run(), cand)
    assert found.differences["accuracy"].minimum_detectable is None
    assert "could have shown" not in found.verdict


def test_clusters_that_only_one_run_knows_hold_for_both_whichever_it_is():
    clusters = [f"c{i // 10}" for i in range(40)]
    base, cand = accuracy_records([1.0, 0.0] * 20), accuracy_records([1.0, 1.0] * 20, clusters=clusters)
    there = compare(run(), base, run(), cand).differences["accuracy"]
    back = compare(run(), cand, run(), base).differences["accuracy"]
    assert there.n_clusters == back.n_clusters == there.baseline.n_clusters == 4
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low))


def test_a_change_that_rounds_to_nothing_reads_the_same_on_the_terminal_as_on_a_page():
    base, cand = accuracy_records([1.0, 0.5] * 3000), accuracy_records([1.0, 0.4999] * 3000)
    d = compare(run(), base, run(), cand).differences["accuracy"]
    assert d.value < 0
    assert _change(d).split()[0] == words.change(d.value, "binary") == "+0.0"
