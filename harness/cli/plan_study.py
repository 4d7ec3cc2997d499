"""What `harness plan` does: builds the programs to compile, has them compiled, and weighs their figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.core.errors import UserError
from harness.planning.compile import OnDone, compile_all
from harness.planning.decide import (
    REMATS,
    Choice,
    Outcome,
    Verdict,
    leaner,
    meshes,
    reason,
    recommend,
    split_batches,
    verdict,
)
from harness.planning.document import DecodePlan, Search, TrainingPlan
from harness.planning.extrapolate import depths, extrapolate
from harness.planning.flops import decode_flops, training_flops
from harness.planning.hardware import CHIPS, GIB, Chip, Topology, larger, links
from harness.planning.records import Compiled, Figures, Job
from harness.planning.roofline import StepTime, step_time

if TYPE_CHECKING:
    from harness.gemma.layout import Sizes
    from sft.config import Config
    from sft.run_length import RunLength


@dataclass(slots=True, kw_only=True)
class Study:
    """One model and run, looked at on several topologies."""

    config: Config
    text: Mapping[str, Any]
    """The text part of the model's config.json."""
    sizes: Sizes
    length: RunLength
    exact: bool = False
    timeout_seconds: float = 900
    workers: int = 2
    cache: Path | None = None
    on_done: OnDone = lambda job, compiled, done, total: None
    chips: dict[str, Chip] = field(default_factory=dict)
    """By name; this machine's own are measured once."""

    @property
    def depths(self) -> tuple[int, ...]:
        """Numbers of layers that are compiled."""
        return depths(self.sizes.layers, exact=self.exact)

    def chip(self, topology: Topology) -> Chip:
        """The topology's chip."""
        if topology.chip not in self.chips:
            from harness.planning.measure import this_machine

            self.chips[topology.chip] = CHIPS.get(topology.chip) or this_machine(topology.platform)
        return self.chips[topology.chip]

    def choice(self, topology: Topology, method: str | None = None) -> Choice:
        """The configured run on a topology. Raises UserError where it does not share out over the devices."""
        from sft.mesh import mesh_shape

        train, mesh = self.config.train, self.config.mesh
        shape = mesh_shape(
            topology.n_devices,
            heads=self.sizes.heads,
            kv_heads=self.sizes.kv_heads,
            batch_rows=train.batch_rows,
            micro_batches=train.micro_batches,
            fsdp=mesh.fsdp,
            tp=mesh.tp,
        )
        return Choice(
            method=method or train.method,  # type: ignore[arg-type]
            remat=train.remat,
            batch_rows=train.batch_rows,
            micro_batches=train.micro_batches,
            fsdp=shape.fsdp,
            tp=shape.tp,
        )

    # --- training ---------------------------------------------------------------------------------------------------

    def training(self, wanted: Sequence[tuple[Topology, Choice]]) -> list[TrainingPlan]:
        """The plan of every pair; all their programs are compiled together."""
        jobs = [self._training_job(topology, choice, depth) for topology, choice in wanted for depth in self.depths]
        found = self._compiled(jobs)
        n = len(self.depths)
        return [self._weighed(*pair, found[i * n : (i + 1) * n]) for i, pair in enumerate(wanted)]

    def nearest(self, topology: Topology, choice: Choice) -> TrainingPlan | None:
        """The nearest thing that fits: leaner settings on the same devices, then the same settings on more."""
        for other in leaner(choice):
            (made,) = self.training([(topology, other)])
            if made.verdict.fits:
                return made
        for bigger in larger(topology)[:2]:
            try:
                (made,) = self.training([(bigger, self.choice(bigger, choice.method))])
            except UserError:
                continue  # the batch does not share out over so many
            if made.verdict.fits:
                return made
        return None

    def search(self, topology: Topology, start: Choice) -> tuple[Search, list[TrainingPlan]]:
        """Try meshes, micro-batches and remat, leanest last, and recommend one of what fits."""
        tried: list[TrainingPlan] = []
        sizes = self.sizes
        for fsdp, tp in meshes(topology.n_devices, heads=sizes.heads, kv_heads=sizes.kv_heads, rows=start.batch_rows):
            tried += self._search_mesh(topology, replace(start, fsdp=fsdp, tp=tp, micro_batches=1))
        outcomes = [Outcome(choice=t.choice, verdict=t.verdict, update=t.update) for t in tried if t.update]
        chosen = recommend(outcomes)
        if chosen is None:
            return Search(topology=topology.name, tried=len(tried), chosen="", reason="nothing fits"), tried
        return (
            Search(
                topology=topology.name,
                tried=len(tried),
                chosen=chosen.choice.describe(),
                reason=reason(chosen, outcomes) + self._packing(),
                settings=_settings(chosen.choice),
            ),
            tried,
        )

    def _search_mesh(self, topology: Topology, start: Choice) -> list[TrainingPlan]:
        """With one micro-batch, the least remat that fits; without remat, the fewest micro-batches that fit."""
        tried: list[TrainingPlan] = []
        for remat in REMATS:
            tried += self.training([(topology, replace(start, remat=remat))])
            if tried[-1].verdict.fits:
                break
        if not tried[0].verdict.fits:
            for micro_batches in split_batches(start)[1:]:
                tried += self.training([(topology, replace(start, remat="none", micro_batches=micro_batches))])
                if tried[-1].verdict.fits:
                    break
        return tried

    def _packing(self) -> str:
        """What packing does to the length of the run."""
        from sft.run_length import without_packing

        fill, alone = self.length.fill, without_packing(self.config, self.length)
        if fill is None or alone is None:
            return ""
        verb = "keep packing" if self.config.data.pack else "pack (data.pack = true)"
        return f"; {verb}: rows are filled to {fill:.0%}, one sample a row would fill them to {alone:.0%}"

    def _training_job(self, topology: Topology, choice: Choice, depth: int) -> Job:
        from sft.abstract_step import StepShape, job

        # The program knows only the rows of a micro-batch, and whether there are several.
        parts, rows = min(2, choice.micro_batches), choice.batch_rows // choice.micro_batches
        train = replace(
            self.config.train,
            method=choice.method,
            remat=choice.remat,
            batch_rows=rows * parts,
            micro_batches=parts,
        )
        shape = StepShape(
            model=self.text,
            config=replace(self.config, train=train),
            row_length=self.length.row_length,
            n_positions=self.length.n_positions,
        )
        return job(shape, topology.name, fsdp=choice.fsdp, tp=choice.tp, layers=depth)

    def _weighed(self, topology: Topology, choice: Choice, found: Sequence[Compiled]) -> TrainingPlan:
        chip = self.chip(topology)
        figures = self._whole(found)
        made = TrainingPlan(
            topology=topology.name,
            kinds=chip.kinds,
            n_devices=topology.n_devices,
            choice=choice,
            verdict=verdict(figures, chip) if figures else _refused(found, chip),
            figures=figures,
            refused=next((one.too_large for one in found if one.too_large), ""),
            tokens=choice.batch_rows * self.length.row_length * self.length.fill if self.length.fill else None,
            updates=self.length.total_steps,
        )
        if figures is None:
            return made
        counted = self._counted_flops(choice) / topology.n_devices
        one, n = self._time(topology, figures, counted), choice.micro_batches
        update = StepTime(compute=n * one.compute, memory=n * one.memory, network=n * one.network)
        return replace(made, update=update, flops=n * max(figures.flops, counted))

    def _counted_flops(self, choice: Choice) -> float:
        """Of one micro-batch on all devices."""
        from sft.loss import chunk_for

        rows = choice.batch_rows // choice.micro_batches
        return training_flops(
            self.sizes,
            rows=rows,
            row_length=self.length.row_length,
            n_positions=self.length.n_positions,
            full=choice.method == "full",
            remat=choice.remat != "none",
            chunked=chunk_for(rows // choice.fsdp, self.sizes.vocabulary, self.length.n_positions) > 0,
        )

    # --- decoding ---------------------------------------------------------------------------------------------------

    def decoding(self, wanted: Sequence[tuple[Topology, int, int]]) -> list[DecodePlan]:
        """The plan of every (topology, rows of a device, span), data-parallel."""
        from harness.gemma.engine.abstract_step import DecodeShape, job

        jobs = [
            job(
                DecodeShape(model=self.text, dtype=_decode_dtype(topology), rows=rows, span=span, prefix=0),
                topology.name,
                fsdp=topology.n_devices,
                tp=1,
                layers=depth,
            )
            for topology, rows, span in wanted
            for depth in self.depths
        ]
        found = self._compiled(jobs)
        n, made = len(self.depths), []
        for i, (topology, rows, span) in enumerate(wanted):
            figures = self._whole(found[i * n : (i + 1) * n])
            if figures is None:
                raise UserError(f"{rows} rows of {span} tokens do not fit on {topology.name}", tip="use fewer: --rows.")
            step = self._time(topology, figures, decode_flops(self.sizes, rows=rows, keys=span))
            made.append(
                DecodePlan(
                    topology=topology.name,
                    n_devices=topology.n_devices,
                    rows=rows,
                    span=span,
                    verdict=verdict(figures, self.chip(topology)),
                    figures=figures,
                    step=step,
                )
            )
        return made

    def rows_that_fit(self, topology: Topology, span: int) -> int:
        """What the engine would choose on an empty device. Raises UserError where not one row fits."""
        from harness.gemma.config import config_of
        from harness.gemma.engine.memory import MOST_ROWS_CPU, plan_memory
        from harness.gemma.engine.schedule import BATCH_SIZES
        from harness.gemma.engine.shape import shape_of
        from harness.planning.flops import total_parameters

        item_bytes = 4 if _decode_dtype(topology) == "float32" else 2
        weights = total_parameters(self.sizes) * item_bytes
        plan = plan_memory(
            shape_of(config_of(self.text)),
            item_bytes=item_bytes,
            prefix=0,
            span=span,
            pack_tokens=512,
            free_bytes=int(self.chip(topology).hbm_gib * GIB - weights),
            most_rows=MOST_ROWS_CPU if topology.platform == "cpu" else BATCH_SIZES[-1],
            mode="greedy",
        )
        return plan.n_rows

    # --- both -------------------------------------------------------------------------------------------------------

    def _compiled(self, jobs: Sequence[Job]) -> list[Compiled]:
        return compile_all(
            jobs,
            timeout_seconds=self.timeout_seconds,
            workers=self.workers,
            cache=self.cache,
            on_done=self.on_done,
        )

    def _whole(self, found: Sequence[Compiled]) -> Figures | None:
        """The figures at the model's depth; None where the compiler refused one of the depths."""
        figures = [one.figures for one in found if one.figures is not None]
        if len(figures) < len(found):
            return None
        if len(figures) == 1:
            return figures[0]
        shallow, deep = figures
        return extrapolate(shallow, deep, (self.depths[0], self.depths[1]), self.sizes.layers)

    def _time(self, topology: Topology, figures: Figures, counted_flops: float) -> StepTime:
        n_links = links(topology) if topology.platform == "tpu" else 1
        return step_time(figures, self.chip(topology), n_links, counted_flops)


def _refused(found: Sequence[Compiled], chip: Chip) -> Verdict:
    """The need that the compiler's refusal names (`Used 17.81G of 15.75G hbm`), or just above what there is."""
    import re

    said = " ".join(one.too_large for one in found)
    match = re.search(r"Used ([\d.]+)([GM]) of", said)
    needed = float(match[1]) * (GIB if match[2] == "G" else 2**20) if match else (chip.hbm_gib + 0.01) * GIB
    return Verdict(needed_bytes=needed, capacity_bytes=chip.hbm_gib * GIB)


def _settings(choice: Choice) -> dict[str, Any]:
    return {
        "train.batch_rows": choice.batch_rows,
        "train.micro_batches": choice.micro_batches,
        "train.remat": choice.remat,
        "mesh.fsdp": choice.fsdp,
        "mesh.tp": choice.tp,
    }


def _decode_dtype(topology: Topology) -> str:
    return "float32" if topology.platform == "cpu" else "bfloat16"
