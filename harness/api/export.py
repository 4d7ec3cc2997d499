"""`export_lm_eval`: our tasks as files that lm-eval's own command runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.core.errors import UserError

DEFAULT_TASKS = ("gsm8k", "structure", "step_validity")


@dataclass(frozen=True, slots=True, kw_only=True)
class LmEvalExport:
    """Tasks that lm-eval can run."""

    folder: Path
    tasks: tuple[str, ...]
    """Their names in lm-eval."""
    command: str
    """What runs them; PATH stands for the model."""

    @property
    def paths(self) -> tuple[Path, ...]:
        """The folder of each task."""
        from harness.lm_eval_bridge.export import PREFIX

        return tuple(self.folder / name.removeprefix(PREFIX) for name in self.tasks)


def export_lm_eval(
    folder: str | Path,
    tasks: str | Sequence[str] = DEFAULT_TASKS,
    *,
    options: Mapping[str, Any] | None = None,
    scorers: Sequence[str] = (),
) -> LmEvalExport:
    """Write tasks as YAML and fn.py into `folder`, for `lm_eval run --include_path FOLDER --tasks harness_gsm8k`.

    `tasks` are names or paths of task files, each with the same `options`; `scorers` judge beside their own.

    Raises UserError for a task that there is not, that lm-eval has no form for, or that was exported there before.
    """
    from harness.lm_eval_bridge.export import export_task

    folder = Path(folder)
    wanted = [tasks] if isinstance(tasks, str) else list(tasks)
    if not wanted:
        raise UserError("no task to export", tip="`harness tasks` lists every task.")
    names = tuple(export_task(folder, name, options or {}, scorers) for name in wanted)
    command = (
        f"lm_eval run --model hf --model_args pretrained=PATH --include_path {folder} "
        f"--tasks {','.join(names)} --apply_chat_template"
    )
    return LmEvalExport(folder=folder, tasks=names, command=command)
