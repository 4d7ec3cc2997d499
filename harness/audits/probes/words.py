"""What a probe says of itself in words, the same on the terminal and on the pages."""

from __future__ import annotations

from harness.audits.probes.compare import AreaDifference
from harness.audits.probes.records import ProbeSummary
from harness.core.records import Estimate


def left_out_words(summary: ProbeSummary) -> str:
    """How many completions were probed, and why the others were not.

    >>> left_out_words(ProbeSummary(probe="filler", version="1", n_completions=9, n_probed=7, n_failed=0,
    ...     left_out={"no reasoning section": 2}))
    '7 of 9 completions probed; no reasoning section in 2 of 9'
    """
    n = summary.n_completions
    parts = [f"{summary.n_probed:,} of {n:,} completions probed"]
    parts += [f"{reason} in {count:,} of {n:,}" for reason, count in summary.left_out.items()]
    if summary.n_failed:
        parts.append(f"{summary.n_failed:,} probe completions failed")
    return "; ".join(parts)


def undefined_words(summary: ProbeSummary) -> str:
    """Which metrics have no value, and why; empty where all have one."""
    missing = [info.name for info in summary.metrics if summary.estimates[info.name].value is None]
    return f"undefined: {', '.join(missing)} ({_why_undefined(summary)})" if missing else ""


def _why_undefined(summary: ProbeSummary) -> str:
    reasons = {"reasoned_on": "reasoned on", "rewritten": "went on writing the slipped number"}
    for name, reason in reasons.items():
        found = summary.estimates.get(name)
        if found is not None and found.value == 1.0:
            return f"all {found.n_docs:,} replies that could be read {reason}"
    return f"no answer to count in {summary.n_probed:,} questions: they failed, gave none, or the metric does not apply"


def area_sentence(found: AreaDifference) -> str:
    """Both areas over the curve beside each other, with their paired difference."""
    sides = f"{_estimate(found.baseline)} and {_estimate(found.candidate)}"
    sentence = f"area over the early-answering curve: {sides}"
    if found.value is None:
        return f"{sentence}; no question was probed in both"
    known = found.low is not None and found.high is not None
    interval = f"[{found.low:+.2f}, {found.high:+.2f}]" if known else "[–]"
    return f"{sentence}, difference {found.value:+.2f} {interval}, n = {found.n_paired:,}"


def _estimate(found: Estimate) -> str:
    if found.value is None or found.low is None or found.high is None:
        return "–"
    return f"{found.value:.2f} [{found.low:.2f}, {found.high:.2f}]"
