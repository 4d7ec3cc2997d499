"""Accuracy over variants of the same questions: what each costs, paired by seed question, and the worst of all."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_runs import METRICS, doc, finished, record, reply

from harness.audits.robustness import robustness
from harness.comparison.compare import compare
from harness.core.records import Record
from reports.html import comparison_html, run_html
from reports.markdown import comparison_page, run_page
from reports.view import comparison_view, run_view

ACCURACY = METRICS[0]


def variant_record(seed: int, variant: str, *, right: bool) -> Record:
    """Seed question `seed` in one variant, answered right or wrong."""
    metadata = {"variant": variant, "seed_id": f"s{seed}"}
    asked = replace(doc(seed), id=f"s{seed}-{variant}", cluster=f"s{seed}", metadata=metadata)
    return record(asked, reply(seed, 2 * seed if right else 2 * seed + 1))


def records_of(**rights: str) -> list[Record]:
    """One record a letter: records_of(none="111", names="10-"); '-' has none."""
    return [
        variant_record(seed, variant, right=mark == "1")
        for variant, marks in rights.items()
        for seed, mark in enumerate(marks)
        if mark != "-"
    ]


def test_each_variant_has_its_accuracy_and_its_change_against_the_plain_question():
    found = robustness(records_of(none="1111100000", names="1110000000", reorder="1111110000"), ACCURACY)
    assert found is not None
    assert [(one.variant, one.estimate.value) for one in found.variants] == [
        ("none", 0.5),
        ("names", 0.3),
        ("reorder", 0.6),
    ]
    plain, names, reorder = found.variants
    assert plain.drop is None
    assert names.drop is not None
    assert reorder.drop is not None
    assert (names.drop.value, reorder.drop.value) == (pytest.approx(-0.2), pytest.approx(0.1))
    assert names.drop.low < names.drop.value < names.drop.high
    assert names.drop.p_adjusted > 0.1


def test_a_large_drop_is_shown_with_confidence_after_adjustment():
    found = robustness(records_of(none="1" * 40, names="1" * 40, longer="1" * 10 + "0" * 30), ACCURACY)
    assert found is not None
    by_name = {one.variant: one.drop for one in found.variants}
    assert by_name["longer"].p_adjusted < 0.001
    assert by_name["names"].p_adjusted == 1


def test_the_worst_counts_seed_questions_that_are_right_in_every_variant():
    found = robustness(records_of(none="1110", names="1101", reorder="1011"), ACCURACY)
    assert found is not None
    assert found.worst.value == 0.25
    assert found.worst.n_docs == 4


def test_seed_questions_without_every_variant_are_left_out_of_the_worst_and_counted():
    found = robustness(records_of(none="1111", names="11--", reorder="1111"), ACCURACY)
    assert found is not None
    assert (found.worst.value, found.worst.n_docs, found.worst.n_not_scored) == (1.0, 2, 2)
    names = found.variants[1]
    assert names.drop is not None
    assert names.drop.n_seeds == 2


def test_seed_questions_of_one_template_stay_together_in_every_number():
    made = [
        replace(one, doc=replace(one.doc, cluster=f"t{int(one.doc.metadata['seed_id'][1:]) // 4}"))
        for one in records_of(none="1111" * 2 + "0000" * 2, names="1111" + "0000" * 3)
    ]
    found = robustness(made, ACCURACY)
    assert found is not None
    assert found.worst.value == 0.25
    assert {one.estimate.n_clusters for one in found.variants} == {found.worst.n_clusters} == {4}


@pytest.mark.parametrize("rights", [{"none": "111"}, {"names": "111", "reorder": "111"}, {}])
def test_without_plain_questions_and_variants_there_is_nothing_to_tell(rights):
    assert robustness(records_of(**rights), ACCURACY) is None


def test_docs_without_variants_have_none():
    assert robustness([record(doc(i), reply(i, 2 * i)) for i in range(4)], ACCURACY) is None


@given(st.lists(st.tuples(*[st.booleans()] * 3), min_size=2, max_size=20), st.randoms(use_true_random=False))
def test_the_worst_is_no_better_than_any_variant_and_order_does_not_matter(rights, shuffler: random.Random):
    made = [
        variant_record(seed, name, right=right)
        for seed, row in enumerate(rights)
        for name, right in zip(("none", "names", "reorder"), row, strict=True)
    ]
    found = robustness(made, ACCURACY)
    assert found is not None
    assert found.worst.value <= min(one.estimate.value for one in found.variants)
    shuffled = list(made)
    shuffler.shuffle(shuffled)
    again = robustness(shuffled, ACCURACY)
    assert again is not None
    assert again.worst.value == found.worst.value
    assert {one.variant: one.estimate.value for one in again.variants} == {
        one.variant: one.estimate.value for one in found.variants
    }


def test_pages_of_one_run_and_of_two_show_it_once():
    before = records_of(none="1" * 12, names="1" * 6 + "0" * 6)
    after = records_of(none="1" * 12, names="1" * 12)
    runs = finished("base", before), finished("tuned", after)
    view = run_view(runs[0], before)
    row = "| names | 50.0% [25.4% to 74.6%] | -50.0 ["
    assert row in run_page(view)
    assert "| right in every variant | 50.0%" in run_page(view)
    assert run_html(view, before).count('data-table="robustness"') == 1
    both = comparison_view(compare(runs[0], before, runs[1], after), before, after)
    assert row in comparison_page(both)
    assert comparison_html(both, before, after).count('data-table="robustness"') == 1


def test_a_run_of_generated_variants_keeps_them_in_its_estimates(harness, tmp_path):
    options = ("-o", "variant=all", "-o", "n=70", "--model", "scripted:slip,rate=0.5")
    done = harness("run", "--task", "gsm_style", *options, "--out", tmp_path / "run", "--json")
    assert done.code == 0, done.err
    estimates = json.loads(done.out)["estimates"]
    names = ["none", "names", "numbers", "distractor", "reorder", "currency", "longer"]
    assert {f"accuracy: {name}" for name in names} <= set(estimates)
    worst = estimates["accuracy: worst of all variants"]
    assert worst["n_docs"] == 10
    assert worst["value"] <= min(estimates[f"accuracy: {name}"]["value"] for name in names)
    assert harness("report", tmp_path / "run").code == 0
    page = (tmp_path / "run" / "report.md").read_text(encoding="utf-8")
    assert page.count("worst of all variants") == 0  # it has a table of its own
    assert "| right in every variant |" in page
