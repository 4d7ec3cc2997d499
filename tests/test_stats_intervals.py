"""Intervals for one number: against published and peer values, and their properties."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.stats.bootstrap import bootstrap_t
from harness.stats.clustered import cluster_codes, ratio_spread
from harness.stats.intervals import bounded_mean, effective_n, mean_t, wilson
from harness.stats.running import RunningAccuracy
from harness.stats.student import t_quantile, two_sided_p

LEVELS = st.floats(0.8, 0.999)


@pytest.mark.parametrize("df", [1, 1.3, 4, 49.5, 1318])
@pytest.mark.parametrize("probability", [0.001, 0.4, 0.5, 0.9, 0.975, 0.9999])
def test_t_quantile_is_scipys(df, probability):
    from scipy import stats

    assert t_quantile(probability, df) == pytest.approx(stats.t.ppf(probability, df), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("df", [1, 7.7, 300])
@pytest.mark.parametrize("statistic", [0.0, 0.3, -2.1, 9.0])
def test_two_sided_p_is_scipys(df, statistic):
    from scipy import stats

    assert two_sided_p(statistic, df) == pytest.approx(2 * stats.t.sf(abs(statistic), df), abs=1e-12)


def test_without_degrees_of_freedom_nothing_is_known():
    assert t_quantile(0.975, 0) == math.inf
    assert two_sided_p(5.0, 0) == 1.0
    assert bounded_mean(0.5, 0.01, least=1, most=10, df=0, level=0.95) == (0.0, 1.0)
    assert mean_t(3.0, 0.0, df=0, level=0.95) is None


@pytest.mark.parametrize(("successes", "n"), [(0, 1), (0, 50), (1, 50), (580, 1319), (1319, 1319)])
def test_wilson_is_scipys(successes, n):
    from scipy import stats

    expected = stats.binomtest(successes, n).proportion_ci(method="wilson")
    assert wilson(successes, n) == pytest.approx((expected.low, expected.high), abs=1e-12)


@given(n=st.integers(1, 3000), share=st.floats(0, 1), level=LEVELS)
def test_wilson_holds_the_share_and_stays_in_range(n, share, level):
    successes = round(share * n)
    low, high = wilson(successes, n, level=level)
    assert 0 <= low <= successes / n <= high <= 1
    assert high - low > 0


@given(n=st.integers(1, 2000), successes=st.integers(0, 1999), level=LEVELS)
def test_wilson_rises_with_the_successes_and_mirrors(n, successes, level):
    successes = min(successes, n - 1)
    low, high = wilson(successes, n, level=level)
    next_low, next_high = wilson(successes + 1, n, level=level)
    assert next_low >= low
    assert next_high >= high
    assert wilson(n - successes, n, level=level) == pytest.approx((1 - high, 1 - low), abs=1e-9)


@given(share=st.floats(0.01, 0.99), n=st.floats(2, 1e5), more=st.floats(1.1, 10), level=LEVELS)
def test_wilson_narrows_with_n_and_widens_with_the_level(share, n, more, level):
    low, high = wilson(share * n, n, level=level)
    tight_low, tight_high = wilson(share * n * more, n * more, level=level)
    wide_low, wide_high = wilson(share * n, n, level=(1 + level) / 2)
    assert tight_high - tight_low < high - low < wide_high - wide_low


@given(
    value=st.floats(0, 1),
    variance=st.floats(0, 0.3),
    least=st.floats(1, 500),
    factor=st.floats(1, 20),
    df=st.floats(1, 500),
    level=LEVELS,
)
def test_bounded_mean_holds_the_value_and_its_n_is_between_units_and_draws(value, variance, least, factor, df, level):
    n = effective_n(value, variance, least=least, most=least * factor)
    assert least * (1 - 1e-9) <= n <= least * factor * (1 + 1e-9)
    low, high = bounded_mean(value, variance, least=least, most=least * factor, df=df, level=level)
    assert 0 <= low <= value <= high <= 1
    assert high > low


def test_a_run_without_errors_is_as_uncertain_as_its_clusters_are_few():
    assert effective_n(1.0, 0.0, least=10, most=1000) == 10
    assert effective_n(0.6, 1e-33, least=10, most=1000) == 10  # what rounding leaves of no variance


def test_a_mean_with_clusters_has_the_standard_error_of_statsmodels():
    import statsmodels.api as sm

    rng = np.random.default_rng(4)
    clusters = np.arange(120) // 4
    y = rng.normal(size=30)[clusters] + rng.normal(size=120)
    fit = sm.OLS(y, np.ones(120)).fit(cov_type="cluster", cov_kwds={"groups": clusters})
    spread = ratio_spread(y, np.ones(120), clusters)
    assert spread.variance**0.5 == pytest.approx(float(fit.bse[0]), rel=1e-9)
    assert spread.df == pytest.approx(29)


def test_uneven_clusters_leave_fewer_degrees_of_freedom():
    y, ones = np.random.default_rng(0).normal(size=60), np.ones(60)
    even = ratio_spread(y, ones, np.arange(60) // 6)
    uneven = ratio_spread(y, ones, np.repeat(np.arange(10), [33, 3, 3, 3, 3, 3, 3, 3, 3, 3]))
    assert even.df == pytest.approx(9)
    assert uneven.df < 3


def test_an_empty_cluster_name_is_a_cluster_of_its_own():
    assert cluster_codes(["a", "", "a", "", "b"]).tolist() == [0, 1, 0, 2, 3]


def test_the_bootstrap_repeats_itself_with_its_seed_and_leans_with_the_skew():
    y = np.random.default_rng(1).lognormal(size=80)
    spread = ratio_spread(y, np.ones(80), None)
    low, high = bootstrap_t(spread, level=0.95, seed=7)
    assert bootstrap_t(spread, level=0.95, seed=7) == (low, high)
    assert bootstrap_t(spread, level=0.95, seed=8) != (low, high)
    assert high - spread.value > spread.value - low > 0


def test_the_bootstrap_steps_aside_where_there_are_few_units_or_no_spread():
    few = ratio_spread(np.arange(5.0), np.ones(5), None)
    constant = ratio_spread(np.full(50, 3.0), np.ones(50), None)
    assert bootstrap_t(few, level=0.95, seed=0) is None
    assert bootstrap_t(constant, level=0.95, seed=0) is None


def test_running_accuracy_ends_at_wilson_of_the_whole():
    running = RunningAccuracy()
    assert running.value is None
    assert running.interval is None
    assert str(running) == "–"
    for value in (1.0, 0.0, None, 1.0):
        running.add(value)
    assert running.n == 3
    assert running.interval == wilson(2, 3)
    assert str(running).startswith("66.7% [")


def test_progress_bar_and_scoring_load_no_scipy_and_the_bar_no_numpy():
    code = (
        "import sys, harness.stats.running; assert 'numpy' not in sys.modules;"
        "import harness.stats.estimate, harness.stats.repeats; assert 'scipy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
