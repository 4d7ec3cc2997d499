"""The runner: draws what the journal lacks, scores each completion as it arrives, and closes the run with estimates."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from harness.core.backend import Backend
from harness.core.blame import blaming
from harness.core.errors import UserError
from harness.core.hashing import stable_hash
from harness.core.progress import OnProgress, Progress, quiet
from harness.core.records import Completion, Estimate, GenerationSettings, Record, Run
from harness.core.scorer import Scorer
from harness.core.task import Task
from harness.runner.example import with_example
from harness.runner.hosts import (
    ALONE,
    Hosts,
    absorb,
    check_same,
    exchange,
    from_first,
    gather_list,
    is_reply,
    newest,
    together,
)
from harness.runner.inputs import input_reader, with_input
from harness.runner.likelihood import check_can_weigh, weigh
from harness.runner.requests import KeyedRequest, prompt_hash, requests_of
from harness.runner.scoring import score_completion
from harness.store.folder import RUN_FILE, journals, locked, read_run, read_run_records, records_file, write_run
from harness.store.journal import Journal, read_records


def run_task(
    task: Task,
    backend: Backend,
    settings: GenerationSettings,
    folder: Path,
    run: Run,
    *,
    on_progress: OnProgress = quiet,
    order: Callable[[list[KeyedRequest]], list[KeyedRequest]] = list,
    hosts: Hosts = ALONE,
) -> tuple[Run, list[Record]]:
    """Complete the run in `folder`; what its journal already has is not drawn again, failures are. What other scorers
    than the task's have judged is judged anew.

    `settings` are those of every request, `on_progress` is told of each record as it is written. `order` is the order
    in which the missing ones are asked for: it decides which of them may share a batch. Several `hosts` share them out,
    and process 0 ends with all records; the others return none.

    Returns the finished run and its records. Whatever stops it (a kill, a UserError of the backend), the records
    written so far stay and the same call goes on from them.
    """
    read = input_reader(backend) if run.identity is not None else None
    requests = requests_of(task, backend.describe(), settings, read)
    prompts = [keyed.request.prompt for keyed in requests]
    model = with_example(run.model, backend, prompts)
    run = replace(run, prompt_hash=prompt_hash(prompts), n_expected=len(requests), model=model)
    run = with_input(run, backend, requests)
    check_same(
        hosts,
        "run in mind",
        stable_hash([keyed.key for keyed in requests]),
        "task, data, model and code must be the same.",
    )
    with locked(folder, hosts.index), _journal(folder, run, hosts) as journal:
        outdated = bool(from_first(hosts, lambda: "yes" if _scored_otherwise(folder, run) else ""))
        finished = together(hosts, lambda: _finished(folder, requests))
        if outdated:
            journal.extend(_scored_anew(requests, finished, task.scorers))
        if hosts.index == 0:
            absorb(journal, finished.values())
            write_run(folder, run)  # only now: what a refusal or a kill leaves must not say more than its records
        anywhere = set().union(*gather_list(hosts, sorted(finished)))
        missing = order([keyed for keyed in requests if keyed.key not in anywhere])[hosts.index :: hosts.count]
        total = len(anywhere) + len(missing)
        start = Progress(stage=task.name, primary=task.primary, done=len(anywhere), total=total, resumed=len(anywhere))
        on_progress(start)
        tell = counter(on_progress, start)
        together(hosts, lambda: draw(task.scorers, backend, settings, missing, journal, tell))
        exchange(hosts, journal, lambda: _held(folder))
        return together(hosts, lambda: finish_run(folder, run, task) if hosts.index == 0 else (run, []))


def _journal(folder: Path, run: Run, hosts: Hosts) -> Journal:
    return Journal(folder / records_file(hosts.index), checked=run.identity is not None)


def finish_run(folder: Path, run: Run, task: Task) -> tuple[Run, list[Record]]:
    """Estimate every metric from the records on disk and write the finished run."""
    from harness.stats.estimate import estimate_metrics

    records = read_run_records(folder, run)
    estimates = estimate_metrics(records, run.metrics)
    estimates |= summary_of(task, records)
    run = replace(run, estimates=estimates, finished=utc_now())
    return write_run(folder, run), records


def summary_of(task: Task, records: Sequence[Record]) -> Mapping[str, Estimate]:
    """The task's own estimates of the whole run. Raises UserError with the place in its code where that fails."""
    if task.summary is None:
        return {}
    with blaming(f"task {task.name!r}, its summary"):
        return task.summary(records)


def utc_now() -> str:
    """Now, UTC, ISO 8601 to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _finished(folder: Path, requests: Sequence[KeyedRequest]) -> dict[str, Record]:
    wanted = {keyed.key for keyed in requests}
    found = _held(folder)
    others = [record.doc.id for key, record in found.items() if key not in wanted]
    if others:
        raise UserError(
            f"{folder} holds {len(others)} records of another model, prompt or settings (first: doc {others[0]!r})",
            tip="resume with what the run was started with, or start a new run.",
        )
    return {key: record for key, record in found.items() if is_reply(record)}


def _scored_otherwise(folder: Path, run: Run) -> bool:
    """What lies in the folder was judged by other scorers, or other versions of them, than `run` names."""
    return (folder / RUN_FILE).is_file() and read_run(folder).scorers != run.scorers


def _scored_anew(
    requests: Sequence[KeyedRequest], finished: Mapping[str, Record], scorers: Sequence[Scorer]
) -> Iterator[Record]:
    """The records with the verdicts of these scorers: one run is never judged by two versions of one."""
    for keyed in requests:
        if keyed.key in finished:
            yield score_completion(keyed.key, keyed.doc, finished[keyed.key].completion, scorers)


def _held(folder: Path) -> dict[str, Record]:
    """What the run's journal has, and what other processes left beside it."""
    return newest(read_records(path) for path in journals(folder))


def draw(
    scorers: Sequence[Scorer],
    backend: Backend,
    settings: GenerationSettings,
    missing: Sequence[KeyedRequest],
    journal: Journal,
    tell: Callable[[Record], None],
) -> None:
    """Ask the backend for every completion that is missing; each is scored by all `scorers`, written to the `journal`
    and told of (`tell`) as it arrives.

    `settings` are the run's; seed and budget of each request are its own. What the backend gives no reply to is
    journalled as an error.
    """
    waiting = {(keyed.request.doc_id, keyed.request.repeat): keyed for keyed in missing}
    for completion in _completions(backend, missing, settings):
        keyed = waiting.pop((completion.doc_id, completion.repeat), None)
        if keyed is None:  # a backend that answers twice, or something unasked, must not add records
            continue
        record = score_completion(keyed.key, keyed.doc, completion, scorers)
        journal.append(record)
        tell(record)
    for keyed in waiting.values():
        silent = Completion(
            doc_id=keyed.doc.id, repeat=keyed.request.repeat, text="", finish="error", error="the backend gave no reply"
        )
        record = score_completion(keyed.key, keyed.doc, silent, scorers)
        journal.append(record)
        tell(record)


def _completions(
    backend: Backend, missing: Sequence[KeyedRequest], settings: GenerationSettings
) -> Iterator[Completion]:
    asked = [keyed.request for keyed in missing]
    to_write = [request for request in asked if not request.prompt.pairs]
    to_weigh = [request for request in asked if request.prompt.pairs]
    check_can_weigh(backend, to_weigh)  # before hours of writing
    if to_write:
        yield from backend.generate(to_write, settings)
    if to_weigh:
        yield from weigh(backend, to_weigh)


def counter(on_progress: OnProgress, start: Progress) -> Callable[[Record], None]:
    """Counts the records that `draw` tells of, from where `start` stands on, and passes the count to `on_progress`."""
    done = start.done

    def tell(record: Record) -> None:
        nonlocal done
        done += 1
        on_progress(replace(start, done=done, record=record))

    return tell
