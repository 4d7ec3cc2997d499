"""What follows training: base and candidates over the same docs, compared, reported, told in the model card."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.cli.show.stages import SILENT, Stages
from harness.runner.hosts import ALONE, Hosts, from_first
from harness.runner.invocation import Invocation
from harness.store.beside import TRAINING_METRICS

if TYPE_CHECKING:
    from harness.audits.contamination import Overlaps
    from sft.config import BenchmarkSettings, Resolved
    from sft.training.arms import TrainedArm
    from sft.training.inputs import TrainingInputs

BASE = "base"


def benchmark(
    plan: TrainingInputs,
    arms: Sequence[TrainedArm],
    folder: Path,
    overlaps: Overlaps,
    *,
    quiet: bool = False,
    hosts: Hosts = ALONE,
    stages: Stages = SILENT,
) -> dict[str, Any]:
    """Run base and every arm over the configured tasks, compare each pair, report; finished runs are kept.

    Beside each run lie the candidate's curves and what of the task stood in the training data (`overlaps`). Several
    `hosts` draw each run together, and the first does the rest.
    """
    from harness.cli.train_contamination import write_beside_run
    from sft.data.sources import source_name

    models: dict[str, str] = {BASE: str(plan.base)}
    models |= {str(arm.order): str(arm.model) for arm in arms}
    curves: dict[str, Path] = {arm.order: arm.folder / TRAINING_METRICS for arm in arms}
    runs: list[dict[str, Any]] = []
    comparisons: list[dict[str, Any]] = []
    for task in plan.config.benchmark.tasks:
        found = {}
        for number, (name, model) in enumerate(models.items(), 1):
            stages.say(f"measuring model {number} of {len(models)} on {task}: {name}")
            found[name] = _run(plan, task, model, folder / "runs" / f"{task}-{name}", quiet, hosts)
        if hosts.index:
            continue
        for name, made in found.items():
            scores = write_beside_run(task, overlaps, source_name(plan.config.data.source), made)
            runs.append(_run_document(task, name, made) | {"contamination": scores})
            if name in curves:
                shutil.copyfile(curves[name], made.path / TRAINING_METRICS)
        stages.say(f"comparing every pair on {task}")
        for baseline, candidate in combinations(_ordered(models), 2):
            sides = found[baseline].path, found[candidate].path
            target = folder / "report" / f"{task}-{baseline}-{candidate}"
            pair = {"task": task, "baseline": baseline, "candidate": candidate}
            comparisons.append(pair | compare_runs(*sides, target))
    return {"runs": runs, "comparisons": comparisons}


def check_tasks(settings: BenchmarkSettings) -> None:
    """Raises UserError for a misspelt task, or an option that none of the tasks has."""
    from harness.core.errors import unknown_name
    from harness.core.registry import find_entry

    known = sorted({name for task in settings.tasks for name in find_entry(task).parameters})
    for name in settings.options:
        if name not in known:
            tasks = ", ".join(settings.tasks) or "no task"
            raise unknown_name("option of benchmark.options:", name, known, tip=f"{tasks}: {', '.join(known)}.")


def _ordered(models: dict[str, str]) -> list[str]:
    """Base first, the reasoning arm last: it is the candidate of every pair that it is in."""
    last = [name for name in models if name == "reasoning-answer"]
    return [name for name in models if name not in last] + last


def _run(plan: TrainingInputs, task: str, model: str, folder: Path, quiet: bool, hosts: Hosts) -> Any:
    from harness.api.evaluate import go_on, start
    from harness.cli.show.run import print_run

    if from_first(hosts, lambda: "begun" if (folder / "run.json").is_file() else ""):
        done = go_on(str(folder), folder.parent, hosts=hosts)
    else:
        done = start(invocation(plan, task, model), folder, folder.parent, hosts=hosts)
    if not quiet:
        print_run(done.run, done.path)
    return done


def invocation(plan: TrainingInputs, task: str, model: str) -> Invocation:
    """How a configured task is run on a model: what `harness run` would have been told."""
    from harness.core.registry import find_entry

    settings = plan.config.benchmark
    known = find_entry(task).parameters
    trained = {"format": plan.config.data.format, "prefill": plan.config.data.prefill}
    options = {**trained, **settings.options}
    template = plan.config.model.chat_template
    return Invocation(
        task=task,
        options={key: value for key, value in options.items() if key in known and value != ""},
        model=f"gemma:{model}" + (f",chat_template={template}" if template else ""),
        limit=settings.limit or None,
        scorers=tuple(settings.scorers),
        max_new_tokens=settings.max_new_tokens or None,
    )


def compare_runs(baseline: Path, candidate: Path, target: Path) -> dict[str, Any]:
    """Compare two run folders and write the pages into `target`: the verdict and the primary difference."""
    from harness.api.compare import compare
    from reports.write import write_comparison

    made = compare(baseline, candidate, runs=baseline.parent)
    pages = write_comparison(made, target)
    primary = made.difference()
    return {
        "verdict": made.verdict,
        "metric": made.comparison.primary,
        "difference": primary.value,
        "low": primary.low,
        "high": primary.high,
        "p_value": primary.p_value,
        "report": str(pages[-1]),
    }


def _run_document(task: str, name: str, done: Any) -> dict[str, Any]:
    values = {metric: estimate.value for metric, estimate in done.run.estimates.items()}
    return {"task": task, "model": name, "folder": str(done.path), "metrics": values}


def probe(model: Any, plan: TrainingInputs, order: str, step: int) -> dict[str, float]:
    """The primary metric of the model in training on the first docs of the first task, by the decode engine:
    {"accuracy", "accuracy_low", "accuracy_high", "accuracy_docs"}."""
    from harness.core.records import GenerationSettings
    from harness.gemma.backend import GemmaBackend
    from harness.gemma.engine.engine import Engine
    from harness.gemma.engine.placed import EngineOptions
    from harness.runner.begin import build_task
    from harness.runner.requests import requests_of
    from harness.runner.scoring import score_completion
    from harness.stats.estimate import estimate_metrics
    from sft.training.export import loaded_for_decoding

    settings = plan.config.benchmark
    asked = invocation(plan, settings.tasks[0], "")
    task = build_task(asked.task, asked.options, limit=settings.probe_docs)
    loaded = loaded_for_decoding(plan, model)
    engine = Engine(loaded.model, options=EngineOptions(max_length=loaded.max_positions))
    backend = GemmaBackend(loaded, engine, order)
    budget = GenerationSettings(max_new_tokens=settings.max_new_tokens or task.max_new_tokens, stop=task.stop)
    planned = {one.request.doc_id: one for one in requests_of(task, backend.describe(), budget)}
    records = [
        score_completion(planned[done.doc_id].key, planned[done.doc_id].doc, done, task.scorers)
        for done in backend.generate([one.request for one in planned.values()], budget)
    ]
    metric = next(
        metric.info for scorer in task.scorers for metric in scorer.metrics if metric.info.name == task.primary
    )
    found = estimate_metrics(records, [metric])[task.primary]
    told = {"": found.value, "_low": found.low, "_high": found.high, "_docs": float(found.n_docs)}
    return {task.primary + name: value for name, value in told.items() if value is not None and found.n_docs}


def write_cards(
    plan: TrainingInputs, resolved: Resolved, arms: Sequence[TrainedArm], measured: dict[str, Any], overlaps: Overlaps
) -> None:
    """A README.md in every exported model: data, settings, scores, verdicts."""
    from harness.cli.train_contamination import card_lines
    from sft.training.export import write_card

    for arm in arms:
        about = [made for made in measured.get("comparisons", ()) if arm.order in (made["baseline"], made["candidate"])]
        scores = [run for run in measured.get("runs", ()) if run["model"] in (BASE, arm.order)]
        sections = {
            "Model": f"{plan.base.name}, {plan.config.train.method}, trained on replies in the order {arm.order}.",
            "Data": (arm.folder / "data" / "summary.json").read_text(encoding="utf-8").join(("```json\n", "```")),
            "Training": (
                f"{arm.steps} updates, {arm.tokens:,} tokens; loss {arm.first_loss:.4f} to {arm.last_loss:.4f}; "
                f"exported: update {arm.exported_step}.\n\n{_settings_list(resolved)}"
            ),
            "Contamination": card_lines(overlaps),
            "Scores": "\n".join(_score_line(run) for run in scores) or "Not benchmarked.",
            "Verdict": "\n".join(f"- {m['task']}, {m['baseline']} to {m['candidate']}: {m['verdict']}" for m in about)
            or "–",
        }
        write_card(arm.model, sections)


def _settings_list(resolved: Resolved) -> str:
    chosen = {key: origin for key, origin in resolved.origins.items() if origin != "default"}
    lines = []
    for key, origin in chosen.items():
        section, _, name = key.partition(".")
        lines.append(f"- `{key} = {getattr(getattr(resolved.config, section), name)!r}` ({origin})")
    return "\n".join(lines)


def _score_line(run: dict[str, Any]) -> str:
    shown = ", ".join(f"{name} {value:.4f}" for name, value in run["metrics"].items() if value is not None)
    return f"- {run['task']}, {run['model']}: {shown}"
