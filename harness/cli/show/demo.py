"""What the demo prints: its plan, accuracy by number of steps for base and arms, and every pair with Holm's p."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.core.records import Record
    from sft.config import Resolved

HEADLINES = ("accuracy", "compliant", "step_validity", "sound_and_correct")
CANDIDATE = "reasoning-answer"


def print_plan(resolved: Resolved) -> None:
    """What is about to happen."""
    from harness.cli.show.console import out
    from harness.gemma.model.config import read_config
    from harness.gemma.model.hub import resolve
    from harness.gemma.model.layout import parameters
    from harness.gemma.model.tunix_adapter import sizes_of

    config = resolved.config
    shape = parameters(sizes_of(read_config(resolve(config.model.base).model)))
    size = sum(math.prod(part) for parameter in shape for part in parameter.source_shapes)
    console = out()
    for line in (
        f"base: {config.model.base}, {size / 1e6:.1f} million parameters; it answers at once",
        f"arms: {', '.join(config.train.arms)}; same questions ({config.data.source}), same number of tokens",
        f"measured on: {', '.join(config.benchmark.tasks)}, themes and numbers held out from training",
        "then every pair is compared, question by question, and reported",
    ):
        console.print(line, markup=False)


def by_steps(runs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Accuracy of each model for each number of steps, with Wilson's 95% interval, recomputed from the records."""
    from harness.stats.intervals import wilson
    from harness.store.folder import read_run, read_run_records

    rows = []
    for made in runs:
        folder = Path(made["folder"])
        counted: dict[int, list[float]] = {}
        for record in read_run_records(folder, read_run(folder)):
            if (value := record.metrics["accuracy"]) is not None:
                counted.setdefault(_n_steps(record), []).append(float(value))  # type: ignore[arg-type]
        for n_steps, values in sorted(counted.items()):
            low, high = wilson(sum(values), len(values))
            cell = {"value": sum(values) / len(values), "low": low, "high": high, "n": len(values)}
            rows.append({"model": made["model"], "n_steps": n_steps, **cell})
    return rows


def pairs(comparisons: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every comparison with its p-value adjusted over all of them."""
    from harness.stats.holm import holm

    known = {str(i): made["p_value"] for i, made in enumerate(comparisons) if made["p_value"] is not None}
    adjusted = holm(known)
    return [made | {"p_adjusted": adjusted.get(str(i))} for i, made in enumerate(comparisons)]


def print_demo(document: dict[str, Any]) -> None:
    """Headlines, accuracy by steps, pairs, what must be known to read them, and where the pages are."""
    from harness.cli.show.console import out

    console = out()
    console.print(_headlines(document["runs"]))
    console.print(_steps_table(document["by_steps"]))
    console.print(_pairs_table(document["pairs"]))
    if "note" in document:
        console.print(f"note: {document['note']}", markup=False)
    candidate = [made for made in document["pairs"] if made["candidate"] == CANDIDATE]
    for made in candidate:
        console.print(f"{made['candidate']} against {made['baseline']}: {made['verdict']}", markup=False, style="bold")
        console.print(f"  report: {made['report']}", markup=False)


def _headlines(runs: Sequence[dict[str, Any]]) -> Any:
    from harness.cli.show.console import table
    from harness.core.words import percent

    made = table("model", *HEADLINES, right=HEADLINES)
    for run in runs:
        made.add_row(run["model"], *(percent(run["metrics"].get(name)) for name in HEADLINES))
    return made


def _steps_table(rows: Sequence[dict[str, Any]]) -> Any:
    from harness.cli.show.console import table
    from harness.core.words import percent

    lengths = sorted({row["n_steps"] for row in rows})
    columns = [f"{n} step{'s' * (n > 1)}" for n in lengths]
    made = table("accuracy at", *columns, right=columns)
    for model in dict.fromkeys(row["model"] for row in rows):
        cells = {row["n_steps"]: row for row in rows if row["model"] == model}
        made.add_row(
            model,
            *(
                f"{percent(cells[n]['value'])} ({100 * cells[n]['low']:.0f}-{100 * cells[n]['high']:.0f})"
                for n in lengths
            ),
        )
    return made


def _pairs_table(rows: Sequence[dict[str, Any]]) -> Any:
    from harness.cli.show.console import table
    from harness.core.words import p_words

    numbers = ("accuracy, points", "95% interval", "p (Holm)")
    made = table("baseline", "candidate", *numbers, right=numbers)
    for row in rows:
        ends = f"{100 * row['low']:+.1f} to {100 * row['high']:+.1f}" if row["low"] is not None else "-"
        change = f"{100 * row['difference']:+.1f}" if row["difference"] is not None else "-"
        made.add_row(row["baseline"], row["candidate"], change, ends, p_words(row["p_adjusted"]))
    return made


def _n_steps(record: Record) -> int:
    return int(record.doc.metadata["n_steps"])
