"""A block of decode steps on the device: every row takes one token a step, and the host looks only between blocks.

Within a block the rings are only read. New keys and values go to a small buffer that is laid into the rings at the
end: XLA on a CPU copies a whole ring at every step that writes to it (measured: 120 ms a step instead of 30).
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, UInt32

from harness.gemma.engine.cache import KEY_AXIS, VALUE_AXIS, Prefix, Rows
from harness.gemma.engine.layers import HIDDEN_FROM_VIEW, embed, finish_layer, output_logits, project, rms_norm
from harness.gemma.engine.masks import ages, visible
from harness.gemma.engine.sampling import Mode, next_tokens
from harness.gemma.engine.shape import ModelShape
from harness.gemma.engine.weights import Weights

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


class Fresh(NamedTuple):
    """Keys and values drawn up in this block."""

    keys: tuple[Float[Array, "row kv_heads dim step"], ...]
    """Of every layer."""
    values: tuple[Float[Array, "row kv_heads step dim"], ...]


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
    """Up to `max_steps` steps of all rows; fewer once `enough_finished` rows have finished in this block, or all have.

    `prefix` and `rows` hold the keys and values that are read, `state` says where each row stands. A row finishes at
    any of `stop_ids`, [stop], or at its budget. `mode` and `limits` ([temperature, top_k, top_p]) say how tokens are
    drawn, `shape` is that of the model whose `weights` are given.
    """
    n_active = jnp.sum(state.active)
    started = state.length

    def unfinished(carry: tuple[jax.Array, Fresh, RowState, jax.Array]) -> jax.Array:
        index, _, now, _ = carry
        left = jnp.sum(now.active)
        return (index < max_steps) & (left > 0) & (n_active - left < enough_finished)

    def advance(carry: tuple[jax.Array, Fresh, RowState, jax.Array]) -> tuple[jax.Array, Fresh, RowState, jax.Array]:
        index, fresh, now, drawn = carry
        logits, fresh = _step(weights, prefix, rows, fresh, now, index, started, shape)
        token = next_tokens(logits, now.key, now.n_drawn, limits, mode)
        drawn = drawn.at[index].set(jnp.where(now.active, token, NO_TOKEN))
        return index + 1, fresh, _advance_state(now, token, stop_ids), drawn

    drawn = jnp.full((max_steps, state.token.shape[0]), NO_TOKEN, jnp.int32)
    blank = _blank(rows, max_steps)
    n_steps, fresh, _, drawn = jax.lax.while_loop(unfinished, advance, (jnp.int32(0), blank, state, drawn))
    return Block(_lay_in(rows, fresh, n_steps), drawn, n_steps)


def _advance_state(state: RowState, token: Int[Array, " row"], stop_ids: Int[Array, " stop"]) -> RowState:
    n_drawn = state.n_drawn + 1
    goes_on = state.active & ~jnp.isin(token, stop_ids) & (n_drawn < state.budget)
    return RowState(token, state.length + 1, n_drawn, state.budget, state.key, goes_on)


def _step(
    weights: Weights,
    prefix: Prefix,
    rows: Rows,
    fresh: Fresh,
    state: RowState,
    index: Int[Array, ""],
    started: Int[Array, " row"],
    shape: ModelShape,
) -> tuple[Float[Array, "row vocabulary"], Fresh]:
    """Read one token a row: logits of the next, and the fresh keys and values with its own among them."""
    positions = prefix.length + state.length
    masks = _masks(prefix, rows, positions, index, started, fresh.values[0].shape[VALUE_AXIS], shape)
    x = embed(weights.embedding, state.token)
    keys: list[jax.Array] = []
    values: list[jax.Array] = []
    for number, layer in enumerate(shape.layers):
        layer_weights = weights.layers[number]
        normed = rms_norm(x, layer_weights.pre_attention)
        query, key, value = project(normed, positions, layer_weights, layer, shape)
        write = partial(jax.lax.dynamic_update_slice_in_dim, start_index=index)
        keys.append(write(fresh.keys[number], key[..., None], axis=KEY_AXIS))
        values.append(write(fresh.values[number], value[:, :, None], axis=VALUE_AXIS))
        sources = [(rows.keys[number], rows.values[number]), (keys[-1], values[-1])]
        if prefix.values[number].shape[1]:
            sources.append((prefix.keys[number], prefix.values[number]))
        x = finish_layer(x, attend(query, sources, masks[layer.window]), layer_weights)
    return output_logits(x, weights.final_norm, weights.embedding), Fresh(tuple(keys), tuple(values))


def _masks(
    prefix: Prefix,
    rows: Rows,
    positions: Int[Array, " row"],
    index: Int[Array, ""],
    started: Int[Array, " row"],
    max_steps: int,
    shape: ModelShape,
) -> dict[int | None, list[Bool[Array, "row _key"]]]:
    """Per kind of layer, what each row sees of its ring, of this block's tokens and of the prefix."""
    behind = index - jnp.arange(max_steps)
    masks: dict[int | None, list[jax.Array]] = {}
    for number, layer in enumerate(shape.layers):
        if layer.window in masks:
            continue
        age = ages(rows.step - 1, rows.values[number].shape[VALUE_AXIS])
        own, fresh = age[None, :] < started[:, None], behind >= 0
        if layer.window is not None:
            own &= age + index + 1 < layer.window
            fresh &= behind < layer.window
        start = 0 if layer.window is None else prefix.local_start
        ahead = visible(positions, start + jnp.arange(prefix.values[number].shape[1]), prefix.length, layer.window)
        masks[layer.window] = [own, jnp.broadcast_to(fresh, (positions.shape[0], max_steps)), ahead]
    return masks


def attend(
    query: Float[Array, "row kv_heads group dim"],
    sources: list[tuple[Float[Array, "... kv_heads dim _key"], Float[Array, "... kv_heads _key dim"]]],
    masks: list[Bool[Array, "row _key"]],
) -> Float[Array, "row heads_x_dim"]:
    """Attention over several sources of keys [..., dim, key] and values [..., key, dim] under one softmax.

    A source that has rows is read row by row; one without (a prefix) takes one matrix product for all rows.
    """
    scores = [_scores(query, keys, mask) for (keys, _), mask in zip(sources, masks, strict=False)]
    top = jnp.max(jnp.stack([jnp.max(score, axis=-1) for score in scores]), axis=0)[..., None]
    total = jnp.zeros_like(top)
    mixed = jnp.zeros(query.shape, jnp.float32)
    for score, (_, values) in zip(scores, sources, strict=True):
        weight = jnp.exp(score - top)
        total += jnp.sum(weight, axis=-1, keepdims=True)
        mixed += _product(weight.astype(values.dtype), values)
    return (mixed / total).astype(query.dtype).reshape(query.shape[0], -1)


def _scores(query: jax.Array, keys: jax.Array, mask: jax.Array) -> Float[Array, "row kv_heads group key"]:
    return jnp.where(mask[:, None, None, :], _product(query, keys), HIDDEN_FROM_VIEW)


def _product(left: Float[Array, "row kv_heads group inner"], right: jax.Array) -> jax.Array:
    """left @ right in float32, where `right` is [row, kv_heads, inner, outer] or the same for all rows, without row."""
    if right.ndim == left.ndim:
        return jnp.matmul(left, right, preferred_element_type=jnp.float32)
    n_rows, kv_heads, group, inner = left.shape
    by_head = left.transpose(1, 0, 2, 3).reshape(kv_heads, n_rows * group, inner)
    product = jnp.matmul(by_head, right, preferred_element_type=jnp.float32)
    return product.reshape(kv_heads, n_rows, group, -1).transpose(1, 0, 2, 3)


def _blank(rows: Rows, max_steps: int) -> Fresh:
    """Room for one block."""

    def like(ring: jax.Array, axis: int) -> jax.Array:
        size = list(ring.shape)
        size[axis] = max_steps
        return jnp.zeros(size, ring.dtype)

    keys = tuple(like(ring, KEY_AXIS) for ring in rows.keys)
    return Fresh(keys, tuple(like(ring, VALUE_AXIS) for ring in rows.values))


def _lay_in(rows: Rows, fresh: Fresh, n_steps: Int[Array, ""]) -> Rows:
    """The block's first `n_steps` keys and values in the rings, in the slots of their steps.

    A ring no longer than a block is written whole; of a longer one, the block's own slots, and the first ones again
    where the block wraps around.
    """
    newest = rows.step + n_steps - 1

    def lay(ring: jax.Array, new: jax.Array, axis: int) -> jax.Array:
        size, room = ring.shape[axis], new.shape[axis]
        length = min(size, room)
        starts = (
            (jnp.int32(0),) if size <= room else (jnp.minimum(jnp.mod(rows.step, size), size - length), jnp.int32(0))
        )
        for start in starts:
            age = jnp.mod(newest - start - jnp.arange(length), size)
            old = jax.lax.dynamic_slice_in_dim(ring, start, length, axis)
            drawn = jnp.take(new, jnp.clip(n_steps - 1 - age, 0, room - 1), axis=axis)
            is_new = jnp.expand_dims(age < n_steps, tuple(range(1, ring.ndim - axis)))
            ring = jax.lax.dynamic_update_slice_in_dim(ring, jnp.where(is_new, drawn, old), start, axis)
        return ring

    keys = tuple(lay(ring, new, KEY_AXIS) for ring, new in zip(rows.keys, fresh.keys, strict=True))
    values = tuple(lay(ring, new, VALUE_AXIS) for ring, new in zip(rows.values, fresh.values, strict=True))
    return Rows(keys, values, rows.step + n_steps)
