"""What `harness train` shows: settings, data, and what came of it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from harness.cli.show.stages import Stages

if TYPE_CHECKING:
    from harness.api.listener import Listener
    from harness.audits.contamination import Overlaps
    from harness.cli.show.progress import Display
    from harness.store.stored import StoredRun
    from sft.config import Resolved
    from sft.training.inputs import ArmData
    from sft.training.result import TrainingResult


def telling(display: Display, *, details: bool, stages: bool) -> Listener:
    """Prints what a training run tells. `details` are settings, data, runs and verdicts on standard output; `stages`
    say on standard error what is at work, where no bar can be drawn."""
    from harness.api.listener import Listener

    said = Stages(tells=stages)
    if not details:
        return Listener(stage=said.say, evaluated=print_evaluation if stages else _nothing)
    printer = _Printer(display)
    return Listener(
        stage=said.say,
        settings=print_settings,
        data=printer.data,
        overlaps=print_overlaps,
        evaluated=print_evaluation,
        measured=printer.measured,
        finished=print_end,
    )


class _Printer:
    """Leaves the bar before it prints on the same terminal."""

    def __init__(self, display: Display) -> None:
        self._display = display

    def data(self, order: str, data: ArmData) -> None:
        self._display.rest()
        print_data(order, data)

    def measured(self, run: StoredRun) -> None:
        from harness.cli.show.run import print_run

        self._display.rest()
        print_run(run.run, run.path)


def _nothing(order: str, step: int, loss: float, probed: Mapping[str, float]) -> None:
    pass


def print_evaluation(order: str, step: int, loss: float, probed: Mapping[str, float]) -> None:
    """One evaluation, above the bar on a terminal; a log has the metrics file."""
    from harness.cli.show.console import err

    if not sys.stderr.isatty():
        return
    shown = {name: value for name, value in probed.items() if f"{name}_docs" in probed}
    accuracy = "".join(f", {name} {value:.1%} of {probed[f'{name}_docs']:.0f} docs" for name, value in shown.items())
    err().print(f"{order} {step}: evaluation loss {loss:.4f}{accuracy}", markup=False)


def print_overlaps(found: Overlaps) -> None:
    """Counts of every task's docs that stand in the samples."""
    from harness.cli.show.contamination import print_set

    for name, one in found.items():
        print_set(name, one, 0)


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
    from harness.cli.show.console import out
    from harness.cli.show.data import print_summary

    console = out()
    console.print(f"\n{order}", style="bold", markup=False)
    print_summary(data.prepared)
    rows, report = data.train, data.report
    held_out = sum(map(len, data.evaluation.ids)) if data.evaluation else 0
    console.print(
        f"{report.n_tokens:,} tokens, {report.n_loss_tokens:,} with loss; {len(rows)} rows of {rows.tokens.shape[1]}, "
        f"filled to {rows.fill_rate:.1%}; {held_out} samples held out",
        markup=False,
    )


def print_end(made: TrainingResult) -> None:
    """Arms, verdicts, and where everything is."""
    from harness.cli.show.console import out

    console = out()
    for arm in made.arms:
        console.print(
            f"{arm.order}: {arm.steps} updates, {arm.tokens:,} tokens, loss {arm.first_loss:.3f} to "
            f"{arm.last_loss:.3f}, peak memory {arm.peak_bytes / 2**30:.2f} GiB: {arm.model}",
            markup=False,
        )
    for pair in made.comparisons:
        console.print(f"{pair.task}, {pair.baseline} against {pair.candidate}: {pair.verdict}", markup=False)
        console.print(f"  {pair.report}", markup=False)
    console.print(f"everything is in {made.folder}", markup=False)
