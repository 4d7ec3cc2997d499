"""`evaluate` and `resume`: a task through a model, every completion journalled as it finishes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.api.given import names
from harness.api.models import BUNDLED_MODEL, Model, model_of, tell_bundled
from harness.api.outcome import RESUME, resume_command, tell_failures
from harness.api.watch import shown_here
from harness.core.codec import decode, encode
from harness.core.errors import UserError
from harness.core.notices import notice
from harness.core.progress import OnProgress
from harness.core.records import GenerationSettings, Record, Run
from harness.core.registry import find_entry
from harness.core.stopped import Stopped
from harness.core.task import Task
from harness.runner.begin import build_task, new_run
from harness.runner.hosts import ALONE, Hosts, from_first, together
from harness.runner.inputs import check_same_reader
from harness.runner.invocation import IN_MEMORY, Invocation, Sampling, read_invocation
from harness.store.folder import DEFAULT_RUNS, RUN_FILE, find_run, new_folder, read_run
from harness.store.stored import StoredRun

if TYPE_CHECKING:
    from harness.audits.probes.records import ProbeName
    from harness.core.backend import Backend


def evaluate(
    task: str | Task,
    model: Any = "",
    *,
    options: Mapping[str, Any] | None = None,
    limit: int | None = None,
    scorers: Sequence[str] = (),
    also: Sequence[str] = (),
    probes: Sequence[str] = (),
    k: Sequence[int] = (),
    max_new_tokens: int | None = None,
    sampling: Sampling | None = None,
    tokenizer: str | Path = "",
    out: str | Path | None = None,
    runs: str | Path = DEFAULT_RUNS,
    on_progress: OnProgress | None = None,
) -> StoredRun:
    """Run a task through a model and keep every completion, its scores and the estimates in a new folder.

    `task` is a name, the path of a task file, or a Task; `options` are the task's own (`data` and `columns` among them
    where it reads local data), `limit` takes its first docs only. `model` is what `--model` takes (a folder, a hub id,
    `http://HOST/v1,model=NAME`, `replay:FILE`), a Backend, or a Gemma 3 of Tunix in memory, in training or not, whose
    `tokenizer` is that of a folder or hub id; without one the bundled gemma3-nano answers. `scorers` judge beside the
    task's own, `also=["lm-eval"]` sets lm-eval's filters beside ours, `probes` are made of the finished run, and `k`
    asks for pass@k and maj@k of `sampling.repeats` completions a doc. `max_new_tokens` bounds a completion; without it
    the task's own budget does. `out` is the run's folder; without it a new one is made under `runs`.

    Raises UserError for anything in the call that cannot be done, before the first completion; `Stopped` on Ctrl-C.
    """
    asked = Invocation(
        task=task if isinstance(task, str) else f"{IN_MEMORY}{getattr(task, 'name', '')}",
        model="" if not isinstance(model, str) else model,
        options=dict(options or {}),
        limit=limit,
        scorers=names(scorers),
        also=names(also),
        probes=names(probes),
        k=tuple(k),
        max_new_tokens=max_new_tokens,
        sampling=sampling or Sampling(),
    )
    place = Path(out) if out is not None else None
    with joined(model) as hosts:
        return start(
            asked,
            place,
            Path(runs),
            task=None if isinstance(task, str) else task,
            model=model,
            tokenizer=tokenizer,
            on_progress=on_progress,
            hosts=hosts,
        )


def resume(
    run: str | Path | StoredRun,
    *,
    task: Task | None = None,
    model: Any = None,
    tokenizer: str | Path = "",
    runs: str | Path = DEFAULT_RUNS,
    on_progress: OnProgress | None = None,
) -> StoredRun:
    """Go on with a run where its journal ends: what it has is not drawn again, failures are.

    `run` is its folder, its id or the start of its id under `runs`. A `task` or a `model` that was handed over as an
    object must be handed over again, with its `tokenizer` where it is a Gemma 3 in memory; it must be the same one.
    Raises UserError where that cannot be done; `Stopped` on Ctrl-C.
    """
    name, root = str(run.path if isinstance(run, StoredRun) else run), Path(runs)
    with joined(model, resumes=True) as hosts:
        return go_on(name, root, task=task, model=model, tokenizer=tokenizer, on_progress=on_progress, hosts=hosts)


def start(
    invocation: Invocation,
    out: Path | None,
    runs: Path,
    *,
    task: Task | None = None,
    model: Any = None,
    tokenizer: str | Path = "",
    on_progress: OnProgress | None = None,
    hosts: Hosts = ALONE,
) -> StoredRun:
    """A run in a new folder: `out`, or one under `runs`.

    `invocation` is how it was asked for, `task` and `model` are the objects where there are some, `tokenizer` is that
    of a model in memory, and `hosts` are the processes that draw it together. Raises UserError for anything in the call
    that cannot be done.
    """
    asked = _asked(invocation, task, model, tokenizer)
    return _execute(asked, lambda built, name: new_folder(out, runs, built, name), None, on_progress, hosts)


def go_on(
    name: str,
    runs: Path,
    *,
    task: Task | None = None,
    model: Any = None,
    tokenizer: str | Path = "",
    on_progress: OnProgress | None = None,
    hosts: Hosts = ALONE,
) -> StoredRun:
    """`resume` for several `hosts`, of which only the first needs the run.json of the run `name` under `runs`; `task`,
    `model` and `tokenizer` as there. Raises UserError for a run of objects that were not handed over again.
    """
    found = json.loads(from_first(hosts, lambda: json.dumps([str(find_run(name, runs)), encode(_started(name, runs))])))
    before = decode(Run, found[1])
    invocation = read_invocation(before.invocation)
    if (invocation.task.startswith(IN_MEMORY) and task is None) or (
        invocation.model.startswith(IN_MEMORY) and model is None
    ):
        raise UserError(
            f"run {before.id} was asked from Python, with objects that no name leads back to",
            tip=f"harness.resume({found[0]!r}, task=..., model=...), with the same objects.",
        )
    asked = _asked(invocation, task, model, tokenizer)
    return _execute(asked, lambda built, name: Path(found[0]), before, on_progress, hosts)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A call: its words, and the objects where it was given some."""

    invocation: Invocation
    task: str | Task
    model: Any
    tokenizer: str | Path


def _asked(invocation: Invocation, task: Task | None, model: Any, tokenizer: str | Path) -> _Asked:
    return _Asked(
        invocation,
        invocation.task if task is None else task,
        invocation.model if model is None else model,
        tokenizer,
    )


def _started(name: str, runs: Path) -> Run:
    folder = find_run(name, runs)
    before = read_run(folder)
    if before.settings is None:
        raise UserError(f"{folder} holds completions made elsewhere", tip="score them again with `harness score`.")
    return before


def _execute(
    asked: _Asked,
    place: Callable[[str, str], Path],
    before: Run | None,
    on_progress: OnProgress | None,
    hosts: Hosts,
) -> StoredRun:
    from harness.audits.probes.records import read_probe_names
    from harness.runner.run import run_task

    opened = together(hosts, lambda: _opened(asked, before))
    task, settings, backend = opened.task, opened.settings, opened.backend
    folder: Path | None = None
    try:
        with shown_here(on_progress) as tell:
            folder = Path(from_first(hosts, lambda: str(place(task.name, backend.describe().name))))
            folder.mkdir(parents=True, exist_ok=True)  # where hosts do not share a disk
            planned = new_run(folder, task, backend.describe(), settings, opened.invocation.as_json())
            if before is not None:
                check_same_reader(before.id, before.model, planned.model)
                planned = _keep_history(planned, before)
                _tell_rescored(before, planned)
            done, records = run_task(task, backend, settings, folder, planned, on_progress=tell, hosts=hosts)
            if hosts.index:
                together(hosts, lambda: None)  # while process 0 probes
                return StoredRun(path=folder, run=done, at_hand=[], elsewhere=True)
            probes = read_probe_names(list(opened.invocation.probes))
            together(hosts, lambda: _probed(probes, opened, records, folder, tell))
    except KeyboardInterrupt:
        started = folder is not None and (folder / RUN_FILE).is_file()
        goes_on = resume_command(folder) if folder is not None and started else ""
        raise Stopped(folder if started else None, goes_on=goes_on, call=f'harness.resume("{folder}")') from None
    except UserError as error:
        if folder is not None:
            with suppress(OSError):  # refused before anything was written
                folder.rmdir()
            if RESUME in error.tip and (folder / RUN_FILE).is_file():  # who says so cannot know where
                raise UserError(error.message, tip=error.tip.replace(RESUME, resume_command(folder))) from error
        raise
    finally:
        if opened.model.is_ours:
            backend.close()
    return _finished(folder, done, records, opened.invocation)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    """A call that can be carried out."""

    invocation: Invocation
    task: Task
    settings: GenerationSettings
    model: Model
    backend: Backend


def _opened(asked: _Asked, before: Run | None) -> _Opened:
    """All that can be wrong with a call, found before the first completion."""
    from harness.audits.probes.records import read_probe_names
    from harness.lm_eval_bridge.verdicts import check_also

    invocation = asked.invocation
    if isinstance(asked.task, str):
        find_entry(asked.task).read(invocation.options)
    read_probe_names(list(invocation.probes))
    model = model_of(asked.model, asked.tokenizer)  # a mistake must not wait for the data, nor stand below its notice
    task = build_task(asked.task, invocation.options, limit=invocation.limit, extra_scorers=invocation.scorers)
    check_also(invocation.also, task)
    settings = invocation.settings(task.max_new_tokens, task.stop)
    assert task.data is not None
    if before is not None and before.data.docs_hash != task.data.docs_hash:
        raise UserError(
            f"run {before.id}: the data changed since it started ({before.data.source} then, {task.data.source} now)"
        )
    task = replace(task, max_new_tokens=settings.max_new_tokens)  # backends check it against what they can hold
    backend = model.open(task)
    tell_bundled(asked.model)
    tell_data(task)
    return _Opened(
        invocation=replace(invocation, model=model.spec), task=task, settings=settings, model=model, backend=backend
    )


@contextmanager
def joined(model: Any, *, resumes: bool = False) -> Iterator[Hosts]:
    """The other processes that draw a run of `model`, for as long as the block lasts; `resumes`: its model is named by
    the run. A pod is joined for a model that runs on it, not to ask a server from one of its workers."""
    from harness.backends.open import split_spec
    from harness.runner.jax_hosts import is_group_named, join_hosts, leave_hosts, on_pod

    named = isinstance(model, str)
    runs_here = resumes or not named or split_spec(model or BUNDLED_MODEL)[0] == "gemma"
    hosts = join_hosts(recoverable=True) if is_group_named() or (on_pod() and runs_here) else ALONE
    try:
        yield hosts
    finally:
        leave_hosts(hosts)


def tell_data(task: Task) -> None:
    """What must be known of a task's docs: that they are not those that its name promises."""
    if task.data is not None and task.data.notice:
        notice(task.data.notice)


def _probed(
    probes: Sequence[ProbeName], opened: _Opened, records: Sequence[Record], folder: Path, tell: OnProgress
) -> None:
    """The probes that were asked for; where the model cannot be probed, the run is there all the same."""
    from harness.api.probe import run_probes

    try:
        run_probes(probes, opened.task, records, opened.backend, opened.settings, folder, on_progress=tell)
    except UserError as error:
        raise UserError(f"{error.message} (the run itself is finished: {folder})", tip=error.tip) from error


def _keep_history(planned: Run, before: Run) -> Run:
    """A resumed run keeps when, how and as what it was started, its paths as they were given."""
    names = ("started", "command", "id", "invocation", "task_options")
    kept = replace(planned, **{name: getattr(before, name) for name in names})
    if before.identity is None or planned.identity is None:
        return replace(kept, identity=None)
    if before.identity.data != planned.identity.data:
        raise UserError(f"run {before.id}: gold reasoning or metadata of its docs changed since it started")
    return kept


def _tell_rescored(before: Run, planned: Run) -> None:
    names = before.scorers.keys() | planned.scorers.keys()
    changed = sorted(name for name in names if before.scorers.get(name) != planned.scorers.get(name))
    if changed:
        notice(f"{', '.join(changed)} changed since the run started: what it has drawn is scored anew")


def _finished(folder: Path, done: Run, records: list[Record], invocation: Invocation) -> StoredRun:
    from harness.lm_eval_bridge.verdicts import keep_verdicts
    from harness.stats.repeats import repeat_metrics
    from harness.store.folder import write_run

    if invocation.k:
        done = replace(done, estimates=dict(done.estimates) | repeat_metrics(records, list(invocation.k)))
        done = write_run(folder, done)
    if invocation.also:
        keep_verdicts(records, folder)
    made = StoredRun(path=folder, run=done, at_hand=records)
    tell_faults(made)
    tell_failures(made)
    return made


def tell_faults(run: StoredRun) -> None:
    """A scorer that broke on some docs must not go unseen: which, on how many, and why on the first."""
    from harness.core.scorer import FAULT
    from harness.runner.scoring import faults

    for name, failed in faults(run.records).items():
        first = failed[0]
        share = f"{len(failed)} of {len(run.records)} completions"
        said = f"first on doc {first.doc.id!r}: {first.scores[name].detail[FAULT]}"
        notice(f"scorer {name!r} failed on {share}, which it leaves unscored; {said}")
