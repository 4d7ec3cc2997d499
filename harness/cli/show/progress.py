"""Progress on standard error: a bar on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from harness.core.progress import OnProgress, Progress, quiet

SPEED = "tokens_per_second"


class Display(Protocol):
    """Told of progress like any callback; `rest` leaves the bar as it stands, before something else is printed."""

    def __call__(self, progress: Progress) -> None: ...
    def rest(self) -> None: ...


@contextmanager
def progress(*, bars: bool = True) -> Iterator[Display]:
    """A callback for any verb. Without `bars` nothing is drawn and lines are told everywhere."""
    if not bars or not sys.stderr.isatty():
        yield LogLines()
        return
    drawn = Bars()
    try:
        yield drawn
    finally:
        drawn.rest()


@contextmanager
def bars_only(*, tells: bool = True) -> Iterator[OnProgress]:
    """A callback for a command that says in words of its own what is done: a bar on a terminal, nothing elsewhere."""
    if not tells or not sys.stderr.isatty():
        yield quiet
        return
    with progress() as display:
        yield display


class LogLines:
    """A plain line every few seconds."""

    def __init__(self) -> None:
        from harness.api.watch import Lines

        self._lines = Lines(lambda line: print(line, file=sys.stderr, flush=True))

    def __call__(self, progress: Progress) -> None:
        self._lines(progress)

    def rest(self) -> None:
        """Nothing is drawn that could stand in the way."""


class Bars:
    """One line a stage, kept when the next begins: done, running accuracy and its interval, speed, time left.

    A stage that is done is left alone, so that what comes of it is printed below and not into a bar at work.
    """

    def __init__(self) -> None:
        self._bar: Any = None
        self._pace: Any = None
        self._line: Any = None

    def __call__(self, progress: Progress) -> None:
        from harness.stats.pace import Pace

        if self._pace is None or not self._pace.is_of(progress):
            self._pace, self._line = Pace(progress.stage), None
        if self._bar is None:
            self._bar, self._line = _bar(), None
            self._bar.start()
        if self._line is None:
            self._line = self._bar.add_task(progress.stage, total=None, words="")
        self._pace.add(progress)
        self._bar.update(self._line, total=progress.total, completed=progress.done, words=self._words())
        if progress.done == progress.total:
            self.rest()

    def rest(self) -> None:
        """Leave the bar as it stands."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _words(self) -> str:
        speed = self._pace.tokens_per_second
        figures = [f"{name} {value:.4g}" for name, value in self._pace.last.figures.items() if name != SPEED]
        parts = [self._pace.accuracy, *figures, f"{speed:,.0f} tokens/s" if speed is not None else ""]
        return "  ".join(filter(None, parts))


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
        redirect_stdout=False,  # it would go to standard error: `harness run --json > run.json` leaves an empty file
    )
