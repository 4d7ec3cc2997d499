"""`harness demo`: three arms trained from the bundled model, measured, compared and reported; or recorded runs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli.options import DEFAULT_RUNS

if TYPE_CHECKING:
    from sft.config import Resolved

RECIPE = "gemma3_nano"
QUICK: dict[str, Any] = {
    "data.source": "small_steps:n=600,seed=0,steps=1-5",
    "train.eval_every": 1000,
    "benchmark.options": {"n": 100},
}
"""Enough to go through everything; too little to learn much."""
QUICK_NOTE = (
    "--quick trains the arms too briefly to conclude anything: the verdicts are about these weak arms, not about "
    "reasoning. `harness demo` trains them in full."
)


def demo(
    quick: Annotated[bool, typer.Option("--quick", help="The whole path in little time, with weak arms.")] = False,
    recorded: Annotated[
        list[Path] | None,
        typer.Option(help="Compare recorded completions instead: a folder, or a file each for two or more runs."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the order of the training data.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Folder for the runs and the report.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Train a small model to reason before it answers, and find out whether that helped. About six minutes.

    Three arms start from the bundled gemma3-nano and get the same questions for the same number of tokens: reason then
    answer, answer only, and answer then reason. Base and arms are measured on themes and numbers held out
    from training.
    Nothing is scripted: whatever comes out is shown.
    """
    from harness.cli.show.console import print_json

    folder = out or DEFAULT_RUNS / f"demo-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    if recorded:
        from harness.cli.demo_recorded import compare_recorded

        document = compare_recorded(recorded, folder, quiet=json)
    else:
        document = _train_and_measure(_settings(quick, seed), folder, quiet=json, note=QUICK_NOTE if quick else "")
    if json:
        print_json(document)


def _settings(quick: bool, seed: int) -> Resolved:
    from sft.config import resolve
    from sft.recipes import recipe

    layers = [(f"recipe {RECIPE}", recipe(RECIPE)), ("--seed", {"train.seed": seed})]
    return resolve(*layers, *([("--quick", QUICK)] if quick else []))


def _train_and_measure(resolved: Resolved, folder: Path, *, quiet: bool, note: str) -> dict[str, Any]:
    from harness.cli.show.demo import by_steps, pairs, print_demo, print_plan
    from harness.cli.train import run_training
    from harness.gemma.model.tunix_adapter import require_tunix

    require_tunix()
    if not quiet:
        print_plan(resolved)
    document = run_training(resolved, folder, quiet=quiet, details=False)
    document |= {"by_steps": by_steps(document["runs"]), "pairs": pairs(document["comparisons"])}
    document |= {"note": note} if note else {}
    if not quiet:
        print_demo(document)
    return document
