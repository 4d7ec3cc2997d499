"""`noise_floor`: how many answers of one model flip when nothing but numerics changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from harness.api.evaluate import tell_data
from harness.api.models import Model, model_of
from harness.api.score import matched_completions, score_completions
from harness.api.watch import shown_here
from harness.audits.noise.measure import Same
from harness.audits.noise.measure import noise_floor as measured
from harness.audits.noise.store import FOLDER, StoredFloor, keep_floor
from harness.core.errors import UserError
from harness.core.failures import failed, failure_words
from harness.core.hashing import stable_hash
from harness.core.notices import notice
from harness.core.progress import OnProgress
from harness.core.records import GenerationSettings
from harness.core.stopped import Stopped
from harness.core.task import Task
from harness.runner.begin import build_task, new_run
from harness.runner.invocation import IN_MEMORY, Invocation, Sampling
from harness.store.folder import DEFAULT_RUNS, RUN_FILE
from harness.store.origin import command_line
from harness.store.stored import StoredRun, read_stored, stored

if TYPE_CHECKING:
    from harness.core.backend import Backend
    from harness.runner.requests import KeyedRequest

BATCH_OPTIONS = {"gemma": "batch_size", "http": "concurrency"}
"""What a backend calls the number of questions that it may answer together."""
DEFAULT_BATCHES = (1, 8, 32)


def noise_floor(
    *same: str | Path | StoredRun,
    task: str | Task = "",
    model: Any = "",
    batches: Sequence[int] = (),
    seeds: Sequence[int] = (0,),
    options: Mapping[str, Any] | None = None,
    limit: int | None = None,
    max_new_tokens: int | None = None,
    tokenizer: str | Path = "",
    runs: str | Path = DEFAULT_RUNS,
    on_progress: OnProgress | None = None,
) -> StoredFloor:
    """The share of greedy answers that flip by batch size and order alone, kept where `compare` finds it.

    `same` are runs already made of one model, or files of completions, which `task` says how to score. Without them a
    `task` (with its `options`, its first `limit` docs) is asked of a `model`, both as `evaluate` takes them, at each of
    `batches` (1, 8 and 32 where the model has batches) and with each of `seeds`, of which all but 0 ask in another
    order, so that other batches form. `max_new_tokens` bounds a completion, `tokenizer` is that of a model in memory.
    Runs that are there already are not drawn again. `runs` is where runs are kept.

    Raises UserError for runs that differ in more than numerics, and for fewer than two; `Stopped` on Ctrl-C.
    """
    if same and model:
        raise UserError("runs and --model given", tip="name runs to compare them, or --task and --model to make some.")
    if not task and (model or not same):
        raise UserError("no --task given", tip="`harness noise --task T --model M`, or `harness noise RUN RUN`.")
    root = Path(runs)
    built = build_task(task, options or {}, limit=limit) if task else None
    if same:
        sides = _recorded(same, built, root)
        folder = _folder(root, [side.run.model.fingerprint for side in sides], sides[0].run.task)
        return _kept(folder, sides)
    assert built is not None
    asked = Invocation(
        task=task if isinstance(task, str) else f"{IN_MEMORY}{task.name}",
        model="",
        options=dict(options or {}),
        limit=limit,
        max_new_tokens=max_new_tokens,
    )
    with shown_here(on_progress) as tell:
        drawing = _Drawing(built, asked, _checked("--seeds", seeds, least=0), root, tell)
        return _kept(*_drawn(drawing, model, _checked("--batch", batches, least=1), tokenizer))


def _kept(folder: Path, sides: Sequence[Same]) -> StoredFloor:
    from harness.runner.run import utc_now

    return keep_floor(folder, replace(measured(sides), made=utc_now(), command=command_line()))


def _checked(name: str, numbers: Sequence[int], *, least: int) -> tuple[int, ...]:
    """Each once. Raises UserError for one below `least`."""
    for number in numbers:
        if number < least:
            raise UserError(f"{name} {number}: expected whole numbers from {least} up, such as 1,8,32")
    return tuple(dict.fromkeys(numbers))


# --- runs already made ---------------------------------------------------------------------------------


def _recorded(same: Sequence[str | Path | StoredRun], task: Task | None, runs: Path) -> list[Same]:
    """Runs by folder or id; a file of completions is scored first."""
    _refuse_twice(same, runs)
    return [_side(one, task, runs) for one in same]


def _side(given: str | Path | StoredRun, task: Task | None, runs: Path) -> Same:
    if _is_file(given):
        if task is None:
            raise UserError(f"{given} is a file of completions: --task says how to score it")
        made, label = _scored(Path(str(given)), task, runs), Path(str(given)).stem
    else:
        made = stored(given, runs)
        label = made.id
    return Same(run=made.run, records=made.records, label=label)


def _is_file(given: str | Path | StoredRun) -> bool:
    return not isinstance(given, StoredRun) and Path(given).is_file()


def _refuse_twice(same: Sequence[str | Path | StoredRun], runs: Path) -> None:
    """One run beside itself has no flips, whatever the model does."""
    places: dict[Path, str] = {}
    for given in same:
        name = str(given.path if isinstance(given, StoredRun) else given)
        place = (Path(name) if _is_file(given) else stored(given, runs).path).resolve()
        if place in places:
            both = name if name == places[place] else f"{places[place]} and {name}"
            raise UserError(
                f"{both}: the same run given twice", tip="name runs of their own of one model, with other batch sizes."
            )
        places[place] = name


def _scored(file: Path, task: Task, runs: Path) -> StoredRun:
    """Scored once: the folder is named by what is scored and how."""
    completions, kind = matched_completions(file, task)
    texts = [[c.doc_id, c.repeat, c.prefill, c.text] for c in completions]
    identity = stable_hash([texts, task.docs, task.options, [scorer.identity for scorer in task.scorers]], length=10)
    folder = runs / FOLDER / "scored" / f"{file.stem}-{identity}"
    if (folder / RUN_FILE).is_file():
        return read_stored(folder)
    folder.mkdir(parents=True, exist_ok=True)
    return score_completions(folder, task, file, kind, completions, name=file.stem)


# --- runs made here ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Drawing:
    """What every run of one floor has in common."""

    task: Task
    asked: Invocation
    """But for the model, whose spec has the batch size, and the seed."""
    seeds: Sequence[int]
    runs: Path
    tell: OnProgress


def _drawn(drawing: _Drawing, model: Any, batches: Sequence[int], tokenizer: str | Path) -> tuple[Path, list[Same]]:
    """Every batch size with every seed, in a folder of this model and task: what is there is not drawn again."""
    models = list(_models(model, batches, tokenizer))
    if len(models) * len(drawing.seeds) < 2:
        raise UserError("one batch size and one seed make one run: nothing to compare", tip="try --seeds 0,1.")
    settings = drawing.asked.settings(drawing.task.max_new_tokens, drawing.task.stop)
    task = replace(drawing.task, max_new_tokens=settings.max_new_tokens)
    sides: list[Same] = []
    folder: Path | None = None
    try:
        for opened, batch in models:
            backend = opened.open(task)
            try:
                if folder is None:
                    tell_data(task)
                    folder = _folder(drawing.runs, [backend.describe().fingerprint], task.name, task, settings)
                asked = replace(drawing.asked, model=opened.spec)
                for seed in drawing.seeds:
                    seeded = replace(asked, sampling=Sampling(seed=seed))
                    sides.append(_draw_one(task, backend, seeded, folder, batch, drawing.tell))
            finally:
                if opened.is_ours:
                    backend.close()
    except KeyboardInterrupt:
        raise Stopped(folder, goes_on="the same call") from None
    assert folder is not None
    return folder, sides


def _draw_one(
    task: Task, backend: Backend, asked: Invocation, folder: Path, batch: int | None, tell: OnProgress
) -> Same:
    from harness.runner.run import run_task

    seed = asked.sampling.seed
    parts = {name: value for name, value in {"batch": batch, "seed": seed}.items() if value is not None}
    label = ", ".join(f"{name} {value}" for name, value in parts.items())
    own = folder / "-".join(f"{name}{value}" for name, value in parts.items())
    own.mkdir(parents=True, exist_ok=True)
    settings = asked.settings(task.max_new_tokens, task.stop)
    planned = new_run(own, task, backend.describe(), settings, asked.as_json())
    run, records = run_task(
        task,
        backend,
        settings,
        own,
        planned,
        on_progress=lambda told: tell(replace(told, stage=f"{told.stage}, {label}")),
        order=_order(seed),
    )
    if lacking := failed(records):
        share = f"{label}: {len(lacking):,} of {len(records):,} completions failed and are not scored"
        notice(f"{share}: {failure_words(lacking)}; the same call draws them again")
    return Same(run=run, records=records, label=label)


def _order(seed: int) -> Callable[[list[KeyedRequest]], list[KeyedRequest]]:
    """The order of the docs for seed 0; any other seed shuffles them."""

    def shuffled(missing: list[KeyedRequest]) -> list[KeyedRequest]:
        return Random(seed).sample(missing, len(missing)) if seed else missing

    return shuffled


def _models(model: Any, batches: Sequence[int], tokenizer: str | Path) -> Iterator[tuple[Model, int | None]]:
    """The model at every batch size. Raises UserError for batch sizes of a model that has none."""
    from harness.backends.open import split_spec

    if not isinstance(model, str | Path):
        if batches:
            raise UserError("batches: a model in memory keeps its own", tip="leave them out, and give seeds=(0, 1).")
        yield model_of(model, tokenizer), None
        return
    if not str(model):
        raise UserError("no --model given", tip="a folder, a hub id, http://HOST/v1,model=M, or runs already made.")
    kind, _, options = split_spec(str(model))
    name = BATCH_OPTIONS.get(kind)
    if name is None:
        if batches:
            raise UserError(f"--batch: the {kind} backend has no batch size", tip="leave it out, and give --seeds 0,1.")
        yield model_of(model), None
        return
    if name in options:
        raise UserError(f"--model sets {name} itself", tip=f"leave {name} to --batch.")
    for batch in batches or DEFAULT_BATCHES:
        yield model_of(f"{model},{name}={batch}"), batch


def _folder(
    runs: Path,
    fingerprints: Sequence[str],
    task: str,
    built: Task | None = None,
    settings: GenerationSettings | None = None,
) -> Path:
    """The folder of this floor: one for a model, a task with its data, and settings."""
    docs = built.data.docs_hash if built is not None and built.data is not None else ""
    prompts = built.prompt if built is not None else ""
    return runs / FOLDER / f"{task}-{stable_hash([sorted(fingerprints), task, docs, prompts, settings], length=10)}"
