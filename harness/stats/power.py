"""What a comparison of this size could have shown, and how many docs one would need."""

from __future__ import annotations

import math

from harness.stats.student import t_quantile, z_quantile


def detectable_binary(n: int, discordant: float, *, level: float = 0.95, power: float = 0.8) -> float | None:
    """The smallest difference of paired proportions that McNemar's test on n pairs shows with this power.

    The test is two-sided at 1 - `level`; `discordant` is the share of pairs that change either way. Solves Miettinen's
    power equation (1968, Biometrics 24:339), sqrt(n) * d = z_level * sqrt(discordant) + z_power * sqrt(discordant -
    d^2), for d. Where d would exceed `discordant` (few changes seen), every change is taken to go one way: discordant =
    d. None where no difference up to 1 would do.
    """
    alpha, beta = z_quantile((1 + level) / 2), z_quantile(power)
    found = _solve_binary(n, discordant, alpha, beta)
    if 0 < found <= discordant:
        return found
    one_way = _solve_one_way(n, alpha, beta)
    return one_way if one_way <= 1 else None


def _solve_binary(n: int, discordant: float, alpha: float, beta: float) -> float:
    root = beta * math.sqrt(max(discordant * (n + beta**2 - alpha**2), 0.0))
    return (alpha * math.sqrt(n * discordant) + root) / (n + beta**2)


def _solve_one_way(n: int, alpha: float, beta: float) -> float:
    """sqrt(n) * d = alpha * sqrt(d) + beta * sqrt(d - d^2), squared away by bisection on d."""
    low, high = 0.0, 1.0
    if math.sqrt(n) < alpha:
        return math.inf
    for _ in range(60):
        d = (low + high) / 2
        enough = math.sqrt(n) * d >= alpha * math.sqrt(d) + beta * math.sqrt(d - d * d)
        low, high = (low, d) if enough else (d, high)
    return high


def detectable_mean(
    standard_error: float, df: float, *, most: float = math.inf, level: float = 0.95, power: float = 0.8
) -> float | None:
    """The smallest difference that a two-sided t test at 1 - `level` shows with this power.

    `standard_error` is that of the difference, `df` its degrees of freedom. None where df < 1, where no spread was
    seen, and where no difference up to `most` would do.
    """
    if df < 1 or standard_error <= 0:
        return None
    found = (t_quantile((1 + level) / 2, df) + t_quantile(power, df)) * standard_error
    return found if found <= most else None


def docs_needed(distance: float, deviation: float, *, level: float = 0.95, power: float = 0.8) -> int | None:
    """Docs for an interval at `level` to clear a bound with this power when the estimate lies `distance` from it.

    `deviation` is the standard deviation per doc, sqrt(n) * standard error. None where the distance is under a
    millionth of it: no number of docs that anybody has would do.
    """
    if abs(distance) <= 1e-6 * deviation:
        return None
    needed = ((z_quantile((1 + level) / 2) + z_quantile(power)) * deviation / distance) ** 2
    return math.ceil(needed)
