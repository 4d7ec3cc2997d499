"""How probes look on the terminal and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.audits.probes.records import ProbeSummary


def print_probes(summaries: Sequence[ProbeSummary]) -> None:
    """Each probe's numbers as a table, and what could not be probed."""
    from harness.audits.probes.words import left_out_words
    from harness.cli.show.console import out, table

    console = out()
    for summary in summaries:
        console.print(f"probe {summary.probe}: {left_out_words(summary)}", markup=False)
        if not summary.estimates:
            continue
        made = table("metric", "value", "95% interval", "docs", "what it is", right=("value", "95% interval", "docs"))
        for info in summary.metrics:
            made.add_row(info.name, *_cells(summary.estimates[info.name], info.kind), info.description)
        console.print(made)
        if summary.curve:
            console.print(_curve_table(summary))


def probes_document(summaries: Sequence[ProbeSummary]) -> dict[str, Any]:
    """The JSON of probes: summaries by name; shares are fractions."""
    return {"probes": {summary.probe: summary for summary in summaries}}


def _curve_table(summary: ProbeSummary) -> Any:
    from harness.cli.show.console import table
    from harness.core.words import percent

    numbers = ("accuracy", "accuracy 95%", "same answer", "same 95%", "docs", "reasoned on")
    made = table("at most shown", *numbers, right=numbers)
    for point in summary.curve:
        value, interval, n = _cells(point.accuracy, "binary")
        same, same_interval, _ = _cells(point.same, "binary")
        on = "–" if point.reasoned_on is None else _cells(point.reasoned_on, "binary")[0]
        made.add_row(percent(point.cut), value, interval, same, same_interval, n, on)
    return made


def _cells(estimate: Any, kind: str) -> tuple[str, str, str]:
    from harness.core.words import percent

    def show(value: float) -> str:
        return f"{value:.2f}" if kind == "mean" else percent(value)

    if estimate.value is None:
        return "–", "–", str(estimate.n_docs)
    interval = "–" if estimate.low is None else f"{show(estimate.low)} to {show(estimate.high)}"
    return show(estimate.value), interval, str(estimate.n_docs)
