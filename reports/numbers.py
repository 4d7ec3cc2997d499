"""How numbers are written in reports: one place, so that Markdown, HTML and terminal agree."""

from __future__ import annotations

from harness.compare.records import Difference
from harness.core.records import Estimate

UNDEFINED = "–"


def value(number: float | None, kind: str) -> str:
    """A metric's value: a percentage, or a plain number for means."""
    if number is None:
        return UNDEFINED
    return f"{number:.2f}" if kind == "mean" else f"{100 * number:.1f}%"


def interval(low: float | None, high: float | None, kind: str) -> str:
    """An interval in the units of `value`."""
    return UNDEFINED if low is None or high is None else f"{value(low, kind)} to {value(high, kind)}"


def estimate(found: Estimate, kind: str) -> str:
    """Value and interval in one cell."""
    if found.value is None:
        return UNDEFINED
    return f"{value(found.value, kind)} [{interval(found.low, found.high, kind)}]"


def change(number: float | None, kind: str) -> str:
    """A difference with its sign: percentage points, or a plain number for means."""
    if number is None:
        return UNDEFINED
    return f"{number:+.2f}" if kind == "mean" else f"{100 * number:+.1f}"


def change_interval(difference: Difference) -> str:
    """The interval of a difference."""
    if difference.low is None or difference.high is None:
        return UNDEFINED
    kind = difference.metric.kind
    return f"{change(difference.low, kind)} to {change(difference.high, kind)}"


def p_value(number: float | None) -> str:
    """A p-value to three places; below that, an inequality."""
    if number is None:
        return UNDEFINED
    return "<0.001" if number < 0.001 else f"{number:.3f}"


def count(number: int | None) -> str:
    """A count with thousands commas."""
    return UNDEFINED if number is None else f"{number:,}"
