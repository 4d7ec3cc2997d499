"""`harness plan`: what a run needs on hardware that is not here: memory, step time, hours; compiled, not guessed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.options import JsonOption
from harness.cli.train import set_layer


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
    json: JsonOption = False,
) -> None:
    """Say what a run will take on a TPU (or here) before it is started: memory, step time, device-hours."""
    import os

    os.environ.setdefault("JAX_PLATFORMS", "cpu")  # of this process alone: planning touches no device
    from harness.api.plan import PlanAsked, make_plan, plan_options
    from harness.api.settings import resolve_settings
    from harness.cli.show import plan as plan_show
    from harness.cli.show.console import print_json
    from harness.cli.show.progress import bars_only

    asked = PlanAsked(
        topologies=tuple(topology or ()),
        methods=tuple(mode or ()),
        batches=tuple(batch or ()),
        decode=decode,
        rows=rows,
        search=search,
        quick=quick,
        as_run=as_run,
        time_limit=time_limit,
        workers=workers,
        cache=cache,
        out=out,
    )
    said = [set_layer(setting), *plan_options(base, batch or (), seq)]
    told = plan_show.printed_jobs(tells=not json)
    with bars_only(tells=not json) as tell:
        made = make_plan(asked, lambda: resolve_settings(config, recipe, *said), on_progress=tell, on_done=told)
    if json:
        print_json(made.as_json())
    else:
        plan_show.print_plan(made)
