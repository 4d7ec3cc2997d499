"""Who is told of progress when nobody was named: in a notebook one bar, drawn anew in place; elsewhere nobody."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from typing import Any

from harness.core.progress import OnProgress, Progress, quiet
from harness.stats.pace import Pace

REFRESH_SECONDS = 0.5
"""Between two drawings of a bar."""
LINE_SECONDS = 15.0
"""Between two lines of a log."""


@contextmanager
def shown_here(given: OnProgress | None) -> Iterator[OnProgress]:
    """The callback that was given; where none was, a bar in a notebook, and silence elsewhere."""
    if given is not None:
        yield given
        return
    if not in_notebook():
        yield quiet
        return
    bar = NotebookBar()
    try:
        yield bar
    finally:
        bar.close()


def in_notebook() -> bool:
    """Whether this process is the kernel of a notebook; loads nothing to find out."""
    if "ipykernel" not in sys.modules or "IPython" not in sys.modules:
        return False
    shell = sys.modules["IPython"].get_ipython()
    return shell is not None and hasattr(shell, "kernel")


class NotebookBar:
    """One output that is drawn anew in place: a saved notebook holds its last state, not a line a refresh."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._pace: Pace | None = None
        self._drawn = -REFRESH_SECONDS
        self._handle: Any = None

    def __call__(self, progress: Progress) -> None:
        if self._pace is None or not self._pace.is_of(progress):
            self._pace = Pace(progress.stage, self._clock)
            self._drawn = -REFRESH_SECONDS
        self._pace.add(progress)
        if self._clock() - self._drawn >= REFRESH_SECONDS or progress.done == progress.total:
            self._draw()

    def close(self) -> None:
        """Leave what was reached."""
        if self._pace is not None:
            self._draw()

    def _draw(self) -> None:
        from IPython.display import HTML, display

        assert self._pace is not None
        self._drawn = self._clock()
        made = HTML(bar_html(self._pace))  # type: ignore[no-untyped-call]
        if self._handle is None:
            self._handle = display(made, display_id=True)  # type: ignore[no-untyped-call]
        else:
            self._handle.update(made)


def bar_html(pace: Pace) -> str:
    """A bar and its words; of no colour of its own, so that it stands on light and dark."""
    share = pace.share
    value = "" if share is None else f' value="{share:.4f}"'
    return (
        f'<div style="font-family:monospace"><progress max="1"{value} style="width:14em;vertical-align:middle">'
        f"</progress> {escape(pace.describe())}</div>"
    )


class Lines:
    """One plain line every so many seconds, for logs, where no bar can be drawn; `write` takes each line."""

    def __init__(
        self,
        write: Callable[[str], None],
        *,
        every_seconds: float = LINE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._write = write
        self._every = every_seconds
        self._clock = clock
        self._began = self._told = clock()
        self._pace: Pace | None = None

    def __call__(self, progress: Progress) -> None:
        if self._pace is None or not self._pace.is_of(progress):
            self._pace = Pace(progress.stage, self._clock)
        self._pace.add(progress)
        if self._clock() - self._told >= self._every:
            self._told = self._clock()
            self._write(f"[{self._told - self._began:4.0f} s] {self._pace.describe()}")
