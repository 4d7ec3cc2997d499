"""Batches by number: batch i is a pure function of the rows, the seed and i, so that resuming needs only i."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

import numpy as np
from jaxtyping import Array, Float, Int

from harness.core.errors import UserError
from sft.tokens.packing import Packed
from sft.tokens.positions import counted_weights, loss_positions

_MULTIPLE = 8
"""Loss positions a row are rounded up to it."""


class Batch(NamedTuple):
    """One micro-batch as the model takes it: a JAX tree, of numpy arrays on the host."""

    tokens: Int[Array | np.ndarray, "row length"]
    segment_ids: Int[Array | np.ndarray, "row length"]
    positions: Int[Array | np.ndarray, "row length"]
    loss_index: Int[Array | np.ndarray, "row counted"]
    """Positions whose next token counts."""
    targets: Int[Array | np.ndarray, "row counted"]
    weights: Float[Array | np.ndarray, "row counted"]
    """Already divided so that the loss of a step is its sum over tokens by the weight of the whole step."""


class Loader:
    """Training batches by micro-batch number, over endless reshuffled epochs."""

    def __init__(
        self, rows: Packed, *, batch_rows: int, micro_batches: int, seed: int, process: int = 0, processes: int = 1
    ) -> None:
        """`batch_rows` rows make an update, in `micro_batches` parts, shared by `processes` hosts.

        Raises UserError where the parts are not whole, or no token counts.
        """
        check_batch(batch_rows, micro_batches, processes)
        self.rows, self.batch_rows, self.micro_batches, self.seed = rows, batch_rows, micro_batches, seed
        self.process, self.processes = process, processes
        self.weights = counted_weights(rows.loss_mask, rows.segment_ids)
        self.row_weights = self.weights.sum(axis=1, dtype=np.float64)
        if not self.row_weights.sum():
            raise UserError("no token of the data counts for the loss", tip="look at `sft.tokens.tokenise`' preview.")
        self.n_positions = counted_room(self.weights)
        self._orders: dict[int, Int[np.ndarray, " row"]] = {}

    def steps_for(self, epochs: float) -> int:
        """Updates that see every row `epochs` times; the last one takes the rest from the next epoch."""
        return max(1, int(np.ceil(epochs * len(self.rows.tokens) / self.batch_rows - 1e-9)))

    def tokens_of(self, step: int) -> int:
        """Tokens, padding left out, of update `step` (from 0), over all hosts."""
        return int(self._row_tokens[self._step_rows(step)].sum())

    def ids_of(self, step: int) -> list[str]:
        """Samples of update `step` (from 0), over all hosts."""
        return [name for row in self._step_rows(step) for name in self.rows.ids[row]]

    def batch(self, micro_step: int) -> Batch:
        """This host's part of micro-batch `micro_step` (from 0)."""
        step, part = divmod(micro_step, self.micro_batches)
        chosen = self._step_rows(step)
        total = self.row_weights[chosen].sum() or 1.0
        size = self.batch_rows // self.micro_batches
        own = size // self.processes
        start = part * size + self.process * own
        # optax.MultiSteps averages the micro-batches, hence the factor: their mean is then the token-weighted loss.
        return make_batch(self.rows, chosen[start : start + own], self.n_positions, self.micro_batches / total)

    @cached_property
    def _row_tokens(self) -> Int[np.ndarray, " row"]:
        return np.asarray((self.rows.segment_ids > 0).sum(axis=1))

    def _step_rows(self, step: int) -> Int[np.ndarray, " chosen"]:
        n_rows = len(self.rows.tokens)
        wanted = np.arange(step * self.batch_rows, (step + 1) * self.batch_rows)
        return np.array([self._order(int(epoch))[i] for epoch, i in zip(*np.divmod(wanted, n_rows), strict=True)])

    def _order(self, epoch: int) -> Int[np.ndarray, " row"]:
        if epoch not in self._orders:
            self._orders = {k: v for k, v in self._orders.items() if k == epoch - 1}
            self._orders[epoch] = np.random.default_rng([self.seed, epoch]).permutation(len(self.rows.tokens))
        return self._orders[epoch]


def evaluation_batches(rows: Packed, *, batch_rows: int, process: int = 0, processes: int = 1) -> Iterator[Batch]:
    """Every row once, in order, `batch_rows` at a time over all `processes`, of which `process` gets its share; the
    losses of the batches add up to the token-weighted loss of all rows.
    """
    weights = counted_weights(rows.loss_mask, rows.segment_ids)
    room, total = counted_room(weights), float(weights.sum(dtype=np.float64)) or 1.0
    own = batch_rows // processes
    for start in range(0, len(rows.tokens), batch_rows):
        chosen = np.arange(start + process * own, start + (process + 1) * own)
        yield make_batch(rows, chosen, room, 1.0 / total)


def make_batch(rows: Packed, chosen: Int[np.ndarray, " chosen"], n_positions: int, scale: float) -> Batch:
    """The `chosen` rows; a number beyond the last row is a row of padding, which adds nothing.

    The loss looks at `n_positions` positions of each row; weights are multiplied by `scale`.
    """
    inside = chosen < len(rows.tokens)
    picked = np.where(inside, chosen, 0)
    tokens, segments, positions = (
        np.where(inside[:, None], a[picked], 0).astype(np.int32)
        for a in (rows.tokens, rows.segment_ids, rows.positions)
    )
    index, targets, weights = loss_positions(tokens, rows.loss_mask[picked], segments, n_positions)
    return Batch(
        tokens=tokens,
        segment_ids=segments,
        positions=positions,
        loss_index=index,
        targets=targets,
        weights=weights * np.float32(scale),
    )


def rows_hash(rows: Packed) -> str:
    """Over all that decides the loss of every batch."""
    digest = hashlib.sha256()
    for array in (rows.tokens, rows.loss_mask, rows.segment_ids, rows.positions):
        digest.update(str((array.dtype, array.shape)).encode() + np.ascontiguousarray(array).data)
    return digest.hexdigest()[:16]


def counted_room(weights: Float[np.ndarray, "row length"]) -> int:
    """Positions that hold the counted tokens of any row."""
    most = int((weights > 0).sum(axis=1).max(initial=1))
    return min(weights.shape[1], -(-max(1, most) // _MULTIPLE) * _MULTIPLE)


def check_batch(batch_rows: int, micro_batches: int, processes: int = 1, fsdp: int = 1) -> None:
    """Raises UserError where `batch_rows` do not share out evenly over `micro_batches` and over hosts (`processes`) or
    data-parallel devices (`fsdp`), whichever are more.
    """
    parts = micro_batches * max(processes, fsdp)
    if micro_batches < 1 or batch_rows < 1 or batch_rows % parts:
        raise UserError(
            f"train.batch_rows is {batch_rows}: not a multiple of {micro_batches} micro-batches x "
            f"{max(processes, fsdp)} data-parallel devices",
            tip=f"use train.batch_rows = {max(1, -(-batch_rows // max(1, parts))) * max(1, parts)}.",
        )
