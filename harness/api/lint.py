"""`lint`: the prompt that a model really gets, and the mistakes in it that would move a score."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.api.evaluate import tell_data
from harness.core.errors import UserError
from harness.core.task import Task
from harness.runner.begin import build_task

if TYPE_CHECKING:
    from harness.gemma.lint.lint import Report


def lint(
    model: str | Path,
    task: str | Task = "",
    *,
    options: Mapping[str, Any] | None = None,
    against: str | Path | None = None,
    max_new_tokens: int | None = None,
) -> Report:
    """Render a task's prompts as a model gets them, and say what is wrong with them; no weights are read.

    `model` is a folder, a hub id or a checkpoint, with options as in `evaluate`. Without a `task` (its `options` as
    there) a sample question is rendered. `against` is a model whose prompts should be the same, for example the base of
    a tuned one, and `max_new_tokens` the budget that must fit beside the longest prompt.

    Raises UserError for a model whose own files are not at hand, and as loading does.
    """
    from harness.backends.open import split_spec
    from harness.backends.options import check_options
    from harness.gemma.backend import OPTIONS
    from harness.gemma.lint.lint import lint_model

    kind, name, given = split_spec(str(model))
    if kind != "gemma":
        raise UserError(f"--model {model}: only a model's own files can be linted", tip="give a folder or a hub id.")
    check_options(f"gemma:{name}", given, (*OPTIONS, "lora_alpha"))  # as in `evaluate`; most do not matter here
    built = build_task(task, options or {}) if task else None
    report = lint_model(
        name,
        built,
        base=given.get("base"),
        chat_template=given.get("chat_template", ""),
        against=against,
        max_new_tokens=max_new_tokens,
    )
    if built is not None:
        tell_data(built)
    return report
