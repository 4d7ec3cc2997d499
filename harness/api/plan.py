"""`plan`: what a run needs on hardware that is not here: memory, step time, hours; compiled, not guessed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.api.given import names
from harness.api.settings import Layer, resolve_settings
from harness.api.watch import shown_here
from harness.core.errors import UserError, unknown_name
from harness.core.progress import OnProgress, Progress, quiet
from harness.core.stopped import Stopped

if TYPE_CHECKING:
    from harness.hardware.compile import OnDone
    from harness.hardware.records import Compiled, Job
    from harness.hardware.topology import Topology
    from sft.config import Config, Resolved
    from sft.planning.document import DecodePlan, PlanDocument, Search, TrainingPlan
    from sft.planning.study import Study

METHODS = ("full", "lora", "qlora")
DEFAULT_METHODS = ("lora", "full")
COMPILING = "compiling"
"""The stage that is told of."""


def plan(
    config: str | Path | None = None,
    *,
    recipe: str = "",
    topologies: Sequence[str] = (),
    base: str | Path = "",
    methods: Sequence[str] = (),
    batches: Sequence[int] = (),
    row_length: int | None = None,
    overrides: Mapping[str, Any] | None = None,
    decode: bool = False,
    rows: int | None = None,
    search: bool = False,
    quick: bool = False,
    as_run: bool = False,
    time_limit: float = 900,
    workers: int = 2,
    cache: bool = True,
    out: str | Path | None = None,
    on_progress: OnProgress | None = None,
) -> PlanDocument:
    """Say what a run will take on a TPU (or here) before it is started: memory, step time, device-hours.

    Settings are those of `train`: `config`, `recipe`, `base`, `overrides`; `row_length` is in tokens. `topologies` are
    such as v5e:2x2, v5e-8, v6e:2x4, cpu, gpu (the default is cpu), `methods` of full, lora, qlora (lora and full),
    `batches` the rows of an update. `decode` plans the engine and the time of evaluation too, with `rows` a device or
    what fits; `search` tries meshes, batches, micro-batches and remat and recommends one. `quick` compiles two shallow
    depths instead of every layer, `as_run` optimises for a TPU as a run does. `time_limit` is in seconds for one
    program, `workers` compile at a time, `cache` reads the figures of earlier plans. `out` is a file for the plan.

    Raises UserError for a topology, method or model that there is not, and where a compiler is missing; `Stopped` on
    Ctrl-C.
    """
    asked = PlanAsked(
        topologies=names(topologies),
        methods=names(methods),
        batches=tuple(batches),
        decode=decode,
        rows=rows,
        search=search,
        quick=quick,
        as_run=as_run,
        time_limit=time_limit,
        workers=workers,
        cache=cache,
        out=Path(out) if out is not None else None,
    )
    said = [("overrides", dict(overrides or {})), *plan_options(str(base), batches, row_length)]
    with shown_here(on_progress) as tell:
        return make_plan(asked, lambda: resolve_settings(config, recipe, *said), on_progress=tell)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanAsked:
    """What is asked of a plan, beside the settings of the run."""

    topologies: tuple[str, ...] = ()
    """None: the CPU that is here."""
    methods: tuple[str, ...] = ()
    """None: lora and full."""
    batches: tuple[int, ...] = ()
    """Rows of an update; none: as the run is set."""
    decode: bool = False
    rows: int | None = None
    """Of a device with `decode`; None: what fits."""
    search: bool = False
    quick: bool = False
    """Two shallow depths are compiled, not every layer."""
    as_run: bool = False
    """Optimised for a TPU as a run does."""
    time_limit: float = 900
    """Seconds for one program."""
    workers: int = 2
    """Programs compiled at a time."""
    cache: bool = True
    """Figures of earlier plans are used."""
    out: Path | None = None
    """A file for the plan."""


def plan_options(base: str, batches: Sequence[int], row_length: int | None) -> list[Layer]:
    """What is said beside recipe and file, each part under its own name."""
    layers: list[Layer] = []
    if base:
        layers.append(("--base", {"model.base": base}))
    if batches:
        layers.append(("--batch", {"train.batch_rows": batches[0]}))
    if row_length:
        layers.append(("--seq", {"data.row_length": row_length, "data.max_length": row_length}))
    return layers


def make_plan(
    asked: PlanAsked,
    settings: Callable[[], Resolved],
    *,
    on_progress: OnProgress = quiet,
    on_done: OnDone = lambda job, compiled, done, total: None,
) -> PlanDocument:
    """What `asked` says, of a run with these `settings`, which are resolved once the rest is known to make sense.

    `on_progress` is told of programs, `on_done` of each by name too. Raises UserError and `Stopped` as `plan` does.
    """
    from harness.gemma.model.tunix_adapter import require_tunix
    from harness.hardware.topology import parse_topology
    from sft.planning.document import write_plan

    require_tunix()
    places = [parse_topology(name) for name in asked.topologies or ("cpu",)]
    if asked.rows and not asked.decode:
        raise UserError("--rows is of the decode engine", tip="add --decode; rows of an update are --batch.")
    if asked.out is not None and asked.out.is_dir():
        raise UserError(f"--out {asked.out} is a folder", tip=f"name a file: --out {asked.out / 'plan.json'}")
    resolved = settings()
    methods = _methods(asked.methods)

    def done(job: Job, compiled: Compiled, n: int, total: int) -> None:
        on_done(job, compiled, n, total)
        on_progress(Progress(stage=COMPILING, done=n, total=total, unit="programs"))

    try:
        study = _study(resolved.config, asked, done)
        for place in places:
            study.chip(place)  # before anything is compiled: whether this machine has what is asked for
        training = _training(study, places, methods, asked.batches or (resolved.config.train.batch_rows,))
        method = methods[0] if asked.methods else None
        found = searches(study, places, method, asked.batches or (None,)) if asked.search else []
        decoding = _decoding(study, places, asked.rows) if asked.decode else []
    except KeyboardInterrupt:
        raise Stopped(None, goes_on="the same call, which reads what was compiled" if asked.cache else "") from None
    made = _document(study, resolved, training, decoding, found)
    if asked.out is not None:
        write_plan(made, asked.out)
    return made


def _methods(given: Sequence[str]) -> list[str]:
    for name in given:
        if name not in METHODS:
            raise unknown_name("mode", name, METHODS, tip=f"one of {', '.join(METHODS)}.")
    return list(given or DEFAULT_METHODS)


def _study(config: Config, asked: PlanAsked, on_done: OnDone) -> Study:
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
        quick=asked.quick,
        as_run=asked.as_run,
        timeout_seconds=asked.time_limit,
        workers=asked.workers,
        cache=default_cache() if asked.cache else None,
        on_done=on_done,
    )


def _training(
    study: Study, topologies: Sequence[Topology], methods: Sequence[str], batches: Sequence[int]
) -> list[TrainingPlan]:
    """Every topology, method and batch; beside what does not fit, the nearest that does."""
    from sft.planning.training import training, with_nearest

    wanted = [(one, study.choice(one, method, rows)) for one in topologies for method in methods for rows in batches]
    return [with_nearest(study, made, pair[0]) for made, pair in zip(training(study, wanted), wanted, strict=True)]


def searches(
    study: Study, topologies: Sequence[Topology], method: str | None, batches: Sequence[int | None]
) -> list[Search]:
    """For each of `topologies` the best choice of the `study` with one method, the first that was asked for, else the
    run's own; over all `batches` (rows of an update) that were asked for.
    """
    from sft.planning.training import search

    return [search(study, one, [study.choice(one, method, rows) for rows in batches]) for one in topologies]


def _decoding(study: Study, topologies: Sequence[Topology], rows: int | None) -> list[DecodePlan]:
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
