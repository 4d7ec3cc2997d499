"""The progress bar of a run: done, running accuracy and its interval, time left. Only on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from harness.runner.run import OnProgress, Progress


@contextmanager
def progress_bar(label: str, primary: str) -> Iterator[OnProgress]:
    """A callback for the runner; it draws on standard error where that is a terminal, and is silent elsewhere."""
    if not sys.stderr.isatty():
        yield lambda progress: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    from harness.cli.show.console import err
    from harness.stats.running import RunningAccuracy

    running = RunningAccuracy()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[accuracy]}"),
    )
    with Bar(*columns, console=err()) as bar:
        line = bar.add_task(label, total=None, accuracy="")

        def show(progress: Progress) -> None:
            value = None if progress.record is None else progress.record.metrics.get(primary)
            if isinstance(value, (int, float)):
                running.add(value)
            bar.update(line, total=progress.total, completed=progress.done, accuracy=f"{primary} {running}")

        yield show
