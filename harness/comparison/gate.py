"""May the candidate ship? A non-inferiority test on the primary metric."""

from __future__ import annotations

import math

from harness.comparison.lost import Lost
from harness.comparison.records import Difference, Gate
from harness.core.errors import UserError
from harness.core.words import change_with_unit, p_words
from harness.stats.power import docs_needed


def check_margin(margin: float) -> None:
    """Raises UserError for a margin that is no fraction from 0 to 1."""
    if not 0 <= margin <= 1:
        raise UserError(
            f"a gate margin must lie between 0 and 1, not {margin:g}",
            tip="it is a fraction: --margin 0.02 is 2 points.",
        )


def decide(difference: Difference, margin: float, deviation: float, lost: Lost | None = None) -> Gate:
    """The gate's three states, from the interval of candidate minus baseline, a gain being positive.

    pass: the whole interval lies above -margin. fail: it lies at or below -margin. inconclusive: -margin is inside.
    With margin 0 the candidate must be shown to be better, by p-value too, as in a verdict. A pass or fail must also
    hold whatever the docs and completions that were `lost` would have given: a model that fails on the hard questions,
    or was stopped before them, must not gain by it. `deviation` is the difference's standard deviation per
    doc (sqrt(n) * standard error); from it comes the n that, were the observed difference true, would settle the gate
    with 80% power.
    """
    check_margin(margin)
    change, low, high = oriented(difference)
    if change is None or low is None or high is None:
        return Gate(margin=margin, outcome="inconclusive", n_needed=None, why="the difference has no interval")
    limit = change_with_unit(-margin, difference.metric.kind)
    worst, best = _with_lost(difference, low, high, lost)
    if low > -margin >= worst or high <= -margin < best:
        return _undone(difference, margin, "pass" if low > -margin else "fail", lost)
    if low > -margin and margin == 0 and (difference.p_value is None or difference.p_value >= 1 - difference.level):
        why = f"the interval lies above {limit}, but {p_words(difference.p_value)}"
        return Gate(margin=margin, outcome="inconclusive", n_needed=None, why=why)
    if low > -margin:
        why = f"the interval's worse end, {change_with_unit(low, difference.metric.kind)}, is above {limit}"
        return Gate(margin=margin, outcome="pass", n_needed=None, why=why)
    if high <= -margin:
        why = f"the interval's better end, {change_with_unit(high, difference.metric.kind)}, is not above {limit}"
        return Gate(margin=margin, outcome="fail", n_needed=None, why=why)
    return _inconclusive(difference, margin, limit, change, deviation)


def _with_lost(difference: Difference, low: float, high: float, lost: Lost | None) -> tuple[float, float]:
    """The interval's ends if the docs that were lost had gone all against the candidate, and all for it."""
    if not lost:
        return low, high
    n = difference.n_paired
    against, in_favour = (lost.least, lost.most) if difference.metric.higher_is_better else (-lost.most, -lost.least)
    return (n * low + against) / (n + lost.n_docs), (n * high + in_favour) / (n + lost.n_docs)


def _undone(difference: Difference, margin: float, way: str, lost: Lost | None) -> Gate:
    what = lost.words() if lost is not None else ""
    why = f"the {difference.n_paired:,} docs scored in both runs alone would be a {way}, but the {what} could undo it"
    return Gate(margin=margin, outcome="inconclusive", n_needed=None, why=why)


def oriented(difference: Difference) -> tuple[float | None, float | None, float | None]:
    """Value, low and high with a gain positive."""
    if difference.metric.higher_is_better:
        return difference.value, difference.low, difference.high
    flipped = (difference.value, difference.high, difference.low)
    return (*(None if x is None else -x for x in flipped),)  # type: ignore[return-value]


def _inconclusive(difference: Difference, margin: float, limit: str, change: float, deviation: float) -> Gate:
    needed = docs_needed(change + margin, deviation, level=difference.level) if math.isfinite(deviation) else None
    why = f"the interval holds {limit}"
    if needed is None:
        return Gate(margin=margin, outcome="inconclusive", n_needed=None, why=f"{why}, and the estimate lies on it")
    needed = max(needed, difference.n_paired + 1)
    way = "pass" if change > -margin else "fail"
    why += f"; about {needed:,} docs would settle it (as a {way}) if the true change is the one observed"
    return Gate(margin=margin, outcome="inconclusive", n_needed=needed, why=why)
