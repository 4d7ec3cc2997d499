"""Cross-entropy that never holds batch x length x vocabulary, over the positions where loss is counted."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from sft.mesh import spread

LOGITS_BYTES = 256 << 20
"""Of one chunk's float32 logits per device: large enough for full matrix units, small beside the weights of a 1B."""
_ALL = ("fsdp", "tp")
"""On a mesh the vocabulary is split over all devices and a chunk's states are whole on each."""


def cross_entropy(
    hidden: Float[Array, "batch positions width"],
    embedding: Float[Array, "vocabulary width"],
    targets: Int[Array, "batch positions"],
    weights: Float[Array, "batch positions"],
    *,
    chunk: int = 0,
) -> Float[Array, ""]:
    """Sum over positions of weight x -log p(target), in nats; `chunk` positions of every row at a time (0: all).

    Each chunk's logits are computed again in the backward pass instead of being kept. A position of weight 0 adds
    exactly nothing to the loss and to every gradient, whatever stands there.

    On a mesh each device holds the logits of its share of the vocabulary for all rows. Left to itself the compiler
    splits the embedding's width, and then sends the whole embedding and every chunk's logits around for each chunk.
    """
    length = hidden.shape[1]
    embedding = spread(embedding, _ALL, None)
    if not 0 < chunk < length:
        return _weighted_nll(hidden, embedding, targets, weights)
    missing = -length % chunk
    parts = [jnp.pad(a, [(0, 0), (0, missing)] + [(0, 0)] * (a.ndim - 2)) for a in (hidden, targets, weights)]
    chunks = tuple(_split(part, chunk) for part in parts)

    @jax.checkpoint  # type: ignore[untyped-decorator, unused-ignore]
    def step(total: jax.Array, piece: tuple[jax.Array, jax.Array, jax.Array]) -> tuple[jax.Array, None]:
        return total + _weighted_nll(piece[0], embedding, piece[1], piece[2]), None

    return jax.lax.scan(step, jnp.zeros((), jnp.float32), chunks)[0]


def _split(array: jax.Array, chunk: int) -> jax.Array:
    """[batch, n * chunk, ...] as [n, batch, chunk, ...], so that rows stay on the devices that hold them."""
    batch, length = array.shape[:2]
    return jnp.moveaxis(array.reshape(batch, length // chunk, chunk, *array.shape[2:]), 1, 0)


def _weighted_nll(hidden: jax.Array, embedding: jax.Array, targets: jax.Array, weights: jax.Array) -> jax.Array:
    """In float32 whatever the type of the states. The states of weight-0 positions are cut off before the product, so
    that not even a NaN there reaches the sum."""
    hidden, targets, weights = (spread(a, *(None,) * a.ndim) for a in (hidden, targets, weights))
    counted = weights > 0
    hidden = jnp.where(counted[..., None], hidden, 0)
    logits = jnp.einsum("btd,vd->btv", hidden, embedding, preferred_element_type=jnp.float32)
    logits = spread(logits, None, None, _ALL)
    log_total = jax.nn.logsumexp(logits, axis=-1)
    # A sum over the vocabulary with one term, not a gather: its gradient is no scatter, and it splits as the logits do.
    is_target = jnp.arange(embedding.shape[0]) == targets[..., None]
    of_target = jnp.sum(jnp.where(is_target, logits, 0.0), axis=-1)
    return jnp.sum(jnp.where(counted, (log_total - of_target) * weights, 0.0))


def chunk_for(rows_per_device: int, vocabulary: int, positions: int, limit_bytes: int = LOGITS_BYTES) -> int:
    """Positions a chunk so that its logits fit in `limit_bytes` a device; 0 where all positions fit at once.

    >>> chunk_for(8, 262_144, 1024)
    32
    """
    most = max(1, limit_bytes // (4 * rows_per_device * vocabulary))
    return 0 if most >= positions else 2 ** int(math.log2(most))


def loss_positions(
    tokens: Int[np.ndarray, "rows length"],
    loss_mask: Float[np.ndarray, "rows length"],
    segment_ids: Int[np.ndarray, "rows length"],
    n_positions: int,
) -> tuple[Int[np.ndarray, "rows n"], Int[np.ndarray, "rows n"], Float[np.ndarray, "rows n"]]:
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
    loss_mask: Float[np.ndarray, "rows length"], segment_ids: Int[np.ndarray, "rows length"]
) -> Float[np.ndarray, "rows length"]:
    """The weight of each position's *next* token: 0 at the end of a row, of a segment, and in padding (segment 0)."""
    same = (segment_ids[:, 1:] == segment_ids[:, :-1]) & (segment_ids[:, 1:] > 0)
    weights = np.zeros(loss_mask.shape, np.float32)
    weights[:, :-1] = np.where(same, loss_mask[:, 1:], 0.0)
    return weights
