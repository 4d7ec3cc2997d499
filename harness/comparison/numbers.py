"""How a comparison writes its numbers: points for metrics that are shares, plain numbers for the others."""

from __future__ import annotations

from harness.core.records import MetricInfo


def show_change(value: float | None, info: MetricInfo, *, unit: bool = True) -> str:
    """A difference with its sign: '+1.0 points', '-0.25', '–' where undefined."""
    if value is None:
        return "–"
    if info.kind == "mean":
        return f"{_no_minus_zero(value, 2):+.2f}"
    return f"{_no_minus_zero(100 * value, 1):+.1f}" + (" points" if unit else "")


def show_size(value: float, info: MetricInfo) -> str:
    """A size without a sign: '4.2 points', '0.25'."""
    return f"{value:.2f}" if info.kind == "mean" else f"{100 * value:.1f} points"


def show_p(value: float | None) -> str:
    """'p = 0.50', 'p = 0.012', 'p < 0.001'; 'p undefined'."""
    if value is None:
        return "p undefined"
    if value < 0.001:
        return "p < 0.001"
    return f"p = {value:.3f}" if value < 0.1 else f"p = {value:.2f}"


def left_out(n_unpaired: int, n_changed: int) -> str:
    """Why docs without a partner have none.

    >>> left_out(1, 0)
    '1 doc scored in only one run'
    >>> left_out(3, 1)
    '2 docs scored in only one run and 1 with another question or gold answer'
    """
    reasons = {"scored in only one run": n_unpaired - n_changed, "with another question or gold answer": n_changed}
    first, *more = [(n, reason) for reason, n in reasons.items() if n]
    words = f"{first[0]:,} doc{'s' * (first[0] > 1)} {first[1]}"
    return words + "".join(f" and {n:,} {reason}" for n, reason in more)


def _no_minus_zero(value: float, digits: int) -> float:
    return round(value, digits) + 0.0
