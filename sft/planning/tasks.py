"""How long the configured tasks take to answer, at most: every reply as long as its budget."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.core.records import Prompt
    from sft.config import Config
    from sft.planning.document import DecodePlan, TaskTime


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSize:
    """What of a task decides its time."""

    task: str
    docs: int
    prompt_tokens: int
    """Of the longest prompt, by its characters."""
    max_new_tokens: int

    @property
    def tokens(self) -> int:
        """Of the longest row."""
        return self.prompt_tokens + self.max_new_tokens


def measured_tasks(config: Config) -> list[TaskSize]:
    """The tasks of [benchmark] as they are at hand here."""
    from harness.core.registry import find_entry
    from harness.core.task import prompt_of
    from harness.runner.begin import build_task
    from sft.planning.run_length import CHARACTERS_A_TOKEN

    settings, found = config.benchmark, []
    given = {"format": config.data.format, "prefill": config.data.prefill, **settings.options}
    for name in settings.tasks:
        known = find_entry(name).parameters
        options = {key: value for key, value in given.items() if key in known and value != ""}
        task = build_task(name, options, limit=settings.limit or None)
        longest = max(_characters(prompt_of(task, doc)) for doc in task.docs)
        found.append(
            TaskSize(
                task=name,
                docs=len(task.docs),
                prompt_tokens=round(longest / CHARACTERS_A_TOKEN),
                max_new_tokens=settings.max_new_tokens or task.max_new_tokens,
            )
        )
    return found


def task_time(task: TaskSize, made: DecodePlan) -> TaskTime:
    """One model over one task: replies of the whole budget all end together, and the rows are filled anew.

    1,319 docs on 1,024 rows are two rounds, of which the second is not full.
    """
    from sft.planning.document import TaskTime

    steps = task.max_new_tokens * math.ceil(task.docs / (made.rows * made.n_devices))
    return TaskTime(
        task=task.task,
        docs=task.docs,
        max_new_tokens=task.max_new_tokens,
        low_seconds=steps * made.step.low,
        high_seconds=steps * made.step.high,
    )


def _characters(prompt: Prompt) -> int:
    return sum(len(message.content) for message in prompt.messages) + len(prompt.prefill)
