"""reasoning-harness: measures whether a fine-tuned model thinks better or only formats better.

Nouns are here at once; verbs, and what they need, load when they are used:

    base = harness.evaluate("gsm8k", model="google/gemma-3-1b-it", limit=200)
    tuned = harness.score("outputs.jsonl", "gsm8k")
    found = harness.compare(base, tuned)
"""

from __future__ import annotations

from typing import Any

from harness._version import __version__
from harness.core.backend import Backend
from harness.core.door import NOUNS, VERBS
from harness.core.errors import UserError
from harness.core.late import load
from harness.core.progress import Progress
from harness.core.records import (
    Completion,
    Doc,
    Estimate,
    GenerationSettings,
    Message,
    Prompt,
    Record,
    Request,
    Run,
    Score,
)
from harness.core.registry import load_task, task
from harness.core.scorer import Metric, Scorer
from harness.core.stopped import Stopped
from harness.core.task import PromptTemplate, Task

_LATE = VERBS | NOUNS
"""Names that load when they are used. `__init__.pyi` has their types."""

__all__ = [
    "Backend",
    "CheckedSteps",
    "ComparedMany",
    "ComparedRuns",
    "Completion",
    "Doc",
    "Estimate",
    "FoundOverlaps",
    "GenerationSettings",
    "LiveModel",
    "Message",
    "Metric",
    "NoiseFloor",
    "Progress",
    "Prompt",
    "PromptTemplate",
    "Record",
    "Request",
    "Run",
    "Sampling",
    "Score",
    "Scorer",
    "Stopped",
    "StoredRun",
    "Task",
    "UserError",
    "__version__",
    "check_steps",
    "check_task_contract",
    "compare",
    "data_info",
    "demo",
    "evaluate",
    "export_lm_eval",
    "final_answer",
    "find_contamination",
    "history_page",
    "lint",
    "list_runs",
    "list_tasks",
    "load_run",
    "load_task",
    "local_docs",
    "new_task",
    "noise_floor",
    "plan",
    "prepare",
    "probe",
    "report",
    "response_format",
    "resume",
    "score",
    "step_validity",
    "structure",
    "task",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = load(_LATE[name])
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
