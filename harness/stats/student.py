"""Student's t and the normal distribution from the standard library alone: `harness score` must not pay for scipy."""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist

_NORMAL = NormalDist()


def z_quantile(probability: float) -> float:
    """The standard normal quantile."""
    return _NORMAL.inv_cdf(probability)


@lru_cache(maxsize=1024)
def t_quantile(probability: float, df: float) -> float:
    """Student's t quantile; infinite where df is below 1 (no spread was measured).

    Newton's method on `t_cdf`, which is concave above 0: from the normal quantile, which lies below, every step stays
    below and comes nearer. Agrees with scipy to 1e-9.
    """
    if df < 1:
        return math.copysign(math.inf, probability - 0.5)
    if probability <= 0.5:
        return 0.0 if probability == 0.5 else -t_quantile(1 - probability, df)
    value = z_quantile(probability)
    for _ in range(100):
        step = (probability - t_cdf(value, df)) / _t_density(value, df)
        value += step
        if abs(step) < 1e-12 * value:
            break
    return value


def _t_density(value: float, df: float) -> float:
    log_scale = math.lgamma((df + 1) / 2) - math.lgamma(df / 2) - 0.5 * math.log(df * math.pi)
    return math.exp(log_scale - (df + 1) / 2 * math.log1p(value * value / df))


def t_cdf(value: float, df: float) -> float:
    """P(T <= value) for Student's t with df degrees of freedom."""
    tail = 0.5 * incomplete_beta(df / 2, 0.5, df / (df + value * value))
    return 1 - tail if value > 0 else tail


def two_sided_p(statistic: float, df: float) -> float:
    """P(|T| >= |statistic|); 1 where df is below 1."""
    if df < 1:
        return 1.0
    if math.isinf(statistic):
        return 0.0
    return incomplete_beta(df / 2, 0.5, df / (df + statistic * statistic))


def incomplete_beta(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function I_x(a, b), by Lentz's continued fraction (DLMF 8.17.22)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - incomplete_beta(b, a, 1 - x)
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return math.exp(log_front) / a * _continued_fraction(a, b, x)


def _continued_fraction(a: float, b: float, x: float) -> float:
    tiny = 1e-300
    c, d = 1.0, 1 / _away_from_zero(1 - (a + b) * x / (a + 1), tiny)
    result = d
    for m in range(1, 500):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / _away_from_zero(1 + term * d, tiny)
            c = _away_from_zero(1 + term / c, tiny)
            result *= c * d
        if abs(c * d - 1) < 1e-14:
            break
    return result


def _away_from_zero(value: float, tiny: float) -> float:
    return value if abs(value) > tiny else tiny
