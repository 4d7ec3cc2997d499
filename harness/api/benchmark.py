"""What follows training: base and candidates over the same docs, compared and reported."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.api.listener import SILENT, Listener
from harness.core.progress import OnProgress, quiet
from harness.runner.hosts import ALONE, Hosts, from_first
from harness.runner.invocation import Invocation
from harness.store.beside import TRAINING_METRICS
from harness.store.stored import StoredRun

if TYPE_CHECKING:
    from harness.audits.contamination import Contamination, Overlaps
    from sft.config import BenchmarkSettings
    from sft.training.arms import TrainedArm
    from sft.training.inputs import ArmData, TrainingInputs
    from sft.training.result import ComparedPair, Measured, MeasuredModel


def benchmark(
    inputs: TrainingInputs,
    arms: Sequence[TrainedArm],
    folder: Path,
    overlaps: Overlaps,
    *,
    hosts: Hosts = ALONE,
    on_progress: OnProgress = quiet,
    listener: Listener = SILENT,
) -> Measured:
    """Run base and all `arms` over the tasks that the `inputs` are configured for, compare each pair, report, all in
    `folder`; finished runs are kept.

    Beside each run lie the candidate's curves and what of the task stood in the training data (`overlaps`). Several
    `hosts` draw each run together, and the first does the rest. `on_progress` is told of completions, the `listener` of
    stages and finished runs.
    """
    from sft.training.result import BASE, Measured

    models = {BASE: str(inputs.base)} | {str(arm.order): str(arm.model) for arm in arms}
    curves = {str(arm.order): arm.folder / TRAINING_METRICS for arm in arms}
    measured: list[MeasuredModel] = []
    pairs: list[ComparedPair] = []
    for task in inputs.config.benchmark.tasks:
        found: dict[str, StoredRun] = {}
        for number, (name, model) in enumerate(models.items(), 1):
            listener.stage(f"measuring model {number} of {len(models)} on {task}: {name}")
            found[name] = _run(inputs, task, model, folder / "runs" / f"{task}-{name}", hosts, on_progress)
            listener.measured(found[name])
        if hosts.index:
            continue
        measured += [_kept(inputs, task, name, run, overlaps, curves.get(name)) for name, run in found.items()]
        listener.stage(f"comparing every pair on {task}")
        for baseline, candidate in combinations(_ordered(models), 2):
            target = folder / "report" / f"{task}-{baseline}-{candidate}"
            pairs.append(compare_pair(found[baseline], found[candidate], (baseline, candidate), target, task=task))
    return Measured(models=tuple(measured), pairs=tuple(pairs))


def check_tasks(settings: BenchmarkSettings) -> None:
    """Raises UserError for a misspelt task, or an option that none of the tasks has."""
    from harness.core.errors import unknown_name
    from harness.core.registry import find_entry

    known = sorted({name for task in settings.tasks for name in find_entry(task).parameters})
    for name in settings.options:
        if name not in known:
            tasks = ", ".join(settings.tasks) or "no task"
            raise unknown_name("option of benchmark.options:", name, known, tip=f"{tasks}: {', '.join(known)}.")


def invocation(inputs: TrainingInputs, task: str, model: str) -> Invocation:
    """How a configured task is run on a model: what `harness run` would have been told."""
    from harness.core.registry import find_entry

    settings = inputs.config.benchmark
    known = find_entry(task).parameters
    trained = {"format": inputs.config.data.format, "prefill": inputs.config.data.prefill}
    options = {**trained, **settings.options}
    template = inputs.config.model.chat_template
    return Invocation(
        task=task,
        options={key: value for key, value in options.items() if key in known and value != ""},
        model=f"gemma:{model}" + (f",chat_template={template}" if template else ""),
        limit=settings.limit or None,
        scorers=tuple(settings.scorers),
        max_new_tokens=settings.max_new_tokens or None,
    )


def compare_pair(
    baseline: StoredRun, candidate: StoredRun, names: tuple[str, str], target: Path, *, task: str = ""
) -> ComparedPair:
    """Compare `candidate` with `baseline`, which are called `names` (of a `task`), and write the pages into `target`.

    Raises UserError for runs that are not comparable.
    """
    from harness.audits.compared import compare_stored
    from reports.write import write_comparison
    from sft.training.result import ComparedPair

    made = compare_stored(baseline, candidate, runs=baseline.path.parent)
    pages = write_comparison(made, target)
    return ComparedPair(task=task, baseline=names[0], candidate=names[1], compared=made, report=pages[-1])


def find_in_samples(inputs: TrainingInputs, data: ArmData, folder: Path) -> dict[str, Contamination]:
    """Compare the samples, held-out ones too, with every configured task's docs; write `folder`/contamination.json.

    All arms are made of the same samples. Raises UserError for a task whose docs cannot be opened: before training,
    not after it.
    """
    from harness.audits.contamination import find_overlaps, write_overlap

    samples = [one.sample for one in data.prepared.samples]
    rows = [{"question": one.question, "reasoning": one.reasoning, "answer": one.answer} for one in samples]
    found = {name: find_overlaps(rows, _docs(inputs, name)) for name in inputs.config.benchmark.tasks}
    if found:
        write_overlap(folder, data.prepared.source, found, None)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class StepsAccuracy:
    """Accuracy of one model on the docs of one number of steps, with Wilson's 95% interval, as fractions."""

    model: str
    n_steps: int
    value: float
    low: float
    high: float
    n: int


def by_steps(runs: Mapping[str, StoredRun]) -> list[StepsAccuracy]:
    """Accuracy of each model for each number of steps, recomputed from the records of `runs`, by model."""
    from harness.stats.intervals import wilson

    rows = []
    for model, run in runs.items():
        counted: dict[int, list[float]] = {}
        for record in run.records:
            if (value := record.metrics["accuracy"]) is not None:
                counted.setdefault(int(record.doc.metadata["n_steps"]), []).append(float(value))  # type: ignore[arg-type]
        for n_steps, values in sorted(counted.items()):
            low, high = wilson(sum(values), len(values))
            value, n = sum(values) / len(values), len(values)
            rows.append(StepsAccuracy(model=model, n_steps=n_steps, value=value, low=low, high=high, n=n))
    return rows


def _run(
    inputs: TrainingInputs, task: str, model: str, folder: Path, hosts: Hosts, on_progress: OnProgress
) -> StoredRun:
    """The run of one model; it is read again where its records are asked for, so that no more than one is held."""
    from harness.api.evaluate import go_on, start

    if from_first(hosts, lambda: "begun" if (folder / "run.json").is_file() else ""):
        done = go_on(str(folder), folder.parent, hosts=hosts, on_progress=on_progress)
    else:
        asked = invocation(inputs, task, model)
        done = start(asked, folder, folder.parent, hosts=hosts, on_progress=on_progress)
    return done if done.elsewhere else replace(done, at_hand=None)


def _kept(
    inputs: TrainingInputs, task: str, model: str, run: StoredRun, overlaps: Overlaps, curves: Path | None
) -> MeasuredModel:
    """The run with what belongs beside it: the curves of its training, and which of its docs were trained on."""
    from harness.audits.contaminated import run_overlap
    from harness.audits.contamination import write_overlap
    from harness.core.codec import encode
    from sft.data.sources import source_name
    from sft.training.result import MeasuredModel

    if curves is not None:
        shutil.copyfile(curves, run.path / TRAINING_METRICS)
    scores: dict[str, Any] | None = None
    if task in overlaps:
        scores = dict(encode(run_overlap(run.run, run.records, {task: overlaps[task]})))
        write_overlap(run.path, source_name(inputs.config.data.source), {task: overlaps[task]}, scores)
    return MeasuredModel(task=task, model=model, run=run, contamination=scores)


def _docs(inputs: TrainingInputs, name: str) -> Any:
    from harness.runner.begin import build_task

    asked = invocation(inputs, name, "")
    return build_task(asked.task, asked.options, limit=asked.limit).docs


def _ordered(models: Mapping[str, str]) -> list[str]:
    """Base first, the reasoning arm last: it is the candidate of every pair that it is in."""
    last = [name for name in models if name == "reasoning-answer"]
    return [name for name in models if name not in last] + last
