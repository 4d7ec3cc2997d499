"""Simulated runs whose truth is known, to measure how often each interval holds it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from harness.stats.clustered import Floats, Ints
from harness.stats.estimate import estimate_values
from harness.stats.paired import paired_difference
from harness.stats.values import DocValues

Rng: TypeAlias = np.random.Generator
NS = (50, 200, 1319)
PS = (0.02, 0.2, 0.5, 0.9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """One simulated run, or two of the same docs, with what they should find."""

    truth: float
    """The value in the population; of two runs, the candidate's minus the baseline's."""
    run: DocValues
    candidate: DocValues | None = None


Scenario: TypeAlias = Callable[[Rng, int, float], Simulated]
"""(rng, n docs, p) to one simulated run or pair of runs."""

IntervalOf: TypeAlias = Callable[[Simulated], tuple[float | None, float | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """How one interval did at one n and p."""

    n: int
    p: float
    covered: float
    """Share of simulated runs whose interval held the truth."""
    width: float
    """Mean width."""


def ours(made: Simulated) -> tuple[float | None, float | None]:
    """The interval that the harness reports."""
    if made.candidate is None:
        estimate = estimate_values(made.run)
        return estimate.low, estimate.high
    result = paired_difference(made.run, made.candidate)
    return result.low, result.high


def measure(
    scenario: Scenario,
    *,
    runs: int,
    seed: int,
    ns: Iterable[int] = NS,
    ps: Iterable[float] = PS,
    interval: IntervalOf = ours,
) -> list[Cell]:
    """Coverage of nominal 95% intervals over the grid of n and p: one cell for each of `ns` (docs) with each of `ps`.

    `runs` data sets are drawn from the `scenario` for a cell, `interval` makes the interval that is tried. `seed` with
    n and p decides a cell, whatever else is in the grid.
    """
    grid = [(n, p) for n in ns for p in ps]
    return [_cell(scenario, interval, np.random.default_rng([seed, n, int(1000 * p)]), n, p, runs) for n, p in grid]


def _cell(scenario: Scenario, interval: IntervalOf, rng: Rng, n: int, p: float, runs: int) -> Cell:
    covered, width = 0, 0.0
    for _ in range(runs):
        made = scenario(rng, n, p)
        low, high = interval(made)
        if low is None or high is None:
            continue  # no interval, so the truth is not covered
        covered += low <= made.truth <= high
        width += high - low
    return Cell(n=n, p=p, covered=covered / runs, width=width / runs)


def difficulty(rng: Rng, p: float, correlation: float, size: int) -> Floats:
    """Success probabilities of `size` docs or clusters, [size], drawn by `rng`: Beta with mean p and this intraclass
    `correlation`, in (0, 1).
    """
    scale = (1 - correlation) / correlation
    return rng.beta(p * scale, (1 - p) * scale, size)


def even_clusters(rng: Rng, n: int, size: int) -> Ints:
    """Cluster codes of n docs, [n], `size` docs each."""
    return np.arange(n) // size


def uneven_clusters(rng: Rng, n: int, size: int) -> Ints:
    """Cluster codes of n docs, [n]: sizes from one to several times the mean `size`."""
    sizes = 1 + rng.poisson((size - 1) * rng.choice([0.3, 1.0, 1.7], size=n))
    return np.repeat(np.arange(n), sizes)[:n]


def values(
    numerator: NDArray[Any], *, denominator: NDArray[Any] | None = None, k: int = 1, clusters: Ints | None = None
) -> DocValues:
    """Doc values of a simulated run of n docs.

    `numerator`, `denominator` (by default ones) and `clusters` (codes, by default every doc on its own) are [n]; `k`
    completions stand behind each doc.
    """
    n = len(numerator)
    return DocValues(
        doc_ids=("",) * n,
        numerator=numerator.astype(np.float64),
        denominator=np.ones(n) if denominator is None else denominator.astype(np.float64),
        completions=np.full(n, float(k)),
        clusters=clusters,
        n_missing=0,
    )


def _one(truth: float, run: DocValues) -> Simulated:
    return Simulated(truth=truth, run=run)


def _two(truth: float, run: DocValues, candidate: DocValues) -> Simulated:
    return Simulated(truth=truth, run=run, candidate=candidate)


def binary(rng: Rng, n: int, p: float) -> Simulated:
    """One yes/no completion a doc."""
    return _one(p, values(rng.random(n) < p))


def clustered(make: Callable[[Rng, int, int], Ints], size: int, correlation: float) -> Scenario:
    """Yes/no docs in clusters that share their difficulty."""

    def draw(rng: Rng, n: int, p: float) -> Simulated:
        codes = make(rng, n, size)
        shared = difficulty(rng, p, correlation, codes[-1] + 1)
        return _one(p, values(rng.random(n) < shared[codes], clusters=codes))

    return draw


def repeated(k: int, correlation: float) -> Scenario:
    """k completions a doc, averaged."""

    def draw(rng: Rng, n: int, p: float) -> Simulated:
        return _one(p, values(rng.binomial(k, difficulty(rng, p, correlation, n)) / k, k=k))

    return draw


def steps(correlation: float) -> Scenario:
    """Valid steps over steps: a ratio of sums, 1 to about 10 steps a doc."""

    def draw(rng: Rng, n: int, p: float) -> Simulated:
        count = 1 + rng.poisson(4, n)
        return _one(p, values(rng.binomial(count, difficulty(rng, p, correlation, n)), denominator=count))

    return draw


def skewed(sigma: float) -> Scenario:
    """Mean of a lognormal (token counts), with mean 100 * p."""

    def draw(rng: Rng, n: int, p: float) -> Simulated:
        return _one(100 * p, values(100 * p * rng.lognormal(-(sigma**2) / 2, sigma, n)))

    return draw


def skewed_clustered(size: int, sigma: float) -> Scenario:
    """Mean of lognormals in clusters that share a lognormal factor, with mean 100 * p."""

    def draw(rng: Rng, n: int, p: float) -> Simulated:
        codes = even_clusters(rng, n, size)
        shared = rng.lognormal(-(sigma**2) / 2, sigma, codes[-1] + 1)[codes]
        return _one(100 * p, values(100 * p * shared * rng.lognormal(-(sigma**2) / 2, sigma, n), clusters=codes))

    return draw


def paired_binary(change: float, copied: float) -> Scenario:
    """The candidate copies the baseline's outcome on a share of docs and draws with p + change on the others."""

    def draw(rng: Rng, n: int, p: float) -> Simulated:
        before = rng.random(n) < p
        after = np.where(rng.random(n) < copied, before, rng.random(n) < p + change)
        return _two((1 - copied) * change, values(before), values(after))

    return draw


def paired_loss(k: int, loss: float, make: Callable[[Rng, int, int], Ints] | None = None) -> Scenario:
    """The candidate breaks a share `loss` of what the baseline gets right and fixes nothing: what a gate must see.

    k completions a doc (k outcomes, each broken alone), or docs in clusters of `make`, broken cluster by cluster.
    """

    def draw(rng: Rng, n: int, p: float) -> Simulated:
        codes = make(rng, n, 3) if make else None
        chance = rng.random(n) < p if k == 1 else np.ones(n) * p
        before = chance.astype(int) if k == 1 else rng.binomial(k, difficulty(rng, p, 0.3, n))
        lost = rng.random(n)[codes] < loss if codes is not None else rng.random(n) < loss
        after = np.where(lost, 0, before) if k == 1 else before - rng.binomial(before, loss)
        return _two(-p * loss, values(before / k, k=k, clusters=codes), values(after / k, k=k, clusters=codes))

    return draw


def paired_whole_loss(k: int, correlation: float, loss: float) -> Scenario:
    """k completions a doc, drawn anew on both sides; the candidate loses a share `loss` of the docs wholly."""

    def draw(rng: Rng, n: int, p: float) -> Simulated:
        chance = difficulty(rng, p, correlation, n)
        left = np.where(rng.random(n) < loss, 0.0, chance)
        before, after = (rng.binomial(k, side) / k for side in (chance, left))
        return _two(-p * loss, values(before, k=k), values(after, k=k))

    return draw


def few_large(rng: Rng, n: int, size: int) -> Ints:
    """Cluster codes of n docs, [n]: clusters of `size` docs hold half of them, the others stand alone."""
    large = n // (2 * size)
    return np.concatenate([np.repeat(np.arange(large), size), large + np.arange(n - large * size)])


def whole_clusters(make: Callable[[Rng, int, int], Ints], size: int, moved: float) -> Scenario:
    """Clusters right or wrong as a whole; the candidate draws a share `moved` of them anew: nothing truly changes."""

    def draw(rng: Rng, n: int, p: float) -> Simulated:
        codes = make(rng, n, size)
        before = rng.random(codes[-1] + 1) < p
        after = np.where(rng.random(len(before)) < moved, rng.random(len(before)) < p, before)
        return _two(0.0, *(values(side[codes], clusters=codes) for side in (before, after)))

    return draw


def paired_repeated(k: int, correlation: float, change: float, copied: float) -> Scenario:
    """k completions a doc on both sides.

    `correlation` is that of a doc's completions. On the second side the share `copied` of docs keeps its difficulty;
    the others are drawn anew, their mean success probability higher by `change`.
    """

    def draw(rng: Rng, n: int, p: float) -> Simulated:
        before, after = _difficulties(rng, n, p, correlation, change, copied)
        sides = (values(rng.binomial(k, side) / k, k=k) for side in (before, after))
        return _two((1 - copied) * change, *sides)

    return draw


def paired_clustered(
    make: Callable[[Rng, int, int], Ints], size: int, correlation: float, change: float, copied: float
) -> Scenario:
    """Yes/no docs in clusters, on both sides.

    `make(rng, n, size)` gives each doc its cluster's code, [n], for clusters of `size` docs; `correlation` is that
    within a cluster. On the second side the share `copied` of clusters keeps its difficulty; the others are drawn anew,
    their mean success probability higher by `change`.
    """

    def draw(rng: Rng, n: int, p: float) -> Simulated:
        codes = make(rng, n, size)
        shared = _difficulties(rng, codes[-1] + 1, p, correlation, change, copied)
        sides = (values(rng.random(n) < side[codes], clusters=codes) for side in shared)
        return _two((1 - copied) * change, *sides)

    return draw


def paired_steps(correlation: float, change: float, copied: float) -> Scenario:
    """Ratios of sums on both sides."""

    def draw(rng: Rng, n: int, p: float) -> Simulated:
        counts = (1 + rng.poisson(4, n), 1 + rng.poisson(5, n))
        shared = _difficulties(rng, n, p, correlation, change, copied)
        pairs = zip(counts, shared, strict=True)
        sides = (values(rng.binomial(count, side), denominator=count) for count, side in pairs)
        return _two((1 - copied) * change, *sides)

    return draw


def paired_skewed(sigma: float) -> Scenario:
    """Lognormal values on both sides with a common factor a doc; the candidate's mean is a tenth higher."""

    def draw(rng: Rng, n: int, p: float) -> Simulated:
        common = 100 * p * rng.lognormal(-(sigma**2) / 2, sigma, n)
        sides = [values(common * scale * rng.lognormal(-(sigma**2) / 2, sigma, n)) for scale in (1.0, 1.1)]
        return _two(10 * p, *sides)

    return draw


def _difficulties(
    rng: Rng, size: int, p: float, correlation: float, change: float, copied: float
) -> tuple[Floats, Floats]:
    before = difficulty(rng, p, correlation, size)
    fresh = difficulty(rng, p + change, correlation, size)
    return before, np.where(rng.random(size) < copied, before, fresh)


SCENARIOS: Mapping[str, Scenario] = {
    "binary: Wilson": binary,
    "clusters of 5, correlation 0.1": clustered(even_clusters, 5, 0.1),
    "clusters of 10, correlation 0.3": clustered(even_clusters, 10, 0.3),
    "uneven clusters, correlation 0.3": clustered(uneven_clusters, 5, 0.3),
    "4 repeats, correlation 0.1": repeated(4, 0.1),
    "8 repeats, correlation 0.6": repeated(8, 0.6),
    "ratio of sums, correlation 0.05": steps(0.05),
    "ratio of sums, correlation 0.4": steps(0.4),
    "skewed mean, sigma 0.7": skewed(0.7),
    "skewed mean in clusters of 5": skewed_clustered(5, 0.6),
    "pairs, no change, 70% copied": paired_binary(0.0, 0.7),
    "pairs, +5 points, 50% copied": paired_binary(0.05, 0.5),
    "pairs, +5 points, independent": paired_binary(0.05, 0.0),
    "pairs of 4 repeats": paired_repeated(4, 0.3, 0.05, 0.5),
    "pairs in clusters of 5": paired_clustered(even_clusters, 5, 0.3, 0.05, 0.5),
    "pairs in uneven clusters": paired_clustered(uneven_clusters, 5, 0.3, 0.0, 0.5),
    "pairs in few large clusters": whole_clusters(few_large, 20, 0.4),
    "pairs of ratios": paired_steps(0.3, 0.05, 0.5),
    "pairs of skewed means": paired_skewed(0.5),
}
