"""How lm-eval's verdicts on a run's completions look on the terminal."""

from __future__ import annotations

from typing import Any

SHOWN = 5
"""Disagreements printed of each filter."""


def print_lm_eval(summary: dict[str, Any]) -> None:
    """A table of both filters, and the first disagreements of each."""
    from harness.cli.show.console import out, table
    from harness.core.words import percent

    console = out()
    made = table(
        "lm-eval filter", "accuracy", "n", "disagrees with ours", right=("accuracy", "n", "disagrees with ours")
    )
    for name, row in summary.items():
        made.add_row(name, percent(row["accuracy"]), str(row["n"]), str(len(row["disagreements"])))
    console.print(made)
    for name, row in summary.items():
        for item in row["disagreements"][:SHOWN]:
            verdict = "correct" if item["lm_eval"] else "wrong"
            ours = f"{item['ours'] or '–'} ({item['our_outcome']})"
            console.print(f"  {item['id']}: target {item['target']}, ours {ours}, {name} {verdict}", markup=False)
        if len(row["disagreements"]) > SHOWN:
            more = len(row["disagreements"]) - SHOWN
            console.print(f"  ... {more} more of {name}: --json lists them all", markup=False)
