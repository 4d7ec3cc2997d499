"""Nominal 95% intervals hold the truth about 95 times in 100; `benchmarks/coverage.py` measures the full grid."""

from __future__ import annotations

import math

import pytest

from harness.stats.intervals import wilson
from harness.stats.paired import mcnemar_mid_p
from harness.stats.simulate import NS, PS, SCENARIOS, measure

RUNS = 300
SMALL_GRID = {"ns": (50, 200), "ps": (0.02, 0.5)}


def exact_coverage(n, p):
    """Of Wilson's interval, by adding up binomial probabilities."""
    held = [k for k in range(n + 1) if wilson(k, n)[0] <= p <= wilson(k, n)[1]]
    logs = [math.log(math.comb(n, k)) + k * math.log(p) + (n - k) * math.log1p(-p) for k in held]
    return sum(map(math.exp, logs))


def test_wilson_covers_on_the_whole_grid_exactly():
    cells = [exact_coverage(n, p) for n in NS for p in PS]
    assert min(cells) >= 0.92
    assert 0.94 <= sum(cells) / len(cells) <= 0.98


@pytest.mark.parametrize("name", [name for name in SCENARIOS if name != "binary: Wilson"])
def test_interval_covers_on_a_small_grid(name):
    cells = [cell.covered for cell in measure(SCENARIOS[name], runs=RUNS, seed=1, **SMALL_GRID)]
    noise = 2 * math.sqrt(0.08 * 0.92 / RUNS)  # two standard errors of a simulated 92%
    assert min(cells) >= 0.92 - noise
    assert 0.93 <= sum(cells) / len(cells) < 1.0  # of 1,200 runs one at least: it is not just wide


def test_a_wald_interval_would_not_pass():
    """The check has teeth: the interval everybody writes first covers 64% at n = 50, p = 0.02."""

    def wald(made):
        share = made.run.numerator.mean()
        half = 1.96 * math.sqrt(share * (1 - share) / made.run.n_docs)
        return share - half, share + half

    cells = measure(SCENARIOS["binary: Wilson"], runs=RUNS, seed=1, interval=wald, **SMALL_GRID)
    assert min(cell.covered for cell in cells) < 0.7


@pytest.mark.parametrize("n", [50, 200])
@pytest.mark.parametrize("discordant", [0.04, 0.2, 0.5])
def test_mid_p_raises_a_false_alarm_in_at_most_five_percent_of_comparisons(n, discordant):
    """Exactly: over every number of changed docs, and every way for them to split evenly by chance."""
    alarms = 0.0
    for changed in range(n + 1):
        share = math.comb(n, changed) * discordant**changed * (1 - discordant) ** (n - changed)
        ways = [math.comb(changed, k) for k in range(changed + 1) if mcnemar_mid_p(k, changed - k) < 0.05]
        alarms += share * sum(ways) / 2**changed
    assert alarms <= 0.0505
