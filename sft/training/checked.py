"""A plan held against what a run measured."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A plan against what a run measured."""

    topology: str
    planned_peak_bytes: float
    """Without the margin."""
    measured_peak_bytes: float
    planned_update_seconds: tuple[float, float]
    measured_update_seconds: float | None
    """Median, the first two left out."""
    whole_process: bool = False
    """The measured peak is that of the whole process, interpreter and compiler included (a CPU tells no less)."""

    @property
    def peak_error(self) -> float:
        """Of the plan, as a share of what was measured."""
        return self.planned_peak_bytes / self.measured_peak_bytes - 1

    def describe(self) -> str:
        """One line for people."""
        gib = 2**30
        low, high = self.planned_update_seconds
        of = " by the whole process" if self.whole_process else ""
        peak = (
            f"peak {self.planned_peak_bytes / gib:.2f} GiB planned, {self.measured_peak_bytes / gib:.2f} measured{of}"
        )
        took = f"{self.measured_update_seconds:.3f} s" if self.measured_update_seconds else "–"
        return f"plan for {self.topology}: {peak} ({self.peak_error:+.0%}); update {low:.3f} to {high:.3f} s, {took}"
