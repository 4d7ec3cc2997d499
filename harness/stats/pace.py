"""How a stage of work goes, in words: what is done, running accuracy with its interval, tokens a second, time left."""

from __future__ import annotations

import time
from collections.abc import Callable

from harness.core.progress import Progress
from harness.stats.running import RunningAccuracy


class Pace:
    """Follows one stage. `clock` counts seconds."""

    def __init__(self, stage: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.stage = stage
        self._clock = clock
        self._began = clock()
        self._accuracy = RunningAccuracy()
        self._tokens = 0
        self.last = Progress(stage=stage, done=0)

    def is_of(self, progress: Progress) -> bool:
        """Whether this goes on with the same stage; one of the same name that counts from anew is another."""
        return progress.stage == self.stage and progress.done >= self.last.done

    def add(self, progress: Progress) -> None:
        """Take in what a verb told."""
        self.last = progress
        record = progress.record
        if record is None:
            return
        self._tokens += record.completion.completion_tokens or 0
        value = record.metrics.get(progress.primary)
        if isinstance(value, (int, float)) and 0 <= value <= 1:  # a length or a loss is no share of anything
            self._accuracy.add(value)

    @property
    def share(self) -> float | None:
        """Of the stage that is done, 0 to 1; None where the whole is not known."""
        return min(self.last.done / self.last.total, 1.0) if self.last.total else None

    @property
    def seconds_left(self) -> float | None:
        """At the speed so far; None before anything of this call is done."""
        done = self.last.done - self.last.resumed
        if done <= 0 or self.last.total is None:
            return None
        return max(self.last.total - self.last.done, 0) * self._seconds / done

    @property
    def accuracy(self) -> str:
        """'accuracy 44.0% [41.3, 46.7]'; empty before the first value. Of a run that goes on: of what is drawn now."""
        if not self._accuracy.n:
            return ""
        now = f" on the {self._accuracy.n:,} drawn now" if self.last.resumed else ""
        return f"{self.last.primary} {self._accuracy}{now}"

    @property
    def tokens_per_second(self) -> float | None:
        """Of completions in this call; a trainer's own figure where it tells one."""
        told = self.last.figures.get("tokens_per_second")
        if told is not None:
            return told
        return self._tokens / self._seconds if self._tokens and self._seconds else None

    def describe(self) -> str:
        """One line: `gsm8k: 120 of 1,319 docs, accuracy 44.2% [35.6, 53.1], 812 tokens/s, 3 min left`."""
        total = f" of {self.last.total:,}" if self.last.total is not None else ""
        parts = [f"{self.last.done:,}{total} {self.last.unit}"]
        if self.accuracy:
            parts.append(self.accuracy)
        parts += [f"{name} {value:.4g}" for name, value in self.last.figures.items() if name != "tokens_per_second"]
        if self.tokens_per_second is not None:
            parts.append(f"{self.tokens_per_second:,.0f} tokens/s")
        if self.seconds_left is not None and self.last.done != self.last.total:
            parts.append(f"{duration(self.seconds_left)} left")
        return f"{self.stage}: {', '.join(parts)}"

    @property
    def _seconds(self) -> float:
        return self._clock() - self._began


def duration(seconds: float) -> str:
    """Seconds in the unit that is read at a glance.

    >>> duration(42), duration(250), duration(7_500)
    ('42 s', '4 min', '2 h 5 min')
    """
    whole = round(seconds)
    if whole < 100:
        return f"{whole} s"
    hours, minutes = divmod(round(whole / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
