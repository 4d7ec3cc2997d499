"""`harness plan`: what a run needs on hardware that is not here: memory, step time, hours; compiled, not guessed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.core.errors import UserError

if TYPE_CHECKING:
    from harness.hardware.topology import Topology
    from sft.config import Config, Resolved
    from sft.planning.document import DecodePlan, PlanDocument, Search, TrainingPlan
    from sft.planning.study import Study

DEFAULT_METHODS = ("lora", "full")
_METHODS = ("full", "lora", "qlora")


def plan(
    config: Annotated[Path | None, typer.Argument(help="Settings as TOML, as in train.")] = None,
    recipe: Annotated[str, typer.Option(help="Settings by name: gemma3_270m, gemma3_1b_gsm8k.")] = "",
    topology: Annotated[
        list[str] | None, typer.Option("--topology", "-t", help="v5e:2x2, v5e-8, v6e:2x4, cpu, gpu; repeatable.")
    ] = None,
    base: Annotated[str, typer.Option(help="The model: a folder, or google/gemma-3-1b-it and the like.")] = "",
    mode: Annotated[list[str] | None, typer.Option(help="full, lora, qlora; repeatable. Default: lora, full.")] = None,
    batch: Annotated[list[int] | None, typer.Option(min=1, help="Rows of an update; repeatable.")] = None,
    seq: Annotated[int | None, typer.Option(min=8, help="Tokens of a row.")] = None,
    setting: Annotated[list[str] | None, typer.Option("--set", help="Any setting of train.")] = None,
    decode: Annotated[
        bool, typer.Option("--decode", help="Also the decode engine, and the time of evaluation.")
    ] = False,
    rows: Annotated[int | None, typer.Option(min=1, help="Rows of a device with --decode. Default: what fits.")] = None,
    search: Annotated[
        bool, typer.Option("--search", help="Try meshes, every --batch, micro-batches, remat; recommend one.")
    ] = False,
    quick: Annotated[bool, typer.Option("--quick", help="Compile two shallow depths, not every layer.")] = False,
    as_run: Annotated[
        bool, typer.Option("--as-run", help="Optimise for a TPU as a run does: takes two to three times as long.")
    ] = False,
    time_limit: Annotated[float, typer.Option(min=1, help="Seconds for one program.")] = 900,
    workers: Annotated[int, typer.Option(min=1, help="Programs compiled at a time; each needs 1 to 3 GB.")] = 2,
    cache: Annotated[bool, typer.Option(help="Use figures of earlier plans.")] = True,
    out: Annotated[Path | None, typer.Option(help="Write the plan as JSON, for train --plan.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Say what a run will take on a TPU (or here) before it is started: memory, step time, device-hours."""
    import os
    import sys

    os.environ.setdefault("JAX_PLATFORMS", "cpu")  # of this process alone: planning touches no device
    from harness.cli.show import plan as plan_show
    from harness.cli.show.console import print_json
    from harness.gemma.model.tunix_adapter import require_tunix
    from harness.hardware.topology import parse_topology
    from sft.planning.document import as_json, write_plan

    require_tunix()
    topologies = [parse_topology(name) for name in topology or ["cpu"]]
    if rows and not decode:
        raise UserError("--rows is of the decode engine", tip="add --decode; rows of an update are --batch.")
    if out is not None and out.is_dir():
        raise UserError(f"--out {out} is a folder", tip=f"name a file: --out {out / 'plan.json'}")
    resolved = _resolved(config, recipe, base, batch, seq, setting)
    methods = _methods(mode)
    try:
        with plan_show.progress(quiet=json) as on_done:
            study = _study(resolved.config, quick, as_run, time_limit, workers, cache, on_done)
            for one in topologies:
                study.chip(one)  # before anything is compiled: whether this machine has what is asked for
            training = _training(study, topologies, methods, batch or [resolved.config.train.batch_rows])
            searches = _searches(study, topologies, methods[0] if mode else None, batch or [None]) if search else []
            decoding = _decoding(study, topologies, rows) if decode else []
    except KeyboardInterrupt:
        after = "; the same call goes on from what was compiled" if cache else ""
        print(f"\nstopped{after}", file=sys.stderr)
        raise typer.Exit(130) from None
    document = _document(study, resolved, training, decoding, searches)
    if out is not None:
        write_plan(document, out)
    if json:
        print_json(as_json(document))
    else:
        plan_show.print_plan(document)


def _resolved(
    config: Path | None, recipe: str, base: str, batch: list[int] | None, seq: int | None, pairs: list[str] | None
) -> Resolved:
    from harness.cli.train import _pairs, _resolve, _value

    layers: list[tuple[str, dict[str, Any]]] = [("--set", {k: _value(v) for k, v in _pairs(pairs).items()})]
    if base:
        layers.append(("--base", {"model.base": base}))
    if batch:
        layers.append(("--batch", {"train.batch_rows": batch[0]}))
    if seq:
        layers.append(("--seq", {"data.row_length": seq, "data.max_length": seq}))
    return _resolve(config, recipe, ("defaults of plan", {}), layers)


def _methods(mode: list[str] | None) -> list[str]:
    from harness.core.errors import unknown_name

    for name in mode or ():
        if name not in _METHODS:
            raise unknown_name("mode", name, _METHODS, tip=f"one of {', '.join(_METHODS)}.")
    return list(mode or DEFAULT_METHODS)


def _study(
    config: Config, quick: bool, as_run: bool, time_limit: float, workers: int, cache: bool, on_done: Any
) -> Study:
    from harness.gemma.model.config import sizes_of
    from harness.hardware.compile import default_cache
    from sft.planning.published import local_folder, model_text_config
    from sft.planning.run_length import run_length
    from sft.planning.study import Study

    text = model_text_config(config.model.base)
    sizes = sizes_of(text)
    return Study(
        config=config,
        text=text,
        sizes=sizes,
        length=run_length(config, local_folder(config.model.base), sizes),
        quick=quick,
        as_run=as_run,
        timeout_seconds=time_limit,
        workers=workers,
        cache=default_cache() if cache else None,
        on_done=on_done,
    )


def _training(study: Study, topologies: list[Topology], methods: list[str], batches: list[int]) -> list[TrainingPlan]:
    """Every topology, method and batch; beside what does not fit, the nearest that does."""
    from sft.planning.training import training, with_nearest

    wanted = [(one, study.choice(one, method, rows)) for one in topologies for method in methods for rows in batches]
    return [with_nearest(study, made, pair[0]) for made, pair in zip(training(study, wanted), wanted, strict=True)]


def _searches(
    study: Study, topologies: list[Topology], method: str | None, batches: Sequence[int | None]
) -> list[Search]:
    """Of one method, the first that was asked for, else the run's own; over every batch that was asked for."""
    from sft.planning.training import search

    return [search(study, one, [study.choice(one, method, rows) for rows in batches]) for one in topologies]


def _decoding(study: Study, topologies: list[Topology], rows: int | None) -> list[DecodePlan]:
    """The engine on every topology, with the time that each configured task takes at most."""
    from harness.gemma.engine.schedule import span_bucket
    from sft.planning.decode import decoding, rows_that_fit
    from sft.planning.decode_step import STEPS
    from sft.planning.tasks import measured_tasks, task_time

    tasks = measured_tasks(study.config)
    span = span_bucket(max((task.tokens for task in tasks), default=1024) + STEPS)
    wanted = [(one, rows or rows_that_fit(study, one, span), span) for one in topologies]
    return [replace(made, tasks=tuple(task_time(task, made) for task in tasks)) for made in decoding(study, wanted)]


def _document(
    study: Study,
    resolved: Resolved,
    training: list[TrainingPlan],
    decoding: list[DecodePlan],
    searches: list[Search],
) -> PlanDocument:
    from harness.core.codec import encode
    from harness.store.origin import versions
    from sft.planning.document import PlanDocument

    return PlanDocument(
        model=study.config.model.base,
        layers=study.sizes.layers,
        compiled_layers=study.depths,
        as_run=study.as_run,
        length=encode(study.length),
        training=tuple(training),
        decoding=tuple(decoding),
        searches=tuple(searches),
        chips={name: encode(chip) for name, chip in study.chips.items()},
        versions=versions(),
        settings=encode(resolved.config),
    )
