"""`harness compare`: two runs over the same docs, and whether the candidate may ship."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli.options import DEFAULT_RUNS
from harness.core.errors import UserError

if TYPE_CHECKING:
    from harness.comparison.records import Comparison, Difference

EXIT_GATE = {"pass": 0, "fail": 3, "inconclusive": 4}


def compare(
    baseline: Annotated[str, typer.Argument(help="Run folder, id, or start of an id.")],
    candidate: Annotated[str, typer.Argument(help="Run folder, id, or start of an id.")],
    allow: Annotated[
        list[str] | None,
        typer.Option(help="Compare although this differs, and label it: prompt, settings, scorers, version, data."),
    ] = None,
    gate: Annotated[bool, typer.Option(help="Exit 0 pass, 3 fail, 4 inconclusive.")] = False,
    margin: Annotated[float, typer.Option(help="The loss that the gate tolerates, as a fraction.")] = 0.02,
    report: Annotated[
        Path | None, typer.Option(help="Folder for the report. Default: the candidate's run folder.")
    ] = None,
    no_report: Annotated[bool, typer.Option("--no-report", help="Write no report.")] = False,
    runs: Annotated[Path, typer.Option(help="Where runs are kept.")] = DEFAULT_RUNS,
    all_metrics: Annotated[bool, typer.Option("--all", help="Show diagnostic metrics too.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Compare two runs: pairs by doc, refuses when they are not comparable, and says how sure it is."""
    from harness.cli.show.console import notice, print_json

    made = load_comparison(baseline, candidate, runs, allow=allow, margin=margin)
    if not no_report:
        for path in _write_report(made, report, runs):
            notice(f"wrote {path}")
    comparison = made.comparison if gate else replace(made.comparison, gate=None)
    if json:
        print_json(comparison_document(comparison) | {"noise": made.noise, "areas": made.areas})
    else:
        _print(comparison, diagnostics=all_metrics)
        _print_beside(made)
    if comparison.gate is not None:
        raise typer.Exit(EXIT_GATE[comparison.gate.outcome])


def load_comparison(
    baseline: str, candidate: str, runs: Path, *, allow: list[str] | None = None, margin: float | None = None
) -> Any:
    """Read two run folders and compare them."""
    from types import SimpleNamespace

    from harness.audits.noise.words import floor_sentences
    from harness.audits.probes.compare import compare_areas
    from harness.audits.probes.store import read_summaries
    from harness.comparison.compare import compare as compare_runs
    from harness.store.folder import find_run, read_run, read_run_records

    folders = [find_run(name, runs) for name in (baseline, candidate)]
    if folders[0].resolve() == folders[1].resolve():
        raise UserError(
            f"{baseline} and {candidate} are one run: {folders[0]}", tip="`harness history` lists the runs."
        )
    base_run, cand_run = map(read_run, folders)
    base_records, cand_records = read_run_records(folders[0], base_run), read_run_records(folders[1], cand_run)
    allowed = frozenset(name for part in allow or [] for name in part.split(","))
    comparison = compare_runs(base_run, base_records, cand_run, cand_records, allow=allowed, margin=margin)
    areas = [read_summaries(folder).get("early-answering") for folder in folders]
    return SimpleNamespace(
        comparison=comparison,
        baseline_records=base_records,
        candidate_records=cand_records,
        folders=(folders[0], folders[1]),
        noise=floor_sentences((base_run, cand_run), folders, runs),
        areas=compare_areas(areas[0], base_records, areas[1], cand_records),
    )


def _write_report(made: Any, folder: Path | None, runs: Path) -> list[Path]:
    """The pages of a comparison; where nobody asked for them, a folder that cannot be written is no error."""
    from harness.cli.show.console import notice
    from reports.write import write_comparison

    where = folder or made.folders[1]
    sides = made.baseline_records, made.candidate_records
    try:
        return write_comparison(made.comparison, *sides, where, run_folders=made.folders, runs=runs)
    except UserError as error:
        if folder is not None:
            raise
        notice(f"no report: {error.message}")
        return []


def comparison_document(comparison: Comparison) -> dict[str, Any]:
    """The JSON of a comparison; values are fractions."""
    from harness.core.codec import encode

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
    }


def _side(run: Any) -> dict[str, Any]:
    from harness.core.codec import encode

    document = encode(run)
    return {"estimates": document.pop("estimates"), "run": document}


def _difference(difference: Difference) -> dict[str, Any]:
    from harness.core.codec import encode

    document = encode(difference)
    return document | {"metric": difference.metric.name, "kind": difference.metric.kind}


def _print(comparison: Comparison, *, diagnostics: bool) -> None:
    from harness.cli.show.console import out, table
    from harness.comparison.words import GATE, gate_reason, left_out
    from harness.core.words import percent

    console = out()
    console.print(comparison.verdict, markup=False, style="bold")
    for label in comparison.labels:
        console.print(f"note: {label}", markup=False)
    numbers = ("baseline", "candidate", "difference [95%]", "p adj.", "fixed", "broken")
    made = table("metric", *numbers, right=numbers)
    for name, difference in comparison.differences.items():
        if diagnostics or not difference.metric.diagnostic:
            made.add_row(name, *_cells(difference, percent))
    console.print(made)
    if made.row_count > 1:
        console.print("p adj.: Holm over the secondary metrics; the primary one and all intervals as they are.")
    if comparison.unpaired:
        words = left_out(comparison)
        console.print(f"left out: {words}", markup=False)
    if comparison.gate is not None:
        kind = comparison.differences[comparison.primary].metric.kind
        decision = GATE[comparison.gate.outcome].partition(": ")[2]
        reason = gate_reason(comparison.gate, kind)
        console.print(f"gate: {comparison.gate.outcome} – {decision}. {reason}.", markup=False)


def _print_beside(made: Any) -> None:
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
