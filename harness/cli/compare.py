"""`harness compare`: two runs over the same docs, and whether the candidate may ship."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import DEFAULT_RUNS, JsonOption, RunsOption
from harness.core.errors import UserError

if TYPE_CHECKING:
    from harness.audits.compared import ComparedRuns

EXIT_GATE = {"pass": 0, "fail": 3, "inconclusive": 4}


def compare(
    baseline: Annotated[str, typer.Argument(help="Run folder, id, or start of an id.")],
    candidate: Annotated[str, typer.Argument(help="Run folder, id, or start of an id.")],
    more: Annotated[list[str] | None, typer.Argument(help="More runs: then every pair is compared.")] = None,
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
    runs: RunsOption = DEFAULT_RUNS,
    all_metrics: Annotated[bool, typer.Option("--all", help="Show diagnostic metrics too.")] = False,
    json: JsonOption = False,
) -> None:
    """Compare two runs: pairs by doc, refuses when they are not comparable, and says how sure it is."""
    from harness.api.compare import compare as compare_runs
    from harness.cli.show.comparison import comparison_document, print_comparison
    from harness.cli.show.console import print_json

    if more:
        _compare_many([baseline, candidate, *more], allow or (), runs, gate=gate, report=report, as_json=json)
        return
    made = compare_runs(baseline, candidate, allow=allow or (), margin=margin, runs=runs)
    if not no_report:
        _write_report(made, report, runs)
    if not gate:
        made = replace(made, comparison=replace(made.comparison, gate=None))
    if json:
        print_json(comparison_document(made))
    else:
        print_comparison(made, diagnostics=all_metrics)
    if made.gate is not None:
        raise typer.Exit(EXIT_GATE[made.gate.outcome])


def _compare_many(
    names: list[str], allow: Sequence[str], runs: Path, *, gate: bool, report: Path | None, as_json: bool
) -> None:
    """Every pair as a row; a gate and pages are of two runs."""
    from harness.api.compare import compare as compare_runs
    from harness.audits.matrix import ComparedMany
    from harness.cli.show.comparison import pairs_document
    from harness.cli.show.console import out, print_json

    if gate or report is not None:
        flag = "--gate" if gate else "--report"
        raise UserError(f"{flag} is of two runs, and {len(names)} are given", tip="name a baseline and a candidate.")
    made = compare_runs(names[0], names[1], *names[2:], allow=allow, runs=runs)
    assert isinstance(made, ComparedMany)
    if as_json:
        print_json(pairs_document(made))
    else:
        out().print(repr(made), markup=False, soft_wrap=True)


def _write_report(made: ComparedRuns, folder: Path | None, runs: Path) -> None:
    """The pages of a comparison; where nobody asked for them, a folder that cannot be written is no error."""
    from harness.api.report import report
    from harness.core.notices import remark

    try:
        for path in report(made, folder, runs=runs):
            remark(f"wrote {path}")
    except UserError as error:
        if folder is not None:
            raise
        remark(f"no report: {error.message}")
