"""A block of decode steps on the device: every row takes one token a step, and the host looks only between blocks."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp

from harness.gemma.engine.cache import Prefix, Rows
from harness.gemma.engine.layers import HIDDEN_FROM_VIEW, embed, finish_layer, output_logits, project, rms_norm
from harness.gemma.engine.masks import ages, visible
from harness.gemma.engine.sampling import Mode, next_tokens
from harness.gemma.engine.shape import ModelShape
from harness.gemma.engine.weights import Weights

if TYPE_CHECKING:
    from jaxtyping import Array, Bool, Float, Int, UInt32

NO_TOKEN = -1


class RowState(NamedTuple):
    """Where each row stands; the host owns it and sends it with every block."""

    token: Int[Array, " row"]
    """To be read next: the last prompt token, or the last token drawn."""
    length: Int[Array, " row"]
    """Tokens of its own (behind the prefix) that the cache holds."""
    n_drawn: Int[Array, " row"]
    budget: Int[Array, " row"]
    """Tokens it may draw."""
    key: UInt32[Array, "row 2"]
    active: Bool[Array, " row"]


class Block(NamedTuple):
    """What a block of steps left behind."""

    rows: Rows
    tokens: Int[Array, "step row"]
    """NO_TOKEN where a row was not active."""
    n_steps: Int[Array, ""]


@partial(jax.jit, static_argnames=("shape", "mode", "max_steps"), donate_argnames="rows")
def decode_block(
    weights: Weights,
    prefix: Prefix,
    rows: Rows,
    state: RowState,
    stop_ids: Int[Array, " stop"],
    limits: Float[Array, " 3"],
    enough_finished: Int[Array, ""],
    shape: ModelShape,
    mode: Mode,
    max_steps: int,
) -> Block:
    """Up to `max_steps` steps; fewer once `enough_finished` rows have finished in this block, or all have."""
    n_active = jnp.sum(state.active)

    def unfinished(carry: tuple[jax.Array, Rows, RowState, jax.Array]) -> jax.Array:
        index, _, now, _ = carry
        left = jnp.sum(now.active)
        return (index < max_steps) & (left > 0) & (n_active - left < enough_finished)

    def advance(carry: tuple[jax.Array, Rows, RowState, jax.Array]) -> tuple[jax.Array, Rows, RowState, jax.Array]:
        index, rows, now, drawn = carry
        logits, rows = _step(weights, prefix, rows, now, shape)
        token = next_tokens(logits, now.key, now.n_drawn, limits, mode)
        drawn = drawn.at[index].set(jnp.where(now.active, token, NO_TOKEN))
        return index + 1, rows, _advance_state(now, token, stop_ids), drawn

    drawn = jnp.full((max_steps, state.token.shape[0]), NO_TOKEN, jnp.int32)
    n_steps, rows, _, drawn = jax.lax.while_loop(unfinished, advance, (jnp.int32(0), rows, state, drawn))
    return Block(rows, drawn, n_steps)


def _advance_state(state: RowState, token: jax.Array, stop_ids: jax.Array) -> RowState:
    n_drawn = state.n_drawn + 1
    goes_on = state.active & ~jnp.isin(token, stop_ids) & (n_drawn < state.budget)
    return RowState(token, state.length + 1, n_drawn, state.budget, state.key, goes_on)


def _step(
    weights: Weights, prefix: Prefix, rows: Rows, state: RowState, shape: ModelShape
) -> tuple[Float[Array, "row vocabulary"], Rows]:
    """Read one token a row: logits of the next, and the rings with its key and value in them."""
    positions = prefix.length + state.length
    x = embed(weights.embedding, state.token)
    keys: list[jax.Array] = []
    values: list[jax.Array] = []
    for index, layer in enumerate(shape.layers):
        layer_weights = weights.layers[index]
        query, key, value = project(rms_norm(x, layer_weights.pre_attention), positions, layer_weights, layer, shape)
        keys.append(_write(rows.keys[index], key, rows.step))
        values.append(_write(rows.values[index], value, rows.step))
        shared = (prefix.keys[index], prefix.values[index])
        seen = _seen(prefix, index, positions, state.length, rows.step, keys[-1].shape[2], shape)
        x = finish_layer(x, _attend(query, shared, (keys[-1], values[-1]), seen), layer_weights)
    logits = output_logits(x, weights.final_norm, weights.embedding)
    return logits, Rows(tuple(keys), tuple(values), rows.step + 1)


def _write(ring: jax.Array, new: Float[Array, "row kv_heads dim"], step: jax.Array) -> jax.Array:
    return jax.lax.dynamic_update_slice_in_dim(ring, new[:, :, None, :], jnp.mod(step, ring.shape[2]), axis=2)


def _seen(
    prefix: Prefix,
    index: int,
    positions: jax.Array,
    lengths: jax.Array,
    step: jax.Array,
    ring: int,
    shape: ModelShape,
) -> tuple[Bool[Array, "row prefix"], Bool[Array, "row ring"]]:
    """What each row sees of the prefix and of its ring. A local ring is no longer than the window, so age decides."""
    window = shape.layers[index].window
    at = jnp.arange(prefix.keys[index].shape[1]) + (0 if window is None else prefix.local_start)
    own = ages(step, ring)[None, :] <= lengths[:, None]
    return visible(positions, at, prefix.length, window), own


def _attend(
    query: Float[Array, "row kv_heads group dim"],
    prefix: tuple[jax.Array, jax.Array],
    own: tuple[jax.Array, jax.Array],
    seen: tuple[jax.Array, jax.Array],
) -> Float[Array, "row heads_x_dim"]:
    """Attention over the prefix [kv_heads, prefix, dim], one matrix product for all rows, and each row's ring."""
    n_prefix = prefix[0].shape[1]
    scores = jnp.einsum("bkgh,bksh->bkgs", query, own[0], preferred_element_type=jnp.float32)
    mask = seen[1]
    if n_prefix:
        ahead = jnp.einsum("bkgh,kph->bkgp", query, prefix[0], preferred_element_type=jnp.float32)
        scores, mask = jnp.concatenate([ahead, scores], -1), jnp.concatenate([seen[0], mask], -1)
    scores = jnp.where(mask[:, None, None, :], scores, HIDDEN_FROM_VIEW)
    probs = jax.nn.softmax(scores, axis=-1).astype(own[1].dtype)
    mixed = jnp.einsum("bkgs,bksh->bkgh", probs[..., n_prefix:], own[1])
    if n_prefix:
        mixed += jnp.einsum("bkgp,kph->bkgh", probs[..., :n_prefix], prefix[1])
    return mixed.reshape(mixed.shape[0], -1)
