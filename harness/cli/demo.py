"""`harness demo`: the whole path on bundled problems with two scripted solvers whose true rates are known."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli.settings import DEFAULT_RUNS

if TYPE_CHECKING:
    from harness.core.records import Run

SLIP_RATE = 0.2


def demo(
    n: Annotated[int, typer.Option("--n", "-n", help="Problems to solve.")] = 300,
    out: Annotated[Path | None, typer.Option(help="Folder for the runs and the report.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Run, score, compare and report two scripted solvers, and check that their known rates come back.

    No model is involved: this shows the harness measuring something whose truth is known.
    """
    from harness.cli import launch
    from harness.cli.compare import load_comparison
    from harness.cli.console import print_json
    from reports.write import write_comparison

    folder = out or DEFAULT_RUNS / f"demo-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    solvers = {"slips": f"scripted:slip,rate={SLIP_RATE}", "careful": "scripted:careful"}
    finished = {name: launch.start(_invocation(model, n), folder / name, folder) for name, model in solvers.items()}
    made = load_comparison(str(folder / "slips"), str(folder / "careful"), folder)
    pages = write_comparison(made.comparison, made.baseline_records, made.candidate_records, folder)
    known = {"slips": 1 - SLIP_RATE, "careful": 1.0}
    rows = {name: _recovered(one.run, known[name]) for name, one in finished.items()}
    if json:
        print_json({"solvers": rows, "verdict": made.comparison.verdict, "written": [str(page) for page in pages]})
        return
    _print(rows, made.comparison.verdict, pages)


def _invocation(model: str, n: int) -> dict[str, Any]:
    sampling = {"temperature": 0.0, "top_p": 1.0, "top_k": 0, "seed": 0, "repeats": 1}
    return {
        "task": "gsm_style",
        "options": {"n": n},
        "model": model,
        "limit": None,
        "scorers": ["step_validity"],
        "k": "",
        "max_new_tokens": None,
        "sampling": sampling,
    }


def _recovered(run: Run, known: float) -> dict[str, Any]:
    estimate = run.estimates["accuracy"]
    assert estimate.low is not None
    assert estimate.high is not None
    return {
        "known": known,
        "measured": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "n_docs": estimate.n_docs,
        "recovered": estimate.low <= known <= estimate.high,
    }


def _print(rows: dict[str, dict[str, Any]], verdict: str, pages: list[Path]) -> None:
    from harness.cli.console import out, table
    from harness.cli.show import percent

    numbers = ("true accuracy", "measured", "95% interval", "docs")
    made = table("solver", *numbers, "recovered", right=numbers)
    for name, row in rows.items():
        interval = f"{percent(row['low'])} to {percent(row['high'])}"
        shown = (percent(row["known"]), percent(row["measured"]), interval, str(row["n_docs"]))
        made.add_row(name, *shown, "yes" if row["recovered"] else "no")
    console = out()
    console.print(made)
    console.print(verdict, markup=False, style="bold")
    for page in pages:
        console.print(f"report: {page}", markup=False)
