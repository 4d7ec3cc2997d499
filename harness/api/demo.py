"""`demo`: three arms trained from the bundled model, measured, compared and reported; or recorded completions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from harness.api.benchmark import StepsAccuracy, by_steps
from harness.api.listener import SILENT, Listener
from harness.api.watch import shown_here
from harness.core.codec import encode
from harness.core.display import Shown
from harness.core.errors import UserError
from harness.core.late import load
from harness.core.progress import OnProgress, quiet
from harness.store.folder import DEFAULT_RUNS
from harness.store.stored import StoredRun

if TYPE_CHECKING:
    from harness.api.demo_recorded import RecordedDemo
    from sft.config import Resolved
    from sft.training.result import ComparedPair, TrainingResult

RECIPE = "gemma3_nano"
QUICK: dict[str, Any] = {
    "data.source": "small_steps:n=600,seed=0,steps=1-5",
    "train.eval_every": 1000,
    "benchmark.options": {"n": 100},
}
"""Enough to go through everything; too little to learn much."""
QUICK_NOTE = (
    "--quick trains the arms too briefly to conclude anything: the verdicts are about these weak arms, not about "
    "reasoning. `harness demo` trains them in full."
)


@dataclass(frozen=True, kw_only=True, repr=False)
class TrainedDemo(Shown):
    """Three arms and what came of them."""

    training: TrainingResult
    by_steps: tuple[StepsAccuracy, ...]
    """Accuracy of each model for each number of steps."""
    p_adjusted: tuple[float | None, ...]
    """Of each comparison's primary difference, Holm over all of them."""
    note: str = ""
    """What must be known to read the numbers."""

    VIEWS: ClassVar[str] = "reports.inline.training"

    @property
    def folder(self) -> Path:
        """Where everything is."""
        return self.training.folder

    @property
    def arms(self) -> Sequence[Any]:
        """The trained arms."""
        return self.training.arms

    @property
    def runs(self) -> Mapping[str, StoredRun]:
        """By model."""
        return {model: run for (_, model), run in self.training.runs.items()}

    @property
    def comparisons(self) -> tuple[ComparedPair, ...]:
        """Every pair of models."""
        return self.training.comparisons

    def as_json(self) -> dict[str, Any]:
        """The document of `harness demo --json`."""
        pairs = zip(self.comparisons, self.p_adjusted, strict=True)
        made = self.training.as_json() | {
            "by_steps": [encode(row) for row in self.by_steps],
            "pairs": [pair.as_json() | {"p_adjusted": p_value} for pair, p_value in pairs],
        }
        return made | ({"note": self.note} if self.note else {})

    def __repr__(self) -> str:
        text = str(load(f"{self.VIEWS}:as_text")(self))
        return f"{text}\nnote: {self.note}" if self.note else text


def demo(
    *,
    quick: bool = False,
    recorded: Sequence[str | Path] = (),
    seed: int = 0,
    out: str | Path | None = None,
    on_progress: OnProgress | None = None,
) -> TrainedDemo | RecordedDemo:
    """Train a small model to reason before it answers, and find out whether that helped. About six minutes.

    Three arms start from the bundled gemma3-nano and get the same questions for the same number of tokens: reason then
    answer, answer only, and answer then reason. Base and arms are measured on themes and numbers held out from
    training. `quick` goes the whole path in little time, with weak arms; `seed` is of the order of the training data.
    `recorded` compares completions that real models left behind instead: a folder, or a file each for two or more
    runs. `out` is the folder of runs and reports, a new one without; a demo that was stopped goes on there.

    Raises UserError for fewer than two recorded files; `Stopped` on Ctrl-C.
    """
    folder = Path(out) if out is not None else new_demo_folder()
    if recorded:
        from harness.api.demo_recorded import compare_recorded

        if quick:
            raise UserError("quick trains, and recorded completions need no training", tip="give one of them.")
        return compare_recorded([Path(path) for path in recorded], folder)
    with shown_here(on_progress) as tell:
        return train_demo(quick, seed, folder, on_progress=tell)


def new_demo_folder() -> Path:
    """Where a demo goes when nobody says."""
    return DEFAULT_RUNS / f"demo-{datetime.now(UTC):%Y%m%d-%H%M%S}"


def demo_settings(quick: bool, seed: int) -> Resolved:
    """What the demo trains with."""
    from sft.config import resolve
    from sft.recipes import recipe

    layers = [(f"recipe {RECIPE}", recipe(RECIPE)), ("--seed", {"train.seed": seed})]
    return resolve(*layers, *([("--quick", QUICK)] if quick else []))


def train_demo(
    quick: bool, seed: int, folder: Path, *, on_progress: OnProgress = quiet, listener: Listener = SILENT
) -> TrainedDemo:
    """Train, measure and compare in `folder`; a demo that was stopped there goes on. `Stopped` on Ctrl-C.

    `quick` trains arms that are too weak to say anything, `seed` decides problems and order, `listener` is called with
    each part as it is known.
    """
    from harness.api.train import run_training
    from harness.audits.matrix import adjusted
    from harness.gemma.model.tunix_adapter import require_tunix

    require_tunix()
    again = f"harness demo{' --quick' if quick else ''}{f' --seed {seed}' if seed else ''} --out {folder}"
    resolved = demo_settings(quick, seed)
    made = run_training(resolved, folder, on_progress=on_progress, listener=listener, goes_on=again)
    return TrainedDemo(
        training=made,
        by_steps=tuple(by_steps({model: run for (_, model), run in made.runs.items()})),
        p_adjusted=adjusted([pair.compared for pair in made.comparisons]),
        note=QUICK_NOTE if quick else "",
    )
