"""What the command line hears of a training run beside its progress, in order to print it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.audits.contamination import Overlaps
    from harness.store.stored import StoredRun
    from sft.config import Resolved
    from sft.training.inputs import ArmData
    from sft.training.result import TrainingResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """Called on the first host alone, each as its part is known."""

    stage: Callable[[str], None] = lambda text: None
    """A stage of minutes begins or ends."""
    settings: Callable[[Resolved], None] = lambda resolved: None
    """Once the data could be read: before, an error is all there is to say."""
    data: Callable[[str, ArmData], None] = lambda order, data: None
    """An arm's rows, before it is trained."""
    overlaps: Callable[[Overlaps], None] = lambda found: None
    """Which docs of the tasks stand in the samples."""
    evaluated: Callable[[str, int, float, Mapping[str, float]], None] = lambda order, step, loss, probed: None
    """The loss on held-out samples, and what was probed."""
    measured: Callable[[StoredRun], None] = lambda run: None
    finished: Callable[[TrainingResult], None] = lambda result: None


SILENT = Listener()
