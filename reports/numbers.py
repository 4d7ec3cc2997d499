"""How numbers are written in reports: one place, so that Markdown, HTML and terminal agree."""

from __future__ import annotations

from harness.comparison.numbers import left_out as left_out_words
from harness.comparison.numbers import show_p
from harness.comparison.records import Comparison, Difference, Gate
from harness.core import words
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
    """A difference with its sign: percentage points, or a plain number for means; never '-0.0'."""
    if number is None:
        return UNDEFINED
    return f"{round(number, 2) + 0.0:+.2f}" if kind == "mean" else f"{round(100 * number, 1) + 0.0:+.1f}"


def signed_interval(low: float | None, high: float | None, kind: str) -> str:
    """An interval in the units of `change`."""
    return UNDEFINED if low is None or high is None else f"{change(low, kind)} to {change(high, kind)}"


def change_interval(difference: Difference) -> str:
    """The interval of a difference."""
    return signed_interval(difference.low, difference.high, difference.metric.kind)


def size(number: float | None, kind: str) -> str:
    """A size without a sign, with its unit."""
    if number is None:
        return UNDEFINED
    return f"{number:.2f}" if kind == "mean" else f"{100 * number:.1f} points"


def p_value(number: float | None) -> str:
    """A p-value as a verdict writes it, without the 'p'."""
    return UNDEFINED if number is None else show_p(number).removeprefix("p ").removeprefix("= ").replace("< ", "<")


def count(number: int | None) -> str:
    """A count with thousands commas."""
    return UNDEFINED if number is None else f"{number:,}"


counted = words.counted


def left_out(comparison: Comparison) -> str:
    """How many docs have no partner, and why."""
    return left_out_words(len(comparison.unpaired), len(comparison.changed))


GATE = {
    "pass": "Gate passed: the candidate may ship",
    "fail": "Gate failed: do not ship",
    "inconclusive": "Gate inconclusive: not shown either way",
}
"""What each outcome of a gate says to somebody who must decide."""


def gate_reason(gate: Gate, kind: str) -> str:
    """What the gate tolerates, and where the difference lies against it."""
    tolerated = f"A loss of up to {size(gate.margin, kind)} is" if gate.margin else "No loss is"
    return f"{tolerated} tolerated (--margin); {gate.why}"
