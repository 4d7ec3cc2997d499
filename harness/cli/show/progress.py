"""Progress on standard error: a bar on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from harness.core.progress import OnProgress, Progress


@contextmanager
def progress(*, bars: bool = True) -> Iterator[OnProgress]:
    """A callback for any verb. Without `bars` nothing is drawn and lines are told everywhere."""
    from harness.api.watch import Lines

    if not bars or not sys.stderr.isatty():
        yield Lines(lambda line: print(line, file=sys.stderr, flush=True))
        return
    with _bar() as bar:
        yield Bars(bar)


class Bars:
    """One line a stage, kept when the next begins: done, running accuracy and its interval, speed, time left."""

    def __init__(self, bar: Any) -> None:
        from harness.stats.pace import Pace

        self._bar = bar
        self._make = Pace
        self._pace: Pace | None = None
        self._line: Any = None

    def __call__(self, progress: Progress) -> None:
        if self._pace is None or self._pace.stage != progress.stage:
            self._pace = self._make(progress.stage)
            self._line = self._bar.add_task(progress.stage, total=None, words="")
        self._pace.add(progress)
        self._bar.update(self._line, total=progress.total, completed=progress.done, words=self._words())

    def _words(self) -> str:
        assert self._pace is not None
        speed = self._pace.tokens_per_second
        figures = [f"{name} {value:.4g}" for name, value in self._pace.last.figures.items() if name != SPEED]
        parts = [self._pace.accuracy, *figures, f"{speed:,.0f} tokens/s" if speed is not None else ""]
        return "  ".join(filter(None, parts))


SPEED = "tokens_per_second"


def _bar() -> Any:
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as RichProgress

    from harness.cli.show.console import err

    return RichProgress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[words]}", markup=False),
        console=err(),
    )
