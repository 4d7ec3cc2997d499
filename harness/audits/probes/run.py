"""Runs a probe: what its journal lacks is drawn, and the summary of everything drawn is written beside the run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.audits.probes.forced import forced_scorers
from harness.audits.probes.records import ProbeName, ProbeSummary, SplitSteps
from harness.audits.probes.requests import ProbeRequests, answer_scorer, probe_requests
from harness.audits.probes.store import journal_path, write_summary
from harness.audits.probes.summary import summarise
from harness.core.backend import Backend
from harness.core.errors import UserError
from harness.core.progress import OnProgress, Progress, quiet
from harness.core.records import GenerationSettings, Record
from harness.core.scorer import Scorer
from harness.core.task import Task
from harness.runner.run import counter, draw
from harness.runner.scoring import score_completion
from harness.store.folder import locked, sort_records
from harness.store.journal import Journal, latest_by_key, read_records


def run_probe(
    probe: ProbeName,
    task: Task,
    records: Sequence[Record],
    backend: Backend,
    settings: GenerationSettings,
    folder: Path,
    *,
    split: SplitSteps,
    on_progress: OnProgress = quiet,
) -> ProbeSummary:
    """Probe the run in `folder`, whose records are `records`; what the probe's journal has already is not drawn again.

    `backend` answers with `settings`, `on_progress` is told of each completion. `split` cuts reasoning into steps.
    Raises UserError for a task whose replies are weighed and not written.
    """
    check_probed(task)
    wanted = probe_requests(probe, task, records, backend.describe(), settings, split)
    path = journal_path(folder, probe)
    path.parent.mkdir(parents=True, exist_ok=True)
    with locked(path.parent), Journal(path) as journal:
        found = _finished(path, wanted)
        missing = [keyed for keyed in wanted.requests if keyed.key not in found]
        start = Progress(
            stage=probe, primary=task.primary, done=len(found), total=len(wanted.requests), resumed=len(found)
        )
        on_progress(start)
        if missing:
            tell = counter(on_progress, start)
            draw(_scorers(probe, task), backend, settings, missing, journal, tell)
        summary = summarise(wanted, _judged(_drawn(path, wanted), wanted, _scorers(probe, task)), answer_scorer(task))
        write_summary(folder, summary)
    return summary


def _scorers(probe: ProbeName, task: Task) -> tuple[Scorer, ...]:
    forced = probe in ("early-answering", "filler")
    return forced_scorers(task.scorers, task.prompt.response_format) if forced else tuple(task.scorers)


def check_probed(task: Task) -> None:
    """Raises UserError for a task that asks for likelihoods: there is no reasoning to probe."""
    if task.docs and task.prompt.render(task.docs[0]).pairs:
        raise UserError(f"task {task.name!r} weighs given answers: there is no reasoning to probe")


def _judged(drawn: Sequence[Record], wanted: ProbeRequests, scorers: Sequence[Scorer]) -> list[Record]:
    """The records with the verdicts of today's scorers, beside the answers that the run has today: a journal may be of
    before either changed."""
    docs = {keyed.key: keyed.doc for keyed in wanted.requests}
    return [score_completion(record.key, docs[record.key], record.completion, scorers) for record in drawn]


def _finished(path: Path, wanted: ProbeRequests) -> set[str]:
    return {record.key for record in _drawn(path, wanted) if record.completion.finish != "error"}


def _drawn(path: Path, wanted: ProbeRequests) -> list[Record]:
    """Records of these requests; those of other settings, or of an older version of the probe, are passed over."""
    keys = {keyed.key for keyed in wanted.requests}
    return sort_records(r for key, r in latest_by_key(read_records(path)).items() if key in keys)
