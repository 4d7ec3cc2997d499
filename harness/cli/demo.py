"""`harness demo`: three arms trained from the bundled model, measured, compared and reported; or recorded runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import JsonOption

if TYPE_CHECKING:
    from harness.api.demo import TrainedDemo


def demo(
    quick: Annotated[bool, typer.Option("--quick", help="The whole path in little time, with weak arms.")] = False,
    recorded: Annotated[
        list[Path] | None,
        typer.Option(help="Compare recorded completions instead: a folder, or a file each for two or more runs."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the order of the training data.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Folder for the runs and the report.")] = None,
    json: JsonOption = False,
) -> None:
    """Train a small model to reason before it answers, and find out whether that helped. About six minutes.

    Three arms start from the bundled gemma3-nano and get the same questions for the same number of tokens: reason then
    answer, answer only, and answer then reason. Base and arms are measured on themes and numbers held out
    from training.
    Nothing is scripted: whatever comes out is shown.
    """
    from harness.api.demo import new_demo_folder
    from harness.api.demo_recorded import compare_recorded
    from harness.cli.show.console import print_json
    from harness.cli.show.demo import print_demo, print_recorded

    folder = out or new_demo_folder()
    if recorded:
        found = compare_recorded(recorded, folder)
        print_json(found.as_json()) if json else print_recorded(found)
        return
    made = _train(folder, quick=quick, seed=seed, tells=not json)
    print_json(made.as_json()) if json else print_demo(made)


def _train(folder: Path, *, quick: bool, seed: int, tells: bool) -> TrainedDemo:
    from harness.api.demo import demo_settings, train_demo
    from harness.cli.show.demo import print_plan
    from harness.cli.show.progress import progress
    from harness.cli.show.train import telling
    from harness.gemma.model.tunix_adapter import require_tunix

    require_tunix()
    if tells:
        print_plan(demo_settings(quick, seed))
    with progress() as tell:
        listener = telling(tell, details=False, stages=tells)
        return train_demo(quick, seed, folder, on_progress=tell, listener=listener)
