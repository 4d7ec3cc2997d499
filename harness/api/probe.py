"""`probe`: does the answer of a model come from the reasoning that it shows?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.api.given import names as names_of
from harness.api.models import model_of
from harness.api.watch import shown_here
from harness.comparison.refuse import is_recorded
from harness.core.errors import UserError
from harness.core.progress import OnProgress, quiet
from harness.core.records import GenerationSettings, Record, Run
from harness.core.stopped import Stopped
from harness.core.task import Task
from harness.runner.begin import build_task
from harness.runner.inputs import check_same_reader
from harness.runner.invocation import IN_MEMORY, read_invocation
from harness.store.folder import DEFAULT_RUNS
from harness.store.stored import StoredRun, stored

if TYPE_CHECKING:
    from harness.audits.probes.records import ProbeName, ProbeSummaries
    from harness.core.backend import Backend


def probe(
    run: str | Path | StoredRun,
    probes: Sequence[str],
    *,
    task: Task | None = None,
    model: Any = "",
    tokenizer: str | Path = "",
    runs: str | Path = DEFAULT_RUNS,
    on_progress: OnProgress | None = None,
) -> ProbeSummaries:
    """Probe a run's reasoning: cut it, slip in an error, replace it; a probe that was stopped goes on.

    `run` is a finished run, read already or by folder, id or start of its id under `runs`. `probes` are of
    early-answering, injected-slip, filler and paraphrase. `model` is the one that the run was made with, which is the
    default; a `task` or a model that was an object then must be handed over again, with its `tokenizer`.

    Raises UserError for a run that cannot be gone on with, another model, and data or scorers that changed since.
    """
    from harness.audits.probes.records import PROBES, read_probe_names

    names = read_probe_names(list(names_of(probes)))
    if not names:
        raise UserError("no --probe given", tip=f"probes: {', '.join(PROBES)}.")
    recorded = stored(run, Path(runs))
    check_probeable(recorded.path, recorded.run)
    asked = read_invocation(recorded.run.invocation)
    if asked.task.startswith(IN_MEMORY) and task is None:
        raise UserError(f"run {recorded.id} is of a task that was an object", tip="hand it over again: task=...")
    built = build_task(
        task or asked.task, {} if task else asked.options, limit=asked.limit, extra_scorers=asked.scorers
    )
    _check_data(recorded.run, built)
    _check_scorer(recorded.path, recorded.run, built)
    settings = recorded.run.settings
    assert settings is not None
    built = replace(built, max_new_tokens=settings.max_new_tokens)
    opened = model_of(asked.model if isinstance(model, str) and not model else model, tokenizer)
    backend = opened.open(built)
    try:
        _check_model(recorded.run, backend)
        with shown_here(on_progress) as tell:
            return run_probes(names, built, recorded.records, backend, settings, recorded.path, on_progress=tell)
    except KeyboardInterrupt:
        raise Stopped(recorded.path, goes_on="the same call") from None
    finally:
        if opened.is_ours:
            backend.close()


def check_probeable(folder: Path, run: Run) -> None:
    """Raises UserError for completions made elsewhere, whose prompts nobody knows, and for an unfinished run."""
    if is_recorded(run):
        raise UserError(
            f"{folder} holds completions made elsewhere: their prompts are unknown, so they cannot be gone on with",
            tip="`harness run --task ... --model ... --probe ...` draws completions and probes them.",
        )
    if not run.finished:
        raise UserError(f"{folder} is not finished", tip=f"`harness run --resume {folder}` goes on with it.")


def run_probes(
    names: Sequence[ProbeName],
    task: Task,
    records: Sequence[Record],
    backend: Backend,
    settings: GenerationSettings,
    folder: Path,
    *,
    on_progress: OnProgress = quiet,
) -> ProbeSummaries:
    """Run each probe in `names` over the `records` of a run of `task`, drawn from `backend` with `settings`, into its
    `folder`; steps are those that the step checker sees, and `on_progress` is told of each completion.

    Raises UserError for a task without reasoning to probe.
    """
    from harness.audits.probes.records import ProbeSummaries
    from harness.audits.probes.run import run_probe
    from tasks.scoring.steps.read.split import step_spans

    asked = task, records, backend, settings, folder
    return ProbeSummaries(run_probe(name, *asked, split=step_spans, on_progress=on_progress) for name in names)


def _check_data(run: Run, task: Task) -> None:
    assert task.data is not None
    if run.data.docs_hash != task.data.docs_hash:
        raise UserError(f"run {run.id}: the data changed since it was made ({run.data.source}, {task.data.source})")


def _check_scorer(folder: Path, run: Run, task: Task) -> None:
    """Answers of two versions of a scorer differ without any probe."""
    from harness.audits.probes.requests import answer_scorer

    name = answer_scorer(task)
    now = next(scorer.identity for scorer in task.scorers if scorer.name == name)
    if run.scorers.get(name) != now:
        raise UserError(
            f"run {run.id}: the scorer {name} changed since it was made",
            tip=f"`harness run --resume {folder}` scores it anew; probe it then.",
        )


def _check_model(run: Run, backend: Backend) -> None:
    found = backend.describe()
    if found.fingerprint != run.model.fingerprint:
        raise UserError(
            f"run {run.id} is of {run.model.name} ({run.model.fingerprint}), not of {found.name} ({found.fingerprint})",
            tip="a probe goes on with what the same model wrote: leave --model out, or name that model.",
        )
    check_same_reader(run.id, run.model, found)
