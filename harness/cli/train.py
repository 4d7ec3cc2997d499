"""`harness train`: raw reasoning data and a base in; a trained, benchmarked, compared and reported candidate out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.core.errors import UserError

if TYPE_CHECKING:
    from sft.config import Resolved
    from sft.training.arms import TrainedArm

_ARMS = {"reasoning": "reasoning-answer"}
"""Short names of arms on the command line."""
PROBE_DOCS = 32
"""Docs answered at every evaluation where `--eval-every` asks for some and nothing says how many."""


def train(
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
    json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Train a candidate (or several arms) and measure it against its base."""
    from harness.cli.show.console import print_json
    from harness.gemma.model.tunix_adapter import require_tunix
    from sft.planning import check as train_plan

    require_tunix()
    if resume is not None:
        given = (config, recipe, base, data, out, setting, arms, answer_only, eval_every)
        resolved, folder = _resumed(resume, given), resume
    else:
        options = _options(base, data, setting, arms, answer_only, eval_every)
        probe = {"benchmark.probe_docs": PROBE_DOCS} if eval_every else {}
        resolved = _resolve(config, recipe, ("--eval-every", probe), options)
        folder = _new_folder(out, resolved)
    if plan is not None:
        train_plan.store(plan, folder)
    document = run_training(resolved, folder, benchmark=benchmark, quiet=json)
    if json:
        print_json(document)


def run_training(
    resolved: Resolved, folder: Path, *, benchmark: bool = True, quiet: bool = False, details: bool = True
) -> dict[str, Any]:
    """Check, train every arm, export, benchmark, report; returns what was made, as JSON-able values.

    Without `details` only progress is drawn: a caller that shows what came of it itself.
    """
    from harness.api import benchmark as train_benchmark
    from harness.cli import train_contamination
    from harness.cli.show import train as train_show
    from harness.cli.show.stages import Stages
    from harness.gemma.engine.compile_cache import enable_compile_cache
    from harness.runner.jax_hosts import join_hosts
    from sft.config import write_config
    from sft.planning import check as train_plan
    from sft.planning.document import FILE as PLAN
    from sft.training.arms import train_arms
    from sft.training.inputs import training_inputs

    enable_compile_cache()
    hosts = join_hosts()
    first_host = hosts.index == 0
    quiet = quiet or not first_host
    train_benchmark.check_tasks(resolved.config.benchmark)
    plan = training_inputs(resolved.config, folder)
    if first_host:
        write_config(resolved, folder)
    tells = details and not quiet
    stages = Stages(tells=not quiet)
    with train_show.watching(plan, resolved, folder, tells=tells, draws=not quiet, stages=stages) as watched:
        trained = train_arms(plan, folder, watched.events())
    overlaps = watched.overlaps
    document: dict[str, Any] = {"folder": str(folder), "arms": [_arm_document(arm) for arm in trained]}
    measured = (
        train_benchmark.benchmark(plan, trained, folder, overlaps, quiet=not tells, hosts=hosts, stages=stages)
        if benchmark
        else {}
    )
    if first_host:
        document["contamination"] = train_contamination.summary(overlaps)
        train_benchmark.write_cards(plan, resolved, trained, measured, overlaps)
        document |= measured
        if (folder / PLAN).is_file():
            document["plan"] = train_plan.compared(resolved.config, folder, trained, quiet=not tells)
        if tells:
            train_show.print_end(folder, document)
    return document


def _options(
    base: str | None,
    data: str | None,
    pairs: list[str] | None,
    arms: str | None,
    answer_only: bool,
    eval_every: int | None,
) -> list[tuple[str, dict[str, Any]]]:
    from harness.cli.options import refuse_empty

    layers: list[tuple[str, dict[str, Any]]] = [("--set", {k: _value(v) for k, v in _pairs(pairs).items()})]
    for flag, text in (("--base", base), ("--data", data), ("--arms", arms)):
        refuse_empty(flag, text)
    for name, key, value in (("--base", "model.base", base), ("--data", "data.source", data)):
        if value is not None:
            layers.append((name, {key: value}))
    if eval_every:
        layers.append(("--eval-every", {"train.eval_every": eval_every}))
    if answer_only and arms:
        raise UserError("--answer-only and --arms exclude each other", tip="--arms reasoning,answer-only has both.")
    if answer_only:
        layers.append(("--answer-only", {"train.arms": ["answer-only"]}))
    if arms:
        layers.append(("--arms", {"train.arms": [_ARMS.get(arm.strip(), arm.strip()) for arm in arms.split(",")]}))
    return layers


def _pairs(pairs: list[str] | None) -> dict[str, str]:
    from harness.cli.options import read_options

    return read_options(pairs, "--set")


def _value(text: str) -> Any:
    """A value as TOML writes it; what is none is text: `train.method=full` needs no quotes."""
    import tomllib

    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _resolve(
    config: Path | None, recipe: str, first: tuple[str, dict[str, Any]], options: list[tuple[str, dict[str, Any]]]
) -> Resolved:
    """`first` counts where neither the recipe nor the file says otherwise."""
    from sft.config import read_toml, resolve
    from sft.recipes import recipe as settings_of
    from sft.recipes import recipe_names

    if config is None and not recipe:
        raise UserError("no settings given", tip=f"harness train CONFIG.toml, or --recipe {', '.join(recipe_names())}.")
    layers = [first, *([(f"recipe {recipe}", settings_of(recipe))] if recipe else [])]
    if config is not None:
        layers.append((str(config), read_toml(config)))
    return resolve(*layers, *options)


def _resumed(folder: Path, given: tuple[Any, ...]) -> Resolved:
    from sft.config import read_written

    if any(given):
        raise UserError("--resume goes on with what the run was started with", tip="give --resume alone.")
    return read_written(folder)


def _new_folder(out: Path | None, resolved: Resolved) -> Path:
    from harness.cli.options import DEFAULT_RUNS
    from harness.store.folder import new_folder

    if out is not None and (out / "config.json").is_file():
        if any(found for name in ("checkpoints", "arm.json") for found in out.glob(f"arms/*/{name}")):
            raise UserError(f"{out} holds a training run", tip=f"go on with it: harness train --resume {out}")
        return out  # its data or settings were refused before anything was trained
    return new_folder(out, DEFAULT_RUNS, "train", resolved.config.model.base)


def _arm_document(arm: TrainedArm) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(arm) | {"folder": str(arm.folder), "model": str(arm.model)}
