"""Decoding as `harness plan` weighs it: a step of the engine with the rows that fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from harness.core.errors import UserError
from harness.hardware.records import Figures, Job
from harness.hardware.topology import GIB, Topology
from sft.planning.decide import verdict
from sft.planning.document import DecodePlan
from sft.planning.flops import decode_flops, total_parameters

if TYPE_CHECKING:
    from sft.planning.study import Study


def decoding(study: Study, wanted: Sequence[tuple[Topology, int, int]]) -> list[DecodePlan]:
    """The plan of every (topology, rows of a device, span), data-parallel. Raises UserError where one does not fit."""
    found = study.compiled([[_job(study, *one, depth) for depth in study.depths] for one in wanted])
    made = []
    for (topology, rows, span), outcomes in zip(wanted, found, strict=True):
        block = study.whole(outcomes)
        if block is None:
            raise UserError(f"{rows} rows of {span} tokens do not fit on {topology.name}", tip="use fewer: --rows.")
        figures = replace(block, accessed_bytes=step_bytes(block))
        made.append(
            DecodePlan(
                topology=topology.name,
                n_devices=topology.n_devices,
                rows=rows,
                span=span,
                verdict=verdict(figures, study.chip(topology)),
                figures=figures,
                step=study.time(topology, figures, decode_flops(study.sizes, rows=rows, keys=span)),
            )
        )
    return made


def step_bytes(block: Figures) -> float:
    """Through memory by one step: a pass of the block's loop, and its share of what a whole block moves once."""
    from sft.planning.decode_step import STEPS

    return block.pass_bytes + max(0.0, block.accessed_bytes - block.pass_bytes) / STEPS


def rows_that_fit(study: Study, topology: Topology, span: int) -> int:
    """What the engine would choose on an empty device. Raises UserError where not one row fits."""
    from harness.gemma.engine.memory import MOST_ROWS_CPU, fit_memory
    from harness.gemma.engine.schedule import BATCH_SIZES
    from harness.gemma.engine.shape import shape_of
    from harness.gemma.model.config import config_of

    item_bytes = 4 if _dtype(topology) == "float32" else 2
    weights = total_parameters(study.sizes) * item_bytes
    fit = fit_memory(
        shape_of(config_of(study.text)),
        item_bytes=item_bytes,
        prefix=0,
        span=span,
        pack_tokens=512,
        free_bytes=int(study.chip(topology).hbm_gib * GIB - weights),
        most_rows=MOST_ROWS_CPU if topology.platform == "cpu" else BATCH_SIZES[-1],
        mode="greedy",
    )
    return fit.n_rows


def _job(study: Study, topology: Topology, rows: int, span: int, depth: int) -> Job:
    from sft.planning.decode_step import DecodeShape, job

    shape = DecodeShape(model=study.text, dtype=_dtype(topology), rows=rows, span=span, prefix=0)
    return job(shape, topology.name, fsdp=topology.n_devices, tp=1, layers=depth)


def _dtype(topology: Topology) -> str:
    return "float32" if topology.platform == "cpu" else "bfloat16"
