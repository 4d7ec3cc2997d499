"""Golden sentences: a verdict claims no more than was shown. And the gate's three states."""

from __future__ import annotations

from dataclasses import replace

import pytest
from compare_builders import ACCURACY, COMPLIANT, TOKENS, from_table, record, run
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.comparison.compare import compare
from harness.core.errors import UserError


def judge(table, **options):
    base, cand = from_table(*table)
    return compare(run("a"), base, run("b"), cand, **options)


def with_format(accuracy, compliant):
    """Verdict from two 2x2 tables over the same docs."""
    sides = zip(from_table(*accuracy), from_table(*compliant), strict=True)
    records = [
        [replace(a, metrics={**a.metrics, "compliant": c.metrics["accuracy"]}) for a, c in zip(*side, strict=True)]
        for side in sides
    ]
    runs = [run(name, metrics=(ACCURACY, COMPLIANT)) for name in "ab"]
    return compare(runs[0], records[0], runs[1], records[1]).verdict


GOLDEN = {
    (418, 175, 162, 564): (
        "No evidence of a difference: accuracy +1.0 points [-1.7, +3.7], p = 0.48, n = 1,319; "
        "this comparison could have shown 3.9 points."
    ),
    (696, 115, 39, 469): "Better: accuracy +5.8 points [+4.0, +7.6], p < 0.001, n = 1,319.",
    (696, 39, 115, 469): "Worse: accuracy -5.8 points [-7.6, -4.0], p < 0.001, n = 1,319.",
    (50, 0, 0, 50): (
        "No evidence of a difference: accuracy +0.0 points [-3.7, +3.7], p = 1.00, n = 100; "
        "this comparison could have shown 7.7 points."
    ),
    (2, 1, 0, 0): "No evidence of a difference: accuracy +33.3 points [-41.5, +79.2], p = 0.50, n = 3.",
}


@pytest.mark.parametrize("table", GOLDEN)
def test_the_sentence_of_a_table(table):
    assert judge(table).verdict == GOLDEN[table]


def test_better_format_alone_is_not_better_answers():
    assert with_format((418, 175, 162, 564), (30, 1120, 5, 164)) == (
        "Formats better, no evidence that it answers better (compliant +84.5 points): accuracy +1.0 points "
        "[-1.7, +3.7], p = 0.48, n = 1,319; this comparison could have shown 3.9 points."
    )


def test_format_and_answers_are_told_apart_in_every_combination():
    more, fewer, same = (20, 60, 5, 115), (20, 5, 60, 115), (50, 20, 20, 110)
    openings = {
        (more, more): "Better: formats better and answers better (compliant +27.5 points): ",
        (fewer, more): "Worse: formats better but answers worse (compliant +27.5 points): ",
        (more, fewer): "Better: formats worse but answers better (compliant -27.5 points): ",
        (same, fewer): "Formats worse, no evidence that it answers differently (compliant -27.5 points): ",
        (more, same): "Better: accuracy ",
        (same, same): "No evidence of a difference: accuracy ",
    }
    for tables, opening in openings.items():
        assert with_format(*tables).startswith(opening)


def test_one_doc_measured_by_a_mean_says_too_little():
    info = replace(TOKENS, name="accuracy")
    runs = [run(name, metrics=(info,)) for name in "ab"]
    base, cand = ([record("d", {"accuracy": value})] for value in (120.0, 90.0))
    assert compare(runs[0], base, runs[1], cand).verdict == (
        "Too few docs to say: accuracy -30.00 no interval, p undefined, n = 1."
    )


def test_fewer_is_better_where_the_metric_says_so():
    info = replace(TOKENS, name="accuracy")
    runs = [run(name, metrics=(info,)) for name in "ab"]
    base, cand = ([record(str(i), {"accuracy": at + i % 3}) for i in range(30)] for at in (100.0, 90.0))
    cand[0] = replace(cand[0], metrics={"accuracy": 89.0})
    assert compare(runs[0], base, runs[1], cand).verdict.startswith("Better: accuracy -10.03 [")


@given(counts=st.tuples(*[st.integers(0, 60)] * 4).filter(lambda c: sum(c) > 0))
def test_a_claim_needs_both_the_p_value_and_the_interval(counts):
    found = judge(counts)
    d = found.differences["accuracy"]
    claimed = found.verdict.startswith(("Better", "Worse"))
    assert claimed == (d.p_value < 0.05 and not d.low <= 0 <= d.high)
    if claimed:
        assert found.verdict.startswith("Better") == (d.value > 0)


@pytest.mark.parametrize(
    ("table", "margin", "outcome"),
    [
        ((696, 115, 39, 469), 0.02, "pass"),  # better
        ((696, 115, 39, 469), 0.0, "pass"),  # margin 0 asks for better, and it is
        ((500, 10, 10, 480), 0.02, "pass"),  # the same, measured closely
        ((970, 0, 10, 20), 0.05, "pass"),  # worse, surely, but surely by less than the margin
        ((696, 39, 115, 469), 0.02, "fail"),  # worse by more than the margin, surely
        ((418, 162, 175, 564), 0.02, "inconclusive"),
        ((50, 3, 3, 44), 0.0, "inconclusive"),
    ],
)
def test_the_gate_passes_fails_or_says_that_it_cannot_tell(table, margin, outcome):
    gate = judge(table, margin=margin).gate
    assert gate.outcome == outcome
    assert gate.margin == margin


def test_an_inconclusive_gate_names_the_n_that_would_settle_it():
    found = judge((418, 162, 175, 564), margin=0.02)
    n, needed = found.differences["accuracy"].n_paired, found.gate.n_needed
    assert needed > n
    assert found.gate.why == (
        f"the interval holds -2.0 points; about {needed:,} docs would settle it (as a pass) "
        "if the true change is the one observed"
    )
    factor = -(-needed // n)
    grown = judge(tuple(factor * count for count in (418, 162, 175, 564)), margin=0.02)
    assert grown.gate.outcome == "pass"


def test_a_gate_at_the_very_margin_is_settled_by_no_n():
    gate = judge((50, 3, 3, 44), margin=0.0).gate
    assert (gate.outcome, gate.n_needed) == ("inconclusive", None)


def test_the_gate_reads_a_rise_as_a_loss_where_lower_is_better():
    info = replace(ACCURACY, higher_is_better=False)
    base, cand = from_table(696, 115, 39, 469)
    found = compare(run("a", metrics=(info,)), base, run("b", metrics=(info,)), cand, margin=0.02)
    assert found.gate.outcome == "fail"


@pytest.mark.parametrize("margin", [-0.01, 1.5, float("nan"), float("inf")])
def test_a_margin_that_is_no_fraction_is_refused(margin):
    with pytest.raises(UserError, match="margin must lie between 0 and 1"):
        judge((5, 3, 1, 2), margin=margin)


@settings(max_examples=40)
@given(
    counts=st.tuples(*[st.integers(0, 80)] * 4).filter(lambda c: sum(c) > 0),
    margins=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_a_wider_margin_never_turns_a_pass_into_less(counts, margins):
    strict, lax = sorted(margins)
    order = {"fail": 0, "inconclusive": 1, "pass": 2}
    assert order[judge(counts, margin=strict).gate.outcome] <= order[judge(counts, margin=lax).gate.outcome]


def lossy(n_lost, before, after):
    """A gate over 1,000 like docs, the candidate two better, and `n_lost` more that one run has not scored."""
    base, cand = from_table(900, 2, 0, 98)
    more = [[record(f"lost{i}", {"accuracy": value}) for i in range(n_lost)] for value in (before, after)]
    return compare(run("a"), base + more[0], run("b"), cand + more[1], margin=0.02).gate


@pytest.mark.parametrize(
    ("n_lost", "before", "after", "outcome"),
    [
        (5, 1.0, None, "pass"),  # too few to turn it
        (100, 1.0, None, "inconclusive"),  # all of them may be broken
        (100, 0.0, None, "pass"),  # wrong before: none of them can be a loss
        (100, None, 1.0, "pass"),  # right after: the same
        (100, None, 0.0, "inconclusive"),
    ],
)
def test_a_gate_passes_only_where_the_docs_that_one_run_lost_could_not_turn_it(n_lost, before, after, outcome):
    gate = lossy(n_lost, before, after)
    assert gate.outcome == outcome
    if outcome == "inconclusive":
        assert gate.why == (
            "the 1,000 docs scored in both runs alone would be a pass, "
            "but the 100 docs scored in only one could undo it"
        )


def test_a_gate_fails_only_where_the_docs_that_one_run_lost_could_not_turn_it():
    base, cand = from_table(900, 0, 40, 60)
    more = [[record(f"lost{i}", {"accuracy": value}) for i in range(200)] for value in (0.0, None)]
    assert compare(run("a"), base, run("b"), cand, margin=0.02).gate.outcome == "fail"
    assert compare(run("a"), base + more[0], run("b"), cand + more[1], margin=0.02).gate.outcome == "inconclusive"


def test_docs_of_allowed_other_data_that_one_run_was_never_asked_do_not_hold_a_gate_up():
    base, cand = from_table(900, 2, 0, 98)
    extra = [record(f"extra{i}", {"accuracy": 1.0}) for i in range(100)]
    other = replace(run().data, docs_hash="e" * 16)
    found = compare(run("a"), base + extra, run("b", data=other), cand, margin=0.02, allow=frozenset({"data"}))
    assert found.gate.outcome == "pass"
    assert compare(run("a"), base + extra, run("b"), cand, margin=0.02).gate.outcome == "inconclusive"


def test_at_margin_zero_the_gate_claims_no_more_than_the_verdict():
    found = judge((0, 4, 0, 0), margin=0.0)
    assert found.verdict.startswith("No evidence of a difference")
    assert found.differences["accuracy"].low > 0
    assert (found.gate.outcome, found.gate.why) == (
        "inconclusive",
        "the interval lies above +0.0 points, but p = 0.062",
    )
