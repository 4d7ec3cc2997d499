"""What `harness plan` looks at: one model and one run, the compiling of its programs, and the chips they are for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.hardware.compile import OnDone, compile_all
from harness.hardware.extrapolate import carried_on, depths
from harness.hardware.records import Compiled, Figures, Job
from harness.hardware.roofline import StepTime, step_time
from harness.hardware.topology import CHIPS, Chip, Topology, links, shared
from sft.planning.decide import Choice

if TYPE_CHECKING:
    from harness.gemma.model.layout import Sizes
    from sft.config import Config
    from sft.planning.run_length import RunLength


@dataclass(slots=True, kw_only=True)
class Study:
    """One model and run, looked at on several topologies."""

    config: Config
    text: Mapping[str, Any]
    """The text part of the model's config.json."""
    sizes: Sizes
    length: RunLength
    quick: bool = False
    as_run: bool = False
    timeout_seconds: float = 900
    workers: int = 2
    cache: Path | None = None
    on_done: OnDone = lambda job, compiled, done, total: None
    chips: dict[str, Chip] = field(default_factory=dict)
    """By name; this machine's own are measured once."""

    @property
    def depths(self) -> tuple[int, ...]:
        """Numbers of layers that are compiled."""
        return depths(self.sizes.layers, quick=self.quick)

    def chip(self, topology: Topology) -> Chip:
        """The topology's chip; of a simulated device, its share of this machine."""
        if topology.chip not in self.chips:
            from harness.hardware.measure import this_machine

            self.chips[topology.chip] = CHIPS.get(topology.chip) or this_machine(topology.platform)
        chip = self.chips[topology.chip]
        return shared(chip, topology.n_devices) if chip.platform == "cpu" else chip

    def choice(self, topology: Topology, method: str | None = None, batch_rows: int | None = None) -> Choice:
        """The configured run on a topology. Raises UserError where it does not share out over the devices."""
        from sft.training.mesh import mesh_shape

        train, mesh = self.config.train, self.config.mesh
        rows = batch_rows or train.batch_rows
        shape = mesh_shape(
            topology.n_devices,
            heads=self.sizes.heads,
            kv_heads=self.sizes.kv_heads,
            batch_rows=rows,
            micro_batches=train.micro_batches,
            fsdp=mesh.fsdp,
            tp=mesh.tp,
        )
        return Choice(
            method=method or train.method,  # type: ignore[arg-type]
            remat=train.remat,
            batch_rows=rows,
            micro_batches=train.micro_batches,
            fsdp=shape.fsdp,
            tp=shape.tp,
        )

    def compiled(self, programs: Sequence[Sequence[Job]]) -> list[list[Compiled]]:
        """The outcomes of each program's jobs, one a depth; all of them are compiled together."""
        found = compile_all(
            [replace(job, as_run=self.as_run) for jobs in programs for job in jobs],
            timeout_seconds=self.timeout_seconds,
            workers=self.workers,
            cache=self.cache,
            on_done=self.on_done,
        )
        n = len(self.depths)
        return [found[i : i + n] for i in range(0, len(found), n)]

    def whole(self, found: Sequence[Compiled]) -> Figures | None:
        """The figures at the model's depth; None where the compiler refused one of the depths."""
        return carried_on([one.figures for one in found], self.depths, self.sizes.layers)

    def time(self, topology: Topology, figures: Figures, counted_flops: float) -> StepTime:
        """How long one run of a program takes on one of its devices."""
        n_links = links(topology) if topology.platform == "tpu" else 1
        return step_time(figures, self.chip(topology), n_links, counted_flops)
