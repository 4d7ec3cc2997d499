"""The run record as it stands before anything is drawn or scored."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.core.records import GenerationSettings, ModelInfo, Run
from harness.core.task import Task
from harness.store.origin import command_line, git_sha, versions


def new_run(
    folder: Path, task: Task, model: ModelInfo, settings: GenerationSettings | None, invocation: Mapping[str, Any]
) -> Run:
    """A run of `task` that will lie in `folder`; `settings` is None for completions made elsewhere."""
    from harness.data.identity import data_info
    from harness.runner.run import utc_now
    from harness.runner.scoring import metric_infos

    return Run(
        id=folder.resolve().name,
        task=task.name,
        task_version=task.version,
        task_options=task.options,
        data=task.data or data_info(f"task:{task.name}", task.docs),
        prompt_hash="",
        prompt_note="",
        scorers={scorer.name: scorer.identity for scorer in task.scorers},
        primary=task.primary,
        metrics=metric_infos(task.scorers),
        model=model,
        settings=settings,
        versions=versions(),
        git_sha=git_sha(),
        command=command_line(),
        invocation=invocation,
        started=utc_now(),
    )
