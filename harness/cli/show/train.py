"""What `harness train` shows: settings, data, a progress bar on a terminal, and what came of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.audits.contamination import Contamination
    from harness.cli.show.stages import Stages
    from sft.config import Resolved
    from sft.data.enforce import Order
    from sft.training.arms import Events
    from sft.training.inputs import ArmData, TrainingInputs
    from sft.training.tunix_trainer import StepResult


@contextmanager
def watching(
    plan: TrainingInputs, resolved: Resolved, folder: Path, *, tells: bool, draws: bool, stages: Stages
) -> Iterator[Watch]:
    """What is done beside training; the bar is taken down however training ends."""
    watch = Watch(plan, resolved, folder, tells=tells, draws=draws, stages=stages)
    try:
        yield watch
    finally:
        watch.close()


class Watch:
    """Looks for contamination before the first arm, probes accuracy, and draws on standard error.

    `tells` prints the settings and what each arm's data came to, `draws` shows a bar. Where standard error is no
    terminal `stages` says which arm is at work instead: train_metrics.jsonl has all the rest.
    """

    def __init__(
        self, plan: TrainingInputs, resolved: Resolved, folder: Path, *, tells: bool, draws: bool, stages: Stages
    ) -> None:
        self.stages = stages
        self.plan, self.resolved, self.folder, self.tells = plan, resolved, folder, tells
        self.draws = draws and sys.stderr.isatty()
        self.overlaps: dict[str, Contamination] = {}
        """By task."""
        self._looked = False
        self._bar: Any = None
        self._probed: dict[str, float] = {}

    def events(self) -> Events:
        """As `train_arms` takes them."""
        from sft.training.arms import Events

        probe = self.probe if self.plan.config.benchmark.probe_docs else None
        return Events(data=self.data, step=self.step, evaluated=self.evaluated, probe=probe)

    def data(self, order: Order, data: ArmData) -> None:
        """Before an arm: all arms are made of the same samples, so the first one is looked at."""
        from harness.cli.train_contamination import check

        self.close()
        if self.tells:
            if not self._looked:  # now that the data could be read: before, an error is all that is said
                print_settings(self.resolved)
            print_data(order, data)
        arms = list(self.plan.config.train.arms)
        self.stages.say(f"training arm {arms.index(order) + 1} of {len(arms)}: {order}")
        if not self._looked:
            self._looked = True
            self.overlaps = check(self.plan, data, self.folder, quiet=not self.tells)

    def probe(self, model: Any, plan: TrainingInputs, order: Order, step: int) -> dict[str, float]:
        """Accuracy of the model in training."""
        from harness.api.benchmark import probe

        self._probed = probe(model, plan, order, step)
        return self._probed

    def step(self, order: Order, result: StepResult, steps: int) -> None:
        """One update."""
        if result.step == steps:
            self.stages.say(f"trained {order}: {steps} updates, loss {result.loss:.3f}")
        if not self.draws:
            return
        if self._bar is None:
            self._bar = _bar(order, steps)
        speed = f"{result.tokens / result.seconds:,.0f} tok/s" if result.seconds else ""
        self._bar.update(self._bar.task_ids[0], completed=result.step, loss=f"loss {result.loss:.4f}", speed=speed)
        if result.step == steps:
            self.close()

    def evaluated(self, order: Order, step: int, loss: float) -> None:
        """One evaluation."""
        from harness.cli.show.console import err

        if self.draws:
            shown = {name: value for name, value in self._probed.items() if f"{name}_docs" in self._probed}
            probed = "".join(
                f", {name} {value:.1%} of {self._probed[f'{name}_docs']:.0f} docs" for name, value in shown.items()
            )
            console = self._bar.console if self._bar is not None else err()
            console.print(f"{order} {step}: evaluation loss {loss:.4f}{probed}", markup=False)

    def close(self) -> None:
        """Leave the bar as it stands."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def _bar(order: str, steps: int) -> Any:
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    from harness.cli.show.console import err

    texts = [TextColumn(f"{{task.fields[{name}]}}") for name in ("loss", "speed")]
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        *texts,
        console=err(),
    )
    bar.add_task(order, total=steps, loss="", speed="")
    bar.start()
    return bar


def print_settings(resolved: Resolved) -> None:
    """Every setting that is not a default, and who set it."""
    from harness.cli.show.console import out
    from sft.config import SECTIONS

    console = out()
    for section in SECTIONS:
        settings = getattr(resolved.config, section)
        for name in settings.__slots__:
            origin = resolved.origins[f"{section}.{name}"]
            if origin != "default":
                console.print(f"{section}.{name} = {getattr(settings, name)!r}  ({origin})", markup=False)


def print_data(order: str, data: ArmData) -> None:
    """What the data side came to: rejects, tokens, rows."""
    from harness.cli.prepare import _print_summary
    from harness.cli.show.console import out

    console = out()
    console.print(f"\n{order}", style="bold", markup=False)
    _print_summary(data.prepared)
    rows, report = data.train, data.report
    held_out = sum(map(len, data.evaluation.ids)) if data.evaluation else 0
    console.print(
        f"{report.n_tokens:,} tokens, {report.n_loss_tokens:,} with loss; {len(rows)} rows of {rows.tokens.shape[1]}, "
        f"filled to {rows.fill_rate:.1%}; {held_out} samples held out",
        markup=False,
    )


def print_end(folder: Path, document: dict[str, Any]) -> None:
    """Arms, verdicts, and where everything is."""
    from harness.cli.show.console import out

    console = out()
    for arm in document["arms"]:
        console.print(
            f"{arm['order']}: {arm['steps']} updates, {arm['tokens']:,} tokens, loss {arm['first_loss']:.3f} to "
            f"{arm['last_loss']:.3f}, peak memory {arm['peak_bytes'] / 2**30:.2f} GiB: {arm['model']}",
            markup=False,
        )
    for made in document.get("comparisons", ()):
        console.print(
            f"{made['task']}, {made['baseline']} against {made['candidate']}: {made['verdict']}", markup=False
        )
        console.print(f"  {made['report']}", markup=False)
    console.print(f"everything is in {folder}", markup=False)
