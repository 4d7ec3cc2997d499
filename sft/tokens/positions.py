"""Where loss is counted: the positions whose next token a row's mask counts, and with what weight."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int


def loss_positions(
    tokens: Int[np.ndarray, "row length"],
    loss_mask: Float[np.ndarray, "row length"],
    segment_ids: Int[np.ndarray, "row length"],
    n_positions: int,
) -> tuple[Int[np.ndarray, "row counted"], Int[np.ndarray, "row counted"], Float[np.ndarray, "row counted"]]:
    """Where the model is asked for a counted token: (position, next token, weight), padded with weight 0.

        tokens    = [10, 11, 20, 21, 1, 12, 22]   segment_ids = [1, 1, 1, 1, 1, 2, 2]
        loss_mask = [ 0,  0,  1,  1, 1,  0,  1]
        positions = [ 1,  2,  3,  5]              targets = [20, 21, 1, 22]

    The first token of a segment is never a target: what stands before it belongs to another sample.
    Raises ValueError where a row counts more than `n_positions` tokens.
    """
    weights = counted_weights(loss_mask, segment_ids)
    index = np.zeros((len(tokens), n_positions), np.int32)
    targets, kept = np.zeros_like(index), np.zeros(index.shape, np.float32)
    for row, weight in enumerate(weights):
        at = np.flatnonzero(weight)
        if len(at) > n_positions:
            raise ValueError(f"row {row} counts {len(at)} tokens; room was made for {n_positions}")
        index[row, : len(at)] = at
        targets[row, : len(at)] = tokens[row, at + 1]
        kept[row, : len(at)] = weight[at]
    return index, targets, kept


def counted_weights(
    loss_mask: Float[np.ndarray, "row length"], segment_ids: Int[np.ndarray, "row length"]
) -> Float[np.ndarray, "row length"]:
    """The weight of each position's *next* token: 0 at the end of a row, of a segment, and in padding (segment 0)."""
    same = (segment_ids[:, 1:] == segment_ids[:, :-1]) & (segment_ids[:, 1:] > 0)
    weights = np.zeros(loss_mask.shape, np.float32)
    weights[:, :-1] = np.where(same, loss_mask[:, 1:], 0.0)
    return weights
