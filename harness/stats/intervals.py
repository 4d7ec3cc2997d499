"""Intervals for one proportion or one mean; standard library only, so that the progress bar can use them."""

from __future__ import annotations

import math
from typing import TypeAlias

from harness.stats.student import t_quantile, z_quantile

Interval: TypeAlias = tuple[float, float]


def wilson(successes: float, n: float, *, level: float = 0.95, quantile: float | None = None) -> Interval:
    """Wilson's score interval for a proportion (Wilson 1927, JASA 22:209).

    `successes` and `n` need not be whole: an effective n is allowed. `quantile` replaces the normal quantile of
    `level`, for a t. n = 0 or an infinite quantile gives (0, 1): nothing is known.
    """
    z = z_quantile((1 + level) / 2) if quantile is None else quantile
    if n <= 0 or math.isinf(z):
        return (0.0, 1.0)
    share, z2 = min(max(successes / n, 0.0), 1.0), z * z
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = z / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    low = 0.0 if share == 0 else max(0.0, centre - half)
    high = 1.0 if share == 1 else min(1.0, centre + half)
    return (min(low, share), max(high, share))


def effective_n(value: float, variance: float, *, least: float, most: float) -> float:
    """The n of independent yes/no draws whose proportion would vary as much as `value` does.

    n = value * (1 - value) / variance (Korn and Graubard 1998, Survey Methodology 24:193), kept within [least, most]
    and drawn towards `least`, the number of independent units, by a weight of 1 / (events + 1): a handful of events
    cannot tell their own spread. Without that, measured coverage fell to 87% at p = 0.02; with it, to 93%.
    """
    spread = value * (1 - value)
    if spread <= 0 or variance <= 1e-12 * spread:  # rounding leaves crumbs where every unit agrees
        return least
    n = min(max(spread / variance, least), most)
    return drawn_to_units(n, least, events=n * min(value, 1 - value))


def drawn_to_units(n: float, least: float, *, events: float) -> float:
    """An effective n, drawn towards the number of independent units the more the fewer events there are."""
    trust = 1 / (events + 1)
    return 1 / ((1 - trust) / n + trust / least)


def bounded_mean(value: float, variance: float, *, least: float, most: float, df: float, level: float) -> Interval:
    """Wilson's interval with the effective n and a t quantile, for a mean or ratio that lives in [0, 1].

    `value` is the estimate and `variance` that of the estimate, not of one doc; `least` and `most` bound the effective
    n, `df` are the degrees of freedom of the variance, `level` is the coverage asked for (0.95).
    """
    n = effective_n(value, variance, least=least, most=most)
    return wilson(value * n, n, quantile=t_quantile((1 + level) / 2, df))


def mean_t(value: float, variance: float, *, df: float, level: float) -> Interval | None:
    """value +- t * sqrt(variance), `variance` being that of the mean, t the quantile for `df` degrees of freedom at
    `level`.

    None where nothing says how far it may be off: df < 1 (fewer than two units), or units that all agree.
    """
    if df < 1 or variance <= 0:
        return None
    half = t_quantile((1 + level) / 2, df) * math.sqrt(variance)
    return (value - half, value + half)
