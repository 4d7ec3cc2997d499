"""Checkpoints of a training run: is there room, did the last one arrive."""

from __future__ import annotations

import math
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Shaped

from harness.core.errors import UserError
from harness.gemma.model import checkpoint, lora
from harness.gemma.model.layout import parameters

if TYPE_CHECKING:
    from harness.gemma.model.layout import Sizes

FOLDER = "checkpoints"
_MOMENTS = 2
"""AdamW keeps two numbers beside every weight that it trains."""
_EXACT_BYTES = 8 << 30
"""Up to this size every value is compared; beyond it shapes only, as the copy on the host would not fit."""


def check_room(folder: Path, sizes: Sizes, *, full: bool, keep: int) -> None:
    """Raises UserError where the disk of `folder` cannot hold the checkpoints, of which it will `keep` so many, and the
    export.

    `sizes` are the model's; with `full` all weights and their optimizer state are kept, else those of LoRA.
    """
    n_parameters = sum(math.prod(p.shape) for p in parameters(sizes))
    per_checkpoint = 4 * n_parameters * (1 + _MOMENTS) if full else n_parameters
    needed = per_checkpoint * (keep + 2) + 4 * n_parameters
    existing = next(p for p in (folder.resolve(), *folder.resolve().parents) if p.exists())
    free = shutil.disk_usage(existing).free
    if free < needed:
        raise UserError(
            f"{existing} has {free / 2**30:.1f} GiB free; checkpoints and export need {needed / 2**30:.1f} GiB",
            tip="give --out on a larger disk, or lower train.keep.",
        )


def verify(root: Path, arrays: Mapping[tuple[Any, ...], Shaped[Any, "..."]]) -> Path:
    """The latest step under `root`, read back and compared with the parameters in memory.

    Raises UserError where it is unfinished, lacks a parameter, or holds other values.
    """
    step = checkpoint.find_step(root)
    if step is None:
        raise UserError(f"{root} holds no checkpoint although training ended")
    shapes = checkpoint.stored_shapes(step)
    for path, array in arrays.items():
        if shapes.get(path) != tuple(array.shape):
            raise UserError(f"{step} holds {lora.dotted(path)} as {shapes.get(path)}, trained was {array.shape}")
    if sum(array.nbytes for array in arrays.values()) <= _EXACT_BYTES:
        stored = checkpoint.read_parameters(step)
        for path, array in arrays.items():
            if array.is_fully_addressable and not np.array_equal(np.asarray(array), stored[path]):
                raise UserError(f"{step} holds other values for {lora.dotted(path)} than were trained")
    return step
