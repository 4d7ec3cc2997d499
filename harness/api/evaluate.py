"""Starting and resuming a run: from what was asked on the command line to a finished run folder."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from harness.cli.also import also_lm_eval
from harness.cli.options import build_task
from harness.cli.planned import new_run
from harness.core.errors import UserError
from harness.core.records import GenerationSettings, Record, Run
from harness.core.registry import find_entry
from harness.runner.hosts import ALONE, Hosts, from_first, together
from harness.store.folder import RUN_FILE, find_run, new_folder, read_run

if TYPE_CHECKING:
    from harness.audits.probes.records import ProbeName, ProbeSummary
    from harness.core.backend import Backend
    from harness.core.task import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A finished run with where it lies and what it printed."""

    folder: Path
    run: Run
    records: list[Record]
    lm_eval: dict[str, Any] | None = None
    """lm-eval's verdicts on the same completions, where they were asked for."""
    probes: Sequence[ProbeSummary] = ()
    """Of the probes that were asked for."""
    elsewhere: bool = False
    """Process 0 of several wrote it; this one drew its share, and `run` has no estimates."""


def start(invocation: Mapping[str, Any], out: Path | None, runs: Path, hosts: Hosts = ALONE) -> Finished:
    """Run a task in a new folder. Raises UserError for anything in the call that cannot be done."""
    return _execute(invocation, lambda task, model: new_folder(out, runs, task, model), None, hosts)


def resume(name: str, runs: Path, hosts: Hosts = ALONE) -> Finished:
    """Go on with a run where its journal ends. Of several processes only the first needs its run.json."""
    from harness.core.codec import decode, encode

    found = json.loads(from_first(hosts, lambda: json.dumps([str(find_run(name, runs)), encode(_started(name, runs))])))
    before = decode(Run, found[1])
    return _execute(dict(before.invocation), lambda task, model: Path(found[0]), before, hosts)


def _started(name: str, runs: Path) -> Run:
    folder = find_run(name, runs)
    before = read_run(folder)
    if before.settings is None:
        raise UserError(f"{folder} holds completions made elsewhere", tip="score them again with `harness score`.")
    return before


def _execute(
    invocation: Mapping[str, Any], place: Callable[[str, str], Path], before: Run | None, hosts: Hosts
) -> Finished:
    from harness.cli.probe import probe_names_of
    from harness.cli.show.progress import progress_bar
    from harness.runner.run import run_task

    task, settings, backend = together(hosts, lambda: _opened(invocation, before))
    folder: Path | None = None
    try:
        folder = Path(from_first(hosts, lambda: str(place(task.name, backend.describe().name))))
        folder.mkdir(parents=True, exist_ok=True)  # where hosts do not share a disk
        planned = new_run(folder, task, backend.describe(), settings, invocation)
        if before is not None:
            planned = _keep_history(planned, before)
            _tell_rescored(before, planned)
        with progress_bar(task.name, task.primary) as show:
            done, records = run_task(task, backend, settings, folder, planned, on_progress=show, hosts=hosts)
        if hosts.index:
            together(hosts, lambda: None)  # while process 0 probes
            return Finished(folder=folder, run=done, records=[], elsewhere=True)
        probes = probe_names_of(invocation)
        summaries = together(hosts, lambda: _probed(probes, task, records, backend, settings, folder))
    except KeyboardInterrupt:
        started = folder is not None and (folder / RUN_FILE).is_file()
        after = f"; go on with: harness run --resume {folder}" if started else " before anything was drawn"
        print(f"\nstopped{after}", file=sys.stderr)
        raise typer.Exit(130) from None
    except UserError:
        if folder is not None:
            with suppress(OSError):  # refused before anything was written
                folder.rmdir()
        raise
    finally:
        backend.close()
    return Finished(
        folder=folder,
        run=_with_repeats(folder, done, records, invocation["k"]),
        records=records,
        lm_eval=also_lm_eval(records, folder) if invocation.get("also") else None,
        probes=summaries,
    )


def _opened(invocation: Mapping[str, Any], before: Run | None) -> tuple[Task, GenerationSettings, Backend]:
    """All that can be wrong with a call, found before the first completion."""
    from harness.backends.open import check_model, open_backend
    from harness.cli.also import check_also
    from harness.cli.probe import probe_names_of
    from harness.cli.show.run import tell_data

    find_entry(invocation["task"]).read(invocation["options"])
    probe_names_of(invocation)
    check_model(invocation["model"])  # a mistake must not wait for the data, nor stand below what is said of it
    task = build_task(
        invocation["task"], invocation["options"], limit=invocation["limit"], extra_scorers=invocation["scorers"]
    )
    check_also(invocation.get("also", []), task)  # runs of before it was written down have none
    settings = _settings(invocation, task.max_new_tokens, task.stop)
    _check_k(invocation["k"], settings.repeats)
    assert task.data is not None
    if before is not None and before.data.docs_hash != task.data.docs_hash:
        raise UserError(
            f"run {before.id}: the data changed since it started ({before.data.source} then, {task.data.source} now)"
        )
    task = replace(task, max_new_tokens=settings.max_new_tokens)  # backends check it against what they can hold
    backend = open_backend(invocation["model"], task)
    tell_data(task)
    return task, settings, backend


def _probed(
    probes: Sequence[ProbeName],
    task: Task,
    records: Sequence[Record],
    backend: Backend,
    settings: GenerationSettings,
    folder: Path,
) -> Sequence[ProbeSummary]:
    """The probes that were asked for; where the model cannot be probed, the run is there all the same."""
    from harness.cli.probe import run_probes

    try:
        return run_probes(probes, task, records, backend, settings, folder)
    except UserError as error:
        raise UserError(f"{error.message} (the run itself is finished: {folder})", tip=error.tip) from error


def _keep_history(planned: Run, before: Run) -> Run:
    """A resumed run keeps when and how it was started."""
    return replace(planned, started=before.started, command=before.command, id=before.id)


def _tell_rescored(before: Run, planned: Run) -> None:
    from harness.cli.show.console import notice

    names = before.scorers.keys() | planned.scorers.keys()
    changed = sorted(name for name in names if before.scorers.get(name) != planned.scorers.get(name))
    if changed:
        notice(f"{', '.join(changed)} changed since the run started: what it has drawn is scored anew")


def _with_repeats(folder: Path, done: Run, records: list[Record], k: str) -> Run:
    if not k:
        return done
    from harness.stats.repeats import repeat_metrics
    from harness.store.folder import write_run

    wanted = [int(part) for part in k.split(",")]
    done = replace(done, estimates=dict(done.estimates) | repeat_metrics(records, wanted))
    write_run(folder, done)
    return done


def _settings(invocation: Mapping[str, Any], budget: int, stop: tuple[str, ...]) -> GenerationSettings:
    sampling = invocation["sampling"]
    asked = invocation["max_new_tokens"]
    settings = GenerationSettings(max_new_tokens=budget if asked is None else asked, stop=stop, **sampling)
    checks = {
        f"--repeats {settings.repeats}: at least 1": settings.repeats >= 1,
        f"--max-new-tokens {settings.max_new_tokens}: at least 1": settings.max_new_tokens >= 1,
        f"--temperature {settings.temperature}: 0 or more, and finite": 0 <= settings.temperature < float("inf"),
        f"--top-p {settings.top_p}: above 0, at most 1": 0 < settings.top_p <= 1,
        f"--top-k {settings.top_k}: 0 or more": settings.top_k >= 0,
    }
    for complaint, fine in checks.items():
        if not fine:
            raise UserError(complaint)
    if settings.repeats > 1 and settings.temperature == 0:
        raise UserError("--repeats needs --temperature above 0", tip="greedy repeats are all the same text.")
    return settings


def _check_k(k: str, repeats: int) -> None:
    for part in filter(None, k.split(",")):
        if not part.strip().isdecimal() or int(part) < 1:
            raise UserError(f"--k {part!r}: expected whole numbers such as 1,4")
        if int(part) > repeats:
            raise UserError(f"--k {part} is more than --repeats {repeats}", tip=f"draw more with --repeats {part}.")
