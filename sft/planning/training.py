"""Training as `harness plan` weighs it: the figures of a configuration, the nearest that fits, and a search."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.core.errors import UserError
from harness.hardware.extrapolate import on_line
from harness.hardware.records import Compiled, Job
from harness.hardware.roofline import StepTime
from harness.hardware.topology import GIB, Chip, Topology, larger
from sft.planning.decide import (
    REMATS,
    Choice,
    Outcome,
    Verdict,
    leaner,
    least_bytes,
    meshes,
    reason,
    recommend,
    split_batches,
    verdict,
    verdict_of,
)
from sft.planning.document import Search, TrainingPlan
from sft.planning.flops import total_parameters, training_flops

if TYPE_CHECKING:
    from sft.planning.study import Study


def training(study: Study, wanted: Sequence[tuple[Topology, Choice]]) -> list[TrainingPlan]:
    """The plan of every pair; all their programs are compiled together."""
    found = study.compiled([[_job(study, *pair, depth) for depth in study.depths] for pair in wanted])
    return [_weighed(study, *pair, one) for pair, one in zip(wanted, found, strict=True)]


def with_nearest(study: Study, made: TrainingPlan, topology: Topology) -> TrainingPlan:
    """The plan; where it does not fit, with the nearest that does."""
    if made.verdict.fits:
        return made
    other = nearest(study, topology, made.choice)
    if other is None:
        return replace(made, nearest="nothing that was tried fits")
    where = "" if other.topology == made.topology else f" on {other.topology}"
    return replace(made, nearest=f"{other.choice.describe()}{where}, {other.verdict.needed_bytes / GIB:.1f} GiB")


def nearest(study: Study, topology: Topology, choice: Choice) -> TrainingPlan | None:
    """The nearest thing that fits: leaner settings on the same devices, then the same settings on more."""
    room = study.chip(topology).hbm_gib * GIB * topology.n_devices
    for other in leaner(choice):
        if least_bytes(other.method, total_parameters(study.sizes)) > room:
            continue  # no batch is small enough
        (made,) = training(study, [(topology, other)])
        if made.verdict.fits:
            return made
    for bigger in larger(topology)[:2]:
        try:
            same = study.choice(bigger, choice.method, choice.batch_rows)
        except UserError:
            continue  # the batch does not share out over so many
        (made,) = training(study, [(bigger, same)])
        if made.verdict.fits:
            return made
    return None


def search(study: Study, topology: Topology, starts: Sequence[Choice]) -> Search:
    """Try each start's batch on every mesh, with micro-batches and remat, leanest last; recommend one of what fits."""
    tried: list[TrainingPlan] = []
    sizes = study.sizes
    for start in starts:
        for fsdp, tp in meshes(topology.n_devices, heads=sizes.heads, kv_heads=sizes.kv_heads, rows=start.batch_rows):
            tried += _search_mesh(study, topology, replace(start, fsdp=fsdp, tp=tp, micro_batches=1))
    outcomes = [Outcome(choice=t.choice, verdict=t.verdict, update=t.update) for t in tried if t.update]
    chosen = recommend(outcomes)
    if chosen is None:
        return Search(topology=topology.name, tried=len(tried), chosen="", reason="nothing fits")
    return Search(
        topology=topology.name,
        tried=len(tried),
        chosen=chosen.choice.describe(),
        reason=reason(chosen, outcomes, sum(not t.verdict.fits for t in tried)) + _packing(study),
        settings=_settings(chosen.choice),
    )


def _search_mesh(study: Study, topology: Topology, start: Choice) -> list[TrainingPlan]:
    """With one micro-batch, the least remat that fits; without remat, the fewest micro-batches that fit."""
    tried: list[TrainingPlan] = []
    for remat in REMATS:
        tried += training(study, [(topology, replace(start, remat=remat))])
        if tried[-1].verdict.fits:
            break
    if not tried[0].verdict.fits:
        for micro_batches in split_batches(start)[1:]:
            tried += training(study, [(topology, replace(start, remat="none", micro_batches=micro_batches))])
            if tried[-1].verdict.fits:
                break
    return tried


def _packing(study: Study) -> str:
    """What packing does to the length of the run."""
    from sft.planning.run_length import without_packing

    fill, alone = study.length.fill, without_packing(study.config, study.length)
    if fill is None or alone is None:
        return ""
    verb = "keep packing" if study.config.data.pack else "pack (data.pack = true)"
    return f"; {verb}: rows are filled to {fill:.0%}, one sample a row would fill them to {alone:.0%}"


def _settings(choice: Choice) -> dict[str, Any]:
    return {
        "train.method": choice.method,
        "train.batch_rows": choice.batch_rows,
        "train.micro_batches": choice.micro_batches,
        "train.remat": choice.remat,
        "mesh.fsdp": choice.fsdp,
        "mesh.tp": choice.tp,
    }


def _job(study: Study, topology: Topology, choice: Choice, depth: int) -> Job:
    from sft.planning.train_step import StepShape, job

    # The program knows only the rows of a micro-batch, and whether there are several.
    parts, rows = min(2, choice.micro_batches), choice.batch_rows // choice.micro_batches
    train = replace(
        study.config.train,
        method=choice.method,
        remat=choice.remat,
        batch_rows=rows * parts,
        micro_batches=parts,
    )
    shape = StepShape(
        model=study.text,
        config=replace(study.config, train=train),
        row_length=study.length.row_length,
        n_positions=study.length.n_positions,
    )
    return job(shape, topology.name, fsdp=choice.fsdp, tp=choice.tp, layers=depth)


def _weighed(study: Study, topology: Topology, choice: Choice, found: Sequence[Compiled]) -> TrainingPlan:
    chip = study.chip(topology)
    figures = study.whole(found)
    filled = study.length.fill
    made = TrainingPlan(
        topology=topology.name,
        kinds=chip.kinds,
        n_devices=topology.n_devices,
        choice=choice,
        verdict=verdict(figures, chip) if figures else _refused(study, found, chip),
        figures=figures,
        refused=next((one.too_large for one in found if one.too_large), ""),
        tokens=choice.batch_rows * study.length.row_length * filled if filled else None,
        updates=study.length.total_steps(choice.batch_rows),
    )
    if figures is None:
        return made
    counted = _counted_flops(study, choice) / topology.n_devices
    one, n = study.time(topology, figures, counted), choice.micro_batches
    update = StepTime(compute=n * one.compute, memory=n * one.memory, network=n * one.network)
    return replace(made, update=update, flops=n * max(figures.flops, counted))


def _counted_flops(study: Study, choice: Choice) -> float:
    """Of one micro-batch on all devices."""
    return training_flops(
        study.sizes,
        rows=choice.batch_rows // choice.micro_batches,
        row_length=study.length.row_length,
        n_positions=study.length.n_positions,
        full=choice.method == "full",
        remat=choice.remat != "none",
    )


def _refused(study: Study, found: Sequence[Compiled], chip: Chip) -> Verdict:
    """The need at the model's depth where the compiler refused a shallower one: on the line through what it named."""
    needs = [_need_bytes(one, chip) for one in found]
    at = study.depths
    peak = on_line(needs[0], needs[1], (at[0], at[1]), study.sizes.layers) if len(at) == 2 else needs[0]
    return verdict_of(max(peak, *needs), chip)


def _need_bytes(one: Compiled, chip: Chip) -> float:
    """The peak, or what a refusal names (`Used 17.81G of 15.75G hbm`, or `the total memory required for HLO temporaries
    (21.79G)`, which counts arguments too), or just above what there is."""
    if one.figures is not None:
        return one.figures.peak_bytes
    match = re.search(r"(?:Used |HLO temporaries \()([\d.]+)([GM])", one.too_large)
    return float(match[1]) * (GIB if match[2] == "G" else 2**20) if match else (chip.hbm_gib + 0.01) * GIB
