"""How a comparison looks on the terminal and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.audits.compared import ComparedRuns
    from harness.audits.matrix import ComparedMany
    from harness.comparison.records import Comparison, Difference


def comparison_document(made: ComparedRuns) -> dict[str, Any]:
    """The JSON of a comparison and what is known beside it; values are fractions."""
    from harness.core.codec import encode

    comparison = made.comparison
    return {
        "baseline": _side(comparison.baseline),
        "candidate": _side(comparison.candidate),
        "primary": comparison.primary,
        "differences": {name: _difference(d) for name, d in comparison.differences.items()},
        "flips": encode(comparison.flips),
        "labels": list(comparison.labels),
        "unpaired": list(comparison.unpaired),
        "changed": list(comparison.changed),
        "verdict": comparison.verdict,
        "gate": encode(comparison.gate),
        "noise": made.noise,
        "areas": made.areas,
    }


def pairs_document(made: ComparedMany) -> dict[str, Any]:
    """The JSON of every pair of several runs: its comparison, and its p-value adjusted over all pairs."""
    pairs = zip(made.pairs, made.p_adjusted, strict=True)
    return {"pairs": [comparison_document(pair) | {"p_adjusted": adjusted} for pair, adjusted in pairs]}


def _side(run: Any) -> dict[str, Any]:
    from harness.core.codec import encode

    document = encode(run)
    return {"estimates": document.pop("estimates"), "run": document}


def _difference(difference: Difference) -> dict[str, Any]:
    from harness.core.codec import encode

    document = encode(difference)
    return document | {"metric": difference.metric.name, "kind": difference.metric.kind}


def print_comparison(made: ComparedRuns, *, diagnostics: bool) -> None:
    """Verdict, table, gate, and what is known beside the difference; diagnostic metrics on request."""
    _print(made.comparison, diagnostics=diagnostics)
    _print_beside(made)


def _print(comparison: Comparison, *, diagnostics: bool) -> None:

    from harness.cli.show.console import out, table
    from harness.comparison.words import GATE, gate_reason, left_out
    from harness.core.words import percent

    console = out()
    console.print(comparison.verdict, markup=False, style="bold")
    for label in comparison.labels:
        console.print(f"note: {label}", markup=False)
    numbers = ("baseline", "candidate", "difference [95%]", "p adj.", "fixed", "broken")
    made = table("metric", *numbers, right=numbers, may_go=("broken", "fixed", "p adj."))
    for name, difference in comparison.differences.items():
        if diagnostics or not difference.metric.diagnostic:
            made.add_row(name, *_cells(difference, percent))
    console.print(made)
    if made.row_count > 1 and any(str(column.header) == "p adj." for column in made.columns):
        console.print("p adj.: Holm over the secondary metrics; the primary one and all intervals as they are.")
    if comparison.unpaired:
        words = left_out(comparison)
        console.print(f"left out: {words}", markup=False)
    if comparison.gate is not None:
        kind = comparison.differences[comparison.primary].metric.kind
        decision = GATE[comparison.gate.outcome].partition(": ")[2]
        reason = gate_reason(comparison.gate, kind)
        console.print(f"gate: {comparison.gate.outcome} – {decision}. {reason}.", markup=False)


def _print_beside(made: ComparedRuns) -> None:
    """What is known beside the difference: the noise floor, and how much the reasoning mattered on each side."""
    from harness.audits.probes.words import area_sentence
    from harness.cli.show.console import out

    for sentence in made.noise:
        out().print(sentence, markup=False)
    if made.areas is not None:
        out().print(area_sentence(made.areas), markup=False)


def _cells(difference: Difference, percent: Any) -> tuple[str, ...]:
    p_value = difference.p_adjusted if difference.p_adjusted is not None else difference.p_value
    show = percent if difference.metric.kind != "mean" else _plain
    return (
        show(difference.baseline.value),
        show(difference.candidate.value),
        _change(difference),
        "–" if p_value is None else ("<0.001" if p_value < 0.001 else f"{p_value:.3f}"),
        "–" if difference.fixed is None else str(difference.fixed),
        "–" if difference.broken is None else str(difference.broken),
    )


def _change(difference: Difference) -> str:
    from harness.core import words

    change, *ends = (
        words.change(value, difference.metric.kind) for value in (difference.value, difference.low, difference.high)
    )
    return change if difference.low is None or difference.high is None else f"{change} [{', '.join(ends)}]"


def _plain(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
