"""What a comparison says about itself, the same on the terminal and on the pages."""

from __future__ import annotations

from harness.comparison.records import Comparison, Difference, Gate
from harness.core.words import change_with_unit, counted, p_words, signed_interval, size, value

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


def change_interval(difference: Difference) -> str:
    """The interval of a difference."""
    return signed_interval(difference.low, difference.high, difference.metric.kind)


def difference_line(found: Difference) -> str:
    """A difference in one line: its metric, both sides, value, interval, p and docs."""
    kind = found.metric.kind
    sides = f"{value(found.baseline.value, kind)} to {value(found.candidate.value, kind)}"
    change = f"{change_with_unit(found.value, kind)} [{change_interval(found)}]"
    p = p_words(found.p_value)
    if found.p_adjusted not in (None, found.p_value):
        p += f", adjusted {p_words(found.p_adjusted)}"
    return f"Difference in {found.metric.name}: {sides}, {change}, {p}, {counted(found.n_paired, 'doc')} paired"


def left_out(comparison: Comparison) -> str:
    """How many docs have no partner, and why."""
    return left_out_words(len(comparison.unpaired), len(comparison.changed))


def left_out_words(n_unpaired: int, n_changed: int) -> str:
    """Why docs without a partner have none.

    >>> left_out_words(1, 0)
    '1 doc scored in only one run'
    >>> left_out_words(3, 1)
    '2 docs scored in only one run and 1 with another question or gold answer'
    """
    reasons = {"scored in only one run": n_unpaired - n_changed, "with another question or gold answer": n_changed}
    first, *more = [(n, reason) for reason, n in reasons.items() if n]
    return f"{counted(first[0], 'doc')} {first[1]}" + "".join(f" and {n:,} {reason}" for n, reason in more)
