"""How fast a program can be: its work and its traffic over the hardware's peaks."""

from __future__ import annotations

from dataclasses import dataclass

from harness.hardware.records import Figures
from harness.hardware.topology import Chip


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTime:
    """Seconds of one run of a program. No hardware has confirmed it: real runs are slower than `low`."""

    compute: float
    memory: float
    network: float

    @property
    def low(self) -> float:
        """All three at once, at their peaks."""
        return max(self.compute, self.memory, self.network)

    @property
    def high(self) -> float:
        """One after the other, at their peaks."""
        return self.compute + self.memory + self.network

    @property
    def bound_by(self) -> str:
        """What takes longest."""
        times = {"compute": self.compute, "memory": self.memory, "network": self.network}
        return max(times, key=times.__getitem__)


def step_time(figures: Figures, chip: Chip, n_links: int, counted_flops: float = 0.0) -> StepTime:
    """The roofline (Williams et al. 2009) of a program on one of its devices, in seconds.

    `figures` are those of one device, `chip` has the peaks, `n_links` is how many links of the chip carry its traffic.
    The compiler counts a loop's body once, so the larger of its operations and `counted_flops` is taken.
    """
    return StepTime(
        compute=max(figures.flops, counted_flops) / (chip.teraflops * 1e12),
        memory=figures.accessed_bytes / (chip.hbm_gb_per_second * 1e9),
        network=figures.network_bytes / (n_links * chip.link_gb_per_second * 1e9) if figures.network_bytes else 0.0,
    )
