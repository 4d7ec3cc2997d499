"""Cross-entropy that never holds batch x length x vocabulary, over the positions where loss is counted."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Num

from sft.training.mesh import spread

LOGITS_BYTES = 256 << 20
"""Of one chunk's float32 logits per device: large enough for full matrix units, small beside the weights of a 1B."""
_ALL = ("fsdp", "tp")
"""On a mesh the vocabulary is split over all devices and a chunk's states are whole on each."""


def cross_entropy(
    hidden: Float[Array, "row counted embed"],
    embedding: Float[Array, "vocabulary embed"],
    targets: Int[Array, "row counted"],
    weights: Float[Array, "row counted"],
    *,
    chunk: int = 0,
) -> Float[Array, ""]:
    """Sum over positions of weight x -log p(target), in nats; `chunk` positions of every row at a time (0: all).

    `hidden` are the states before the output layer, which is the `embedding`; `targets` are the tokens to be predicted.

    With chunks, each chunk's share of the gradient is made while its logits are there, so that no logits are kept and
    none are made twice. A position of weight 0 adds exactly nothing to the loss and to every gradient, whatever stands
    there. The weights are data: with chunks they have no gradient.

    On a mesh each device holds the logits of its share of the vocabulary for all rows. Left to itself the compiler
    splits the embedding's width, and then sends the whole embedding and every chunk's logits around for each chunk.
    """
    length = hidden.shape[1]
    embedding = spread(embedding, _ALL, None)
    if not 0 < chunk < length:
        hidden, targets, weights = _on_all((hidden, targets, weights))
        return _summed_nll(*_logits(hidden, embedding, weights), targets, weights)
    missing = -length % chunk
    parts = [jnp.pad(a, [(0, 0), (0, missing)] + [(0, 0)] * (a.ndim - 2)) for a in (hidden, targets, weights)]
    return _over_chunks(embedding, *(_split(part, chunk) for part in parts))


def _split(array: Num[Array, "row counted *rest"], chunk: int) -> Num[Array, "part row chunk *rest"]:
    """Chunks of positions on the first axis, so that rows stay on the devices that hold them."""
    batch, length = array.shape[:2]
    return jnp.moveaxis(array.reshape(batch, length // chunk, chunk, *array.shape[2:]), 1, 0)


def _logits(
    hidden: Float[Array, "row chunk embed"],
    embedding: Float[Array, "vocabulary embed"],
    weights: Float[Array, "row chunk"],
) -> tuple[Float[Array, "row chunk vocabulary"], Float[Array, "row chunk"]]:
    """(logits, log of the sum of their exponentials), in float32 whatever the type of the states.

    The states of weight-0 positions are cut off before the product, so that not even a NaN there reaches the sum.
    """
    hidden = jnp.where((weights > 0)[..., None], hidden, 0)
    logits = jnp.einsum("btd,vd->btv", hidden, embedding, preferred_element_type=jnp.float32)
    logits = spread(logits, None, None, _ALL)
    return logits, jax.nn.logsumexp(logits, axis=-1)


def _summed_nll(
    logits: Float[Array, "row chunk vocabulary"],
    log_total: Float[Array, "row chunk"],
    targets: Int[Array, "row chunk"],
    weights: Float[Array, "row chunk"],
) -> Float[Array, ""]:
    of_target = jnp.sum(jnp.where(_is_target(logits, targets), logits, 0.0), axis=-1)
    return jnp.sum(jnp.where(weights > 0, (log_total - of_target) * weights, 0.0))


def _is_target(
    logits: Float[Array, "row chunk vocabulary"], targets: Int[Array, "row chunk"]
) -> Bool[Array, "row chunk vocabulary"]:
    """A comparison that fuses into what uses it, and splits as the logits do; a gather's gradient is a scatter."""
    return jax.lax.broadcasted_iota(targets.dtype, logits.shape, logits.ndim - 1) == targets[..., None]


def _on_all(arrays: tuple[jax.Array, ...]) -> tuple[jax.Array, ...]:
    return tuple(spread(array, *(None,) * array.ndim) for array in arrays)


@jax.custom_vjp
def _over_chunks(
    embedding: Float[Array, "vocabulary embed"],
    hidden: Float[Array, "part row chunk embed"],
    targets: Int[Array, "part row chunk"],
    weights: Float[Array, "part row chunk"],
) -> Float[Array, ""]:
    """The loss over chunks on the first axis, where no gradient is asked for."""

    def step(total: jax.Array, chunk: tuple[jax.Array, jax.Array, jax.Array]) -> tuple[jax.Array, None]:
        states, aims, weight = _on_all(chunk)
        return total + _summed_nll(*_logits(states, embedding, weight), aims, weight), None

    return jax.lax.scan(step, jnp.zeros((), jnp.float32), (hidden, targets, weights))[0]


def _with_gradients(embedding: Any, hidden: Any, targets: Any, weights: Any) -> tuple[jax.Array, Any]:
    """The loss, and its gradients for the embedding (float32; None where it is frozen, as with LoRA) and the states."""
    matrix, trains = embedding.value, embedding.perturbed

    def step(carry: Any, chunk: tuple[jax.Array, jax.Array, jax.Array]) -> tuple[Any, jax.Array]:
        total, of_embedding = carry
        states, aims, weight = _on_all(chunk)
        logits, log_total = _logits(states, matrix, weight)
        total += _summed_nll(logits, log_total, aims, weight)
        surplus = jnp.exp(logits - log_total[..., None]) - _is_target(logits, aims)
        of_logits = (surplus * weight[..., None]).astype(states.dtype)
        if trains:
            counted = jnp.where((weight > 0)[..., None], states, 0)
            of_embedding += jnp.einsum("btv,btd->vd", of_logits, counted, preferred_element_type=jnp.float32)
        return (total, of_embedding), jnp.einsum("btv,vd->btd", of_logits, matrix)

    nothing = spread(jnp.zeros(matrix.shape, jnp.float32), _ALL, None) if trains else None
    start = (jnp.zeros((), jnp.float32), nothing)
    (total, of_embedding), of_hidden = jax.lax.scan(step, start, (hidden.value, targets.value, weights.value))
    return total, (None if of_embedding is None else of_embedding.astype(matrix.dtype), of_hidden)


def _scaled(gradients: tuple[jax.Array | None, jax.Array], factor: Any) -> tuple[jax.Array | None, ...]:
    return *(None if g is None else g * factor.astype(g.dtype) for g in gradients), None, None


_over_chunks.defvjp(_with_gradients, _scaled, symbolic_zeros=True)


def chunk_for(rows_per_device: int, vocabulary: int, positions: int, limit_bytes: int = LOGITS_BYTES) -> int:
    """Positions a chunk so that its logits fit in `limit_bytes` a device; 0 where all `positions` fit at once.

    Logits are float32, over `vocabulary` tokens for each of `rows_per_device` rows.

    >>> chunk_for(8, 262_144, 1024)
    32
    """
    most = max(1, limit_bytes // (4 * rows_per_device * vocabulary))
    return 0 if most >= positions else 2 ** int(math.log2(most))
