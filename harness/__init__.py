"""reasoning-harness: measures whether a fine-tuned model thinks better or only formats better."""

from harness._version import __version__
from harness.core.backend import Backend
from harness.core.errors import UserError
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
from harness.core.task import PromptTemplate, Task

__all__ = [
    "Backend",
    "Completion",
    "Doc",
    "Estimate",
    "GenerationSettings",
    "Message",
    "Metric",
    "Prompt",
    "PromptTemplate",
    "Record",
    "Request",
    "Run",
    "Score",
    "Scorer",
    "Task",
    "UserError",
    "__version__",
    "load_task",
    "task",
]
