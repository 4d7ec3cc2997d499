"""What a comparison found, in one sentence that claims no more than it showed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from harness.comparison.gate import oriented
from harness.comparison.records import Difference
from harness.comparison.words import left_out_words
from harness.core import words

Finding: TypeAlias = Literal["better", "worse", "none", "undefined"]

FORMAT_METRIC = "compliant"
"""The metric of keeping to the response format, where a task has one."""


def finding(difference: Difference) -> Finding:
    """Better or worse only where the p-value (adjusted, if it was) and the interval both say so."""
    change, low, high = oriented(difference)
    p_value = difference.p_value if difference.p_adjusted is None else difference.p_adjusted
    if change is None or low is None or high is None or p_value is None:
        return "undefined"
    if p_value >= 1 - difference.level or low <= 0 <= high:
        return "none"
    return "better" if change > 0 else "worse"


def verdict(primary: str, differences: Mapping[str, Difference], *, n_unpaired: int = 0, n_changed: int = 0) -> str:
    """One sentence on the primary metric, with what the format did where it tells another story.

    `differences` by metric name hold the `primary` one. `n_unpaired` docs could not be paired, `n_changed` of them
    because their question or gold answer is another one.
    """
    difference = differences[primary]
    found = finding(difference)
    sentence = f"{_opening(found, difference, differences.get(FORMAT_METRIC))}: {_numbers(difference)}"
    if found == "none" and difference.minimum_detectable is not None:
        size = words.size(difference.minimum_detectable, difference.metric.kind)
        sentence += f"; this comparison could have shown {size}"
    if n_unpaired:
        sentence += f"; {left_out_words(n_unpaired, n_changed)} left out"
    return sentence + "."


def _opening(found: Finding, difference: Difference, format_change: Difference | None) -> str:
    plain = {
        "better": "Better",
        "worse": "Worse",
        "none": "No evidence of a difference",
        "undefined": "Too few docs to say"
        if difference.n_clusters < 2
        else "All docs are alike, no spread to judge by",
    }[found]
    formatting = "none" if format_change is None or difference.metric.name == FORMAT_METRIC else finding(format_change)
    if format_change is None or formatting in ("none", "undefined"):
        return plain
    change = f"{FORMAT_METRIC} {words.change_with_unit(format_change.value, format_change.metric.kind)}"
    return f"{_with_format(found, formatting, plain)} ({change})"


def _with_format(found: Finding, formatting: Finding, plain: str) -> str:
    kept = "Formats better" if formatting == "better" else "Formats worse"
    if found in ("none", "undefined"):
        return f"{kept}, no evidence that it answers {'better' if formatting == 'better' else 'differently'}"
    joint = "and" if found == formatting else "but"
    return f"{plain}: {kept.lower()} {joint} answers {found}"


def _numbers(difference: Difference) -> str:
    value = words.change_with_unit(difference.value, difference.metric.kind)
    interval = "no interval"
    if difference.low is not None and difference.high is not None:
        ends = (words.change(end, difference.metric.kind) for end in (difference.low, difference.high))
        interval = f"[{', '.join(ends)}]"
    return (
        f"{difference.metric.name} {value} {interval}, {words.p_words(difference.p_value)}, n = {difference.n_paired:,}"
    )
