"""The accuracy so far, for the progress bar; standard library only."""

from __future__ import annotations

from harness.stats.intervals import Interval, wilson


class RunningAccuracy:
    """A mean of values in [0, 1] with its Wilson interval, updated one completion at a time.

    Repeats and clusters are not accounted for: the finished run's estimate does that.
    """

    def __init__(self, *, level: float = 0.95) -> None:
        self._level = level
        self._sum = 0.0
        self.n = 0

    def add(self, value: float | None) -> Interval | None:
        """Count one value (None, not scored, is left out) and give the interval so far."""
        if value is not None:
            self._sum += value
            self.n += 1
        return self.interval

    @property
    def value(self) -> float | None:
        """The mean so far, None before the first value."""
        return self._sum / self.n if self.n else None

    @property
    def interval(self) -> Interval | None:
        """Wilson's interval so far, None before the first value."""
        return wilson(self._sum, self.n, level=self._level) if self.n else None

    def __str__(self) -> str:
        """'44.0% [41.3, 46.7]', or '–' before the first value."""
        if not self.n:
            return "–"
        low, high = wilson(self._sum, self.n, level=self._level)
        return f"{100 * self._sum / self.n:.1f}% [{100 * low:.1f}, {100 * high:.1f}]"
