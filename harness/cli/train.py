"""`harness train`: raw reasoning data and a base in; a trained, benchmarked, compared and reported candidate out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import DEFAULT_RUNS, JsonOption, read_options, refuse_beside_resume, refuse_empty
from harness.core.errors import UserError
from harness.core.words import typed_text

if TYPE_CHECKING:
    from harness.api.settings import Layer

_PREFILL = "data.prefill"


def train(
    context: typer.Context,
    config: Annotated[Path | None, typer.Argument(help="Settings as TOML.")] = None,
    recipe: Annotated[
        str, typer.Option(help="Settings by name: tiny, gemma3_nano, gemma3_270m, gemma3_1b_gsm8k.")
    ] = "",
    base: Annotated[
        str | None, typer.Option(help="The model to train: folder or hub id. Same as --set model.base=...")
    ] = None,
    data: Annotated[str | None, typer.Option(help="A file, hub:NAME,split=train, or gsm_style:n=1000.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of this run. Default: a new one under runs/.")] = None,
    setting: Annotated[list[str] | None, typer.Option("--set", help="Any setting: train.learning_rate=1e-5.")] = None,
    arms: Annotated[
        str | None, typer.Option(help="Arms to compare at equal tokens: reasoning,answer-only,answer-reasoning.")
    ] = None,
    answer_only: Annotated[
        bool, typer.Option("--answer-only", help="Train the control arm alone: no reasoning.")
    ] = False,
    eval_every: Annotated[
        int | None,
        typer.Option(min=1, help="Updates between evaluations: loss on held-out samples, accuracy on a few docs."),
    ] = None,
    benchmark: Annotated[bool, typer.Option(help="Run base and candidates, compare and report.")] = True,
    resume: Annotated[Path | None, typer.Option(help="Go on with the run in this folder, killed or stopped.")] = None,
    plan: Annotated[
        Path | None, typer.Option(help="A file of harness plan --out, kept with the run and compared with it.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Train a candidate (or several arms) and measure it against its base."""
    from harness.api.settings import probe_default, resolve_settings
    from harness.api.train import run_training, training_folder
    from harness.cli.show.console import print_json
    from harness.cli.show.progress import progress
    from harness.cli.show.train import telling
    from harness.gemma.model.tunix_adapter import require_tunix
    from sft.config import read_written
    from sft.planning.check import store

    require_tunix()
    if resume is not None:
        refuse_beside_resume(context, "benchmark", "plan", "json")
        resolved, folder = read_written(resume), resume
    else:
        options = _options(base, data, setting, arms, answer_only, eval_every)
        resolved = resolve_settings(config, recipe, *options, first=probe_default(eval_every))
        folder = training_folder(out, DEFAULT_RUNS, resolved)
    if plan is not None:
        store(plan, folder)
    with progress() as tell:
        listener = telling(tell, details=not json, stages=not json)
        made = run_training(resolved, folder, benchmark=benchmark, on_progress=tell, listener=listener)
    if json:
        print_json(made.as_json())


def _options(
    base: str | None,
    data: str | None,
    pairs: list[str] | None,
    arms: str | None,
    answer_only: bool,
    eval_every: int | None,
) -> Sequence[Layer]:
    from harness.api.settings import training_options

    for flag, text in (("--base", base), ("--data", data), ("--arms", arms)):
        refuse_empty(flag, text)
    if answer_only and arms:
        raise UserError("--answer-only and --arms exclude each other", tip="--arms reasoning,answer-only has both.")
    layers = training_options(
        overrides=set_layer(pairs), base=base, data=data, arms=arms.split(",") if arms else (), eval_every=eval_every
    )
    return [*layers, ("--answer-only", {"train.arms": ["answer-only"]})] if answer_only else layers


def set_layer(pairs: list[str] | None) -> Layer:
    """What `--set key=value` says. Raises UserError for one that is no pair or is given twice."""
    from harness.api.settings import typed_value

    given = {key: typed_value(value) for key, value in read_options(pairs, "--set").items()}
    if isinstance(prefill := given.get(_PREFILL), str):
        given[_PREFILL] = typed_text(prefill)
    return "--set", given
