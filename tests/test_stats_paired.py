"""Paired differences, p-values, power: against scipy, statsmodels and their own definitions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.stats.holm import holm
from harness.stats.paired import mcnemar_exact, mcnemar_mid_p, paired_difference, tango, two_by_two
from harness.stats.power import detectable_binary, detectable_mean, docs_needed
from harness.stats.simulate import values

TABLES = [(0, 0), (1, 0), (3, 3), (9, 2), (39, 115), (162, 175), (700, 600)]
COUNTS = st.integers(0, 400)
LEVELS = st.floats(0.8, 0.999)


@pytest.mark.parametrize(("fixed", "broken"), TABLES)
def test_exact_p_is_scipys_and_statsmodels_mcnemar(fixed, broken):
    from scipy.stats import binomtest
    from statsmodels.stats.contingency_tables import mcnemar

    ours = mcnemar_exact(fixed, broken)
    theirs = mcnemar([[100, broken], [fixed, 100]], exact=True).pvalue if fixed + broken else 1.0
    assert ours == pytest.approx(theirs, rel=1e-9)
    assert ours == pytest.approx(binomtest(fixed, fixed + broken).pvalue if fixed + broken else 1.0, rel=1e-9)


@pytest.mark.parametrize(("fixed", "broken"), TABLES)
def test_mid_p_is_its_definition_in_scipys_binomial(fixed, broken):
    from scipy.stats import binom

    least, total = min(fixed, broken), fixed + broken
    expected = 2 * (binom.cdf(least, total, 0.5) - 0.5 * binom.pmf(least, total, 0.5))
    assert mcnemar_mid_p(fixed, broken) == pytest.approx(min(1.0, expected), rel=1e-9)


def test_mid_p_of_a_published_table():
    # Fagerland et al. 2013, table 1: airway hyper-responsiveness before and after transplantation, 1 against 7 of 21
    assert mcnemar_exact(1, 7) == pytest.approx(0.0703, abs=5e-5)
    assert mcnemar_mid_p(1, 7) == pytest.approx(0.0391, abs=5e-5)


def test_tango_of_a_published_table():
    # Fagerland et al. 2014, Statistics in Medicine 33:2850, the table of mid-p above, by Tango's asymptotic score
    assert tango(1, 7, 21) == pytest.approx((-0.517, -0.026), abs=5e-4)


@pytest.mark.parametrize(("fixed", "broken", "n"), [(1, 7, 21), (0, 3, 100), (9, 2, 50), (175, 162, 1319)])
def test_tangos_ends_are_where_the_likeliest_table_under_them_is_just_contradicted(fixed, broken, n):
    from scipy.optimize import minimize_scalar

    for end, sign in zip(tango(fixed, broken, n), (1, -1), strict=True):

        def unlikely(share, end=end):  # of broken pairs, if the true difference is `end`
            shares = np.array([share + end, share, 1 - 2 * share - end])
            return -float(np.dot([fixed, broken, n - fixed - broken], np.log(np.maximum(shares, 1e-300))))

        bounds = (max(0.0, -end), (1 - end) / 2)
        share = minimize_scalar(unlikely, bounds=bounds, method="bounded", options={"xatol": 1e-12}).x
        variance = (2 * share + end - end**2) / n
        assert ((fixed - broken) / n - end) / math.sqrt(variance) == pytest.approx(sign * 1.959964, abs=1e-4)


@pytest.mark.parametrize("n", [20, 50, 100, 200])
@pytest.mark.parametrize("broken_share", [0.02, 0.04, 0.1, 0.25])
@pytest.mark.parametrize("fixed_share", [0.0, 0.005, 0.02])
def test_a_true_loss_is_left_out_from_above_not_much_more_often_than_promised(n, broken_share, fixed_share):
    """What lets a gate pass falsely, exactly: every table of n pairs with its probability."""
    from scipy.stats import multinomial

    truth = fixed_share - broken_share
    shares = [fixed_share, broken_share, 1 - fixed_share - broken_share]
    ends = [(f, b, tango(f, b, n)[0]) for f in range(min(n, 30) + 1) for b in range(n - f + 1)]
    chances = multinomial.pmf([[f, b, n - f - b] for f, b, _ in ends], n, shares)
    missed = sum(chance for (_, _, low), chance in zip(ends, chances, strict=True) if low > truth + 1e-9)
    assert missed < 0.03  # 2.5% is the promise; Agresti and Min's interval reaches 13%


@given(pair=st.data(), n=st.integers(2, 60), level=LEVELS)
def test_repeats_that_all_agree_count_as_one_completion(pair, n, level):
    before, after = (np.array(pair.draw(st.lists(st.sampled_from([0.0, 1.0]), min_size=n, max_size=n))) for _ in "ab")
    once = paired_difference(values(before), values(after), level=level)
    thrice = paired_difference(values(before, k=3), values(after, k=3), level=level)
    assert thrice.high - thrice.low >= once.high - once.low - 1e-9
    assert thrice.low <= once.low + 1e-9


@given(fixed=COUNTS, broken=COUNTS, same=COUNTS, level=LEVELS)
def test_tango_holds_the_difference_stays_in_range_and_mirrors(fixed, broken, same, level):
    n = fixed + broken + same
    low, high = tango(fixed, broken, n, level=level)
    mirrored = tango(broken, fixed, n, level=level)
    assert -1 <= low <= high <= 1
    assert mirrored == pytest.approx((-high, -low), abs=1e-12)
    if n:
        assert low <= (fixed - broken) / n <= high
        assert low < high


@given(fixed=COUNTS, broken=COUNTS)
def test_mid_p_is_symmetric_and_between_half_and_all_of_exact(fixed, broken):
    assert mcnemar_mid_p(fixed, broken) == mcnemar_mid_p(broken, fixed)
    assert mcnemar_exact(fixed, broken) / 2 <= mcnemar_mid_p(fixed, broken) <= 1.0


@given(fixed=st.integers(1, 400), broken=COUNTS)
def test_more_fixed_on_top_of_a_lead_is_more_evidence(fixed, broken):
    fixed += broken
    assert mcnemar_mid_p(fixed + 1, broken) <= mcnemar_mid_p(fixed, broken)


def test_unclustered_mean_difference_is_scipys_paired_t():
    from scipy import stats

    rng = np.random.default_rng(2)
    before, after = rng.normal(100, 20, 40), rng.normal(104, 25, 40)
    ours = paired_difference(values(before), values(after))
    theirs = stats.ttest_rel(after, before)
    assert ours.p_value == pytest.approx(theirs.pvalue, rel=1e-9)
    assert (ours.low, ours.high) == pytest.approx(tuple(theirs.confidence_interval(0.95)), rel=1e-9)


def test_clustered_mean_difference_is_statsmodels_cluster_robust_t():
    import statsmodels.api as sm

    rng = np.random.default_rng(3)
    groups = np.arange(120) // 4
    before, after = rng.normal(100, 20, 120), rng.normal(104, 25, 120) + rng.normal(0, 30, 30)[groups]
    ours = paired_difference(values(before, clusters=groups), values(after, clusters=groups))
    fit = sm.OLS(after - before, np.ones(120)).fit(cov_type="cluster", cov_kwds={"groups": groups}, use_t=True)
    assert ours.p_value == pytest.approx(float(fit.pvalues[0]), rel=1e-6)
    assert (ours.low, ours.high) == pytest.approx(tuple(fit.conf_int()[0]), rel=1e-6)


@st.composite
def sides(draw):
    """Two sides of a bounded ratio metric over the same docs, sometimes clustered."""
    n = draw(st.integers(2, 30))
    seed = draw(st.integers(0, 10_000))
    rng = np.random.default_rng(seed)
    clusters = None
    if draw(st.booleans()):
        clusters = np.unique(rng.integers(0, max(2, n // 2), n), return_inverse=True)[1]
    made = []
    for _ in range(2):
        count = rng.integers(1, 6, n)
        made.append(values(rng.binomial(count, rng.random()), denominator=count, clusters=clusters))
    return made[0], made[1]


@given(pair=sides(), level=LEVELS)
def test_a_paired_ratio_mirrors_when_the_sides_swap_and_holds_its_value(pair, level):
    there, back = (paired_difference(*p, level=level) for p in (pair, pair[::-1]))
    assert there.value == pytest.approx(-back.value, abs=1e-12)
    if there.low is None:
        assert there.spread.n_clusters < 2
        return
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low), abs=1e-9)
    assert there.p_value == pytest.approx(back.p_value, abs=1e-9)
    assert -1 <= there.low <= there.value <= there.high <= 1
    assert there.low < there.high


@given(pair=sides())
def test_p_is_below_five_percent_just_where_the_interval_leaves_zero_out(pair):
    found = paired_difference(*pair)
    if found.p_value is not None and abs(found.p_value - 0.05) > 1e-9 and abs(found.value) < 1:
        assert (found.p_value < 0.05) == (not found.low <= 0 <= found.high)


def test_nothing_changed_is_not_certainty():
    same = values(np.repeat([1.0, 0.5], 10), k=4)
    found = paired_difference(same, same)
    assert (found.value, found.p_value) == (0.0, 1.0)
    assert found.low < 0 < found.high


def test_one_large_cluster_of_many_small_ones_is_no_evidence():
    codes = np.concatenate([np.repeat(np.arange(10), 50), 10 + np.arange(500)])
    before, after = np.ones(1000), np.where(codes == 0, 0.0, 1.0)
    found = paired_difference(values(before, clusters=codes), values(after, clusters=codes))
    assert found.p_value > 0.05
    assert found.low < -0.1 < 0 < found.high
    assert found.spread.units < 50 < found.spread.n_clusters


def test_many_completions_do_not_tell_how_often_a_whole_doc_is_lost():
    rng = np.random.default_rng(0)
    chance = rng.beta(0.1, 0.1, 100)  # nearly every doc always right or always wrong
    before, after = (values(rng.binomial(64, chance) / 64, k=64) for _ in "ab")
    found = paired_difference(before, after)
    assert found.low < -1 / 100  # a doc lost wholly, which this draw has not, is a point


def test_units_are_the_docs_where_none_weighs_more_and_fewer_where_some_do():
    even, uneven = np.arange(60) // 3, np.repeat(np.arange(4), [50, 4, 3, 3])
    right = np.arange(60) % 2 * 1.0
    assert paired_difference(values(right, clusters=even), values(right, clusters=even)).spread.units == pytest.approx(
        20
    )
    assert paired_difference(values(right, clusters=uneven), values(right, clusters=uneven)).spread.units < 2.1


def test_two_by_two_counts_every_doc_once():
    table = two_by_two(values(np.array([1, 0, 1, 0, 1])), values(np.array([1, 1, 0, 0, 1])))
    assert (table.both_right, table.fixed, table.broken, table.both_wrong, table.n) == (2, 1, 1, 1, 5)


@pytest.mark.parametrize("p_values", [[0.04], [0.01, 0.04, 0.03], [0.2, 0.001, 0.02, 0.02, 0.9]])
def test_holm_is_statsmodels(p_values):
    from statsmodels.stats.multitest import multipletests

    adjusted = holm({str(i): p for i, p in enumerate(p_values)})
    assert [adjusted[str(i)] for i in range(len(p_values))] == pytest.approx(multipletests(p_values, method="holm")[1])


@given(p_values=st.dictionaries(st.text(max_size=3), st.floats(0, 1), max_size=12))
def test_holm_keeps_the_order_and_never_lowers_a_p(p_values):
    adjusted = holm(p_values)
    by_p = sorted(p_values, key=p_values.__getitem__)
    assert [adjusted[name] for name in by_p] == sorted(adjusted.values())
    assert all(p_values[name] <= adjusted[name] <= 1 for name in p_values)


@pytest.mark.parametrize(("n", "discordant"), [(200, 0.3), (1319, 0.12)])
def test_the_detectable_difference_is_found_four_times_in_five(n, discordant):
    change = detectable_binary(n, discordant)
    shares = [(discordant + change) / 2, (discordant - change) / 2, 1 - discordant]
    tables = np.random.default_rng(0).multinomial(n, shares, size=1500)
    found = np.mean([mcnemar_mid_p(int(fixed), int(broken)) < 0.05 for fixed, broken, _ in tables])
    assert found == pytest.approx(0.8, abs=0.03)


@given(n=st.integers(10, 5000), discordant=st.floats(0, 1))
def test_a_larger_comparison_detects_less(n, discordant):
    few, many = detectable_binary(n, discordant), detectable_binary(4 * n, discordant)
    assert few is not None
    assert 0 < many < few <= 1


def test_three_pairs_can_show_nothing():
    assert detectable_binary(3, 0.5) is None
    assert detectable_mean(0.1, 0) is None


def test_detectable_mean_agrees_with_statsmodels_power():
    from statsmodels.stats.power import TTestPower

    n, deviation = 200, 0.4
    found = detectable_mean(deviation / math.sqrt(n), n - 1)
    assert TTestPower().power(found / deviation, n, 0.05) == pytest.approx(0.8, abs=0.005)


def test_docs_needed_halve_the_distance_and_quadruple():
    assert docs_needed(0.02, 0.5) == math.ceil(((1.959964 + 0.841621) * 0.5 / 0.02) ** 2)
    assert docs_needed(0.01, 0.5) == pytest.approx(4 * docs_needed(0.02, 0.5), abs=4)
    assert docs_needed(0.0, 0.5) is None
