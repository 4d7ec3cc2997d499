"""`harness noise`: how many answers of one model flip when nothing but numerics changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli.options import DEFAULT_RUNS, read_options, with_data
from harness.core.errors import UserError
from harness.core.hashing import stable_hash
from harness.core.records import GenerationSettings
from harness.runner.begin import build_task
from harness.store.origin import command_line

if TYPE_CHECKING:
    from harness.audits.noise.measure import Same
    from harness.audits.noise.records import NoiseFloor
    from harness.core.backend import Backend
    from harness.core.task import Task
    from harness.runner.requests import KeyedRequest

BATCH_OPTIONS = {"gemma": "batch_size", "http": "concurrency"}
"""What a backend calls the number of questions that it may answer together."""
DEFAULT_BATCHES = (1, 8, 32)


def noise(
    run: Annotated[
        list[str] | None, typer.Argument(help="Runs already made, or files of completions, that should be the same.")
    ] = None,
    task: Annotated[str, typer.Option("--task", "-t", help="Task name or path to a .py file.")] = "",
    model: Annotated[str, typer.Option("--model", "-m", help="As for run.")] = "",
    batch: Annotated[str, typer.Option(help="Batch sizes to run. Default: 1,8,32 where the model has them.")] = "",
    seeds: Annotated[str, typer.Option(help="Each seed but 0 asks in another order, so other batches form.")] = "0",
    option: Annotated[list[str] | None, typer.Option("--option", "-o", help="A task option, key=value.")] = None,
    data: Annotated[str | None, typer.Option(help="Local data file instead of the task's own source.")] = None,
    columns: Annotated[str | None, typer.Option(help="Which column holds what: question=Q,answer=A.")] = None,
    limit: Annotated[int | None, typer.Option(help="Only the first N docs.")] = None,
    max_new_tokens: Annotated[int | None, typer.Option(help="Default: the task's own budget.")] = None,
    runs: Annotated[
        Path, typer.Option(help="Where runs are kept; the floor is found there by compare.")
    ] = DEFAULT_RUNS,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Measure the noise floor: the share of greedy answers that flip by batch size and order alone."""
    from harness.audits.noise.measure import noise_floor
    from harness.audits.noise.store import write_floor
    from harness.cli.show.console import print_json
    from harness.runner.run import utc_now

    if run and model:
        raise UserError("runs and --model given", tip="name runs to compare them, or --task and --model to make some.")
    if not task and (model or not run):
        raise UserError("no --task given", tip="`harness noise --task T --model M`, or `harness noise RUN RUN`.")
    options = with_data(read_options(option), data, columns, task) if task else {}
    if run:
        sides = _recorded(run, task, options, limit, runs)
        folder = _folder(runs, [side.run.model.fingerprint for side in sides], sides[0].run.task)
    else:
        built = build_task(task, options, limit=limit)
        built = replace(built, max_new_tokens=max_new_tokens or built.max_new_tokens)
        asked = {"task": task, "options": options, "limit": limit, "max_new_tokens": max_new_tokens}
        folder, sides = _drawn(built, model, _numbers("--batch", batch, 1), _numbers("--seeds", seeds, 0), asked, runs)
    floor = replace(noise_floor(sides), made=utc_now(), command=command_line())
    path = write_floor(folder, floor)
    if json:
        from harness.core.codec import encode

        print_json({"path": str(path)} | encode(floor))
        return
    _print(floor, path)


def _recorded(names: Sequence[str], task: str, options: Mapping[str, str], limit: int | None, runs: Path) -> list[Same]:
    """Runs by folder or id; a file of completions is scored first."""
    from harness.audits.noise.measure import Same
    from harness.store.folder import find_run, read_run, read_run_records

    sides = []
    built = build_task(task, options, limit=limit) if task else None
    _refuse_twice(names, runs)
    for name in names:
        if Path(name).is_file():
            if built is None:
                raise UserError(f"{name} is a file of completions: --task says how to score it")
            sides.append(_scored(Path(name), built, runs))
            continue
        folder = find_run(name, runs)
        found = read_run(folder)
        sides.append(Same(run=found, records=read_run_records(folder, found), label=found.id))
    return sides


def _refuse_twice(names: Sequence[str], runs: Path) -> None:
    """One run beside itself has no flips, whatever the model does."""
    from harness.store.folder import find_run

    places: dict[Path, str] = {}
    for name in names:
        place = (Path(name) if Path(name).is_file() else find_run(name, runs)).resolve()
        if place in places:
            both = name if name == places[place] else f"{places[place]} and {name}"
            raise UserError(
                f"{both}: the same run given twice", tip="name runs of their own of one model, with other batch sizes."
            )
        places[place] = name


def _scored(file: Path, task: Task, runs: Path) -> Same:
    """Scored once: the folder is named by what is scored and how."""
    from harness.api.score import matched_completions, score_completions
    from harness.audits.noise.measure import Same
    from harness.audits.noise.store import FOLDER
    from harness.store.folder import RUN_FILE, read_run, read_run_records

    completions, kind = matched_completions(file, task)
    texts = [[c.doc_id, c.prefill, c.text] for c in completions]
    identity = stable_hash([texts, task.options, [scorer.identity for scorer in task.scorers]], length=10)
    folder = runs / FOLDER / "scored" / f"{file.stem}-{identity}"
    if (folder / RUN_FILE).is_file():
        run = read_run(folder)
        return Same(run=run, records=read_run_records(folder, run), label=file.stem)
    folder.mkdir(parents=True, exist_ok=True)
    made = score_completions(folder, task, file, kind, completions, name=file.stem)
    return Same(run=made.run, records=list(made.records), label=file.stem)


def _drawn(
    task: Task, model: str, batches: Sequence[int], seeds: Sequence[int], asked: Mapping[str, Any], runs: Path
) -> tuple[Path, list[Same]]:
    """Every batch size with every seed, in a folder of this model and task: what is there is not drawn again."""
    from harness.api.evaluate import tell_data
    from harness.backends.open import open_backend

    specs = list(_specs(model, batches))
    if len(specs) * len(seeds) < 2:
        raise UserError("one batch size and one seed make one run: nothing to compare", tip="try --seeds 0,1.")
    sides: list[Same] = []
    folder = None
    for spec, batch in specs:
        backend = open_backend(spec, task)
        try:
            settings = GenerationSettings(max_new_tokens=task.max_new_tokens, stop=task.stop)
            if folder is None:
                tell_data(task)
            folder = folder or _folder(runs, [backend.describe().fingerprint], task.name, task, settings)
            for seed in seeds:
                sides.append(_draw_one(task, backend, settings, folder, batch, seed, dict(asked) | {"model": spec}))
        finally:
            backend.close()
    assert folder is not None
    return folder, sides


def _draw_one(
    task: Task,
    backend: Backend,
    settings: GenerationSettings,
    folder: Path,
    batch: int | None,
    seed: int,
    asked: Mapping[str, Any],
) -> Same:
    from harness.audits.noise.measure import Same
    from harness.cli.show.progress import progress
    from harness.runner.begin import new_run
    from harness.runner.run import run_task

    parts = {"batch": batch, "seed": seed}
    own = folder / "-".join(f"{name}{value}" for name, value in parts.items() if value is not None)
    own.mkdir(parents=True, exist_ok=True)
    label = ", ".join(f"{name} {value}" for name, value in parts.items() if value is not None)
    invocation = _invocation(asked, seed)
    planned = new_run(own, task, backend.describe(), replace(settings, seed=seed), invocation)
    with progress() as show:
        run, records = run_task(
            task, backend, replace(settings, seed=seed), own, planned, on_progress=show, order=_order(seed)
        )
    return Same(run=run, records=records, label=label)


def _order(seed: int) -> Any:
    """The order of the docs for seed 0; any other seed shuffles them."""

    def shuffled(missing: list[KeyedRequest]) -> list[KeyedRequest]:
        return Random(seed).sample(missing, len(missing)) if seed else missing

    return shuffled


def _invocation(asked: Mapping[str, Any], seed: int) -> dict[str, Any]:
    sampling = {"temperature": 0.0, "top_p": 1.0, "top_k": 0, "seed": seed, "repeats": 1}
    return {**asked, "scorers": [], "also": [], "k": "", "sampling": sampling}


def _specs(model: str, batches: Sequence[int]) -> Iterator[tuple[str, int | None]]:
    """The model at every batch size. Raises UserError for batch sizes of a backend that has none."""
    from harness.backends.open import split_spec

    if not model:
        raise UserError("no --model given", tip="a folder, a hub id, http://HOST/v1,model=M, or runs already made.")
    kind, _, options = split_spec(model)
    name = BATCH_OPTIONS.get(kind)
    if name is None:
        if batches:
            raise UserError(f"--batch: the {kind} backend has no batch size", tip="leave it out, and give --seeds 0,1.")
        yield model, None
        return
    if name in options:
        raise UserError(f"--model sets {name} itself", tip=f"leave {name} to --batch.")
    for batch in batches or DEFAULT_BATCHES:
        yield f"{model},{name}={batch}", batch


def _folder(
    runs: Path,
    fingerprints: Sequence[str],
    task: str,
    built: Task | None = None,
    settings: GenerationSettings | None = None,
) -> Path:
    """The folder of this floor: one for a model, a task with its data, and settings."""
    from harness.audits.noise.store import FOLDER

    docs = built.data.docs_hash if built is not None and built.data is not None else ""
    prompts = built.prompt if built is not None else ""
    return runs / FOLDER / f"{task}-{stable_hash([sorted(fingerprints), task, docs, prompts, settings], length=10)}"


def _numbers(name: str, text: str, least: int) -> list[int]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    for part in parts:
        if not part.isdecimal() or int(part) < least:
            raise UserError(f"{name} {text!r}: expected whole numbers from {least} up, such as 1,8,32")
    return list(dict.fromkeys(int(part) for part in parts))


def _print(floor: NoiseFloor, path: Path) -> None:
    from harness.audits.noise.words import floor_sentence, share
    from harness.cli.show.console import out, table

    console = out()
    console.print(floor_sentence(floor), markup=False, style="bold")
    for note in floor.notes:
        console.print(f"note: {note}", markup=False)
    runs = table("run", floor.primary, right=(floor.primary,))
    for one in floor.runs:
        runs.add_row(one.label, share(one.accuracy))
    console.print(runs)
    numbers = ("docs", "flips", "share [95%]", "other answers", "other texts")
    made = table("pair", *numbers, right=numbers)
    for pair in floor.pairs:
        label = f"{pair.first} / {pair.second}"
        made.add_row(
            label, str(pair.n_docs), str(pair.n_flips), share(pair.flips), str(pair.n_answers), str(pair.n_texts)
        )
    console.print(made)
    console.print(f"noise: {path}", markup=False)
