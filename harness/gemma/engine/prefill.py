"""Reading prompts: packs of whole prompts behind the shared prefix, and the prefix itself, chunk by chunk.

One program serves both. It computes keys and values only: the last prompt token is left to the first decode step, so
no logits are made here at all, and the last layer's output is never computed.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from harness.gemma.engine.cache import VALUE_AXIS, Pack, Prefix
from harness.gemma.engine.layers import HIDDEN_FROM_VIEW, embed, finish_layer, project, rms_norm
from harness.gemma.engine.masks import visible, visible_in_pack
from harness.gemma.engine.shape import ModelShape
from harness.gemma.engine.weights import Weights


@partial(jax.jit, static_argnames="shape")
def read_pack(
    weights: Weights,
    prefix: Prefix,
    tokens: Int[Array, "pack token"],
    positions: Int[Array, "pack token"],
    segments: Int[Array, "pack token"],
    shape: ModelShape,
) -> Pack:
    """Keys and values of packed prompts behind a shared `prefix`; `tokens`, their `positions` and `segments` are [pack,
    token].

    `segments` numbers the prompts of a pack; padding has its own number. `shape` is that of the model with these
    `weights`.
    """
    return _forward(weights, prefix, tokens, positions, segments, shape)[1]


@partial(jax.jit, static_argnames="shape")
def read_pack_with_states(
    weights: Weights,
    prefix: Prefix,
    tokens: Int[Array, "pack token"],
    positions: Int[Array, "pack token"],
    segments: Int[Array, "pack token"],
    shape: ModelShape,
) -> tuple[Float[Array, "pack token embed"], Pack]:
    """The last layer's states, which scoring needs, and keys and values of packed prompts.

    As `read_pack` takes them: `tokens`, `positions` and `segments` stand behind the shared `prefix`,
    `shape` is that of the model with these `weights`.
    """
    return _forward(weights, prefix, tokens, positions, segments, shape)


@partial(jax.jit, donate_argnames="prefix")
def append_to_prefix(prefix: Prefix, pack: Pack, n_tokens: Int[Array, ""]) -> Prefix:
    """Write the first pack behind the prefix; `n_tokens` of it count."""

    slots = prefix.length + jnp.arange(pack.values[0].shape[VALUE_AXIS])  # padding may run past the end: dropped
    keys = tuple(old.at[:, :, slots].set(new[0], mode="drop") for old, new in zip(prefix.keys, pack.keys, strict=True))
    values = tuple(
        old.at[:, slots].set(new[0], mode="drop") for old, new in zip(prefix.values, pack.values, strict=True)
    )
    return Prefix(keys, values, prefix.length + n_tokens, prefix.local_start)


def _forward(
    weights: Weights,
    prefix: Prefix,
    tokens: Int[Array, "pack token"],
    positions: Int[Array, "pack token"],
    segments: Int[Array, "pack token"],
    shape: ModelShape,
) -> tuple[Float[Array, "pack token embed"], Pack]:
    x = embed(weights.embedding, tokens)
    keys: list[jax.Array] = []
    values: list[jax.Array] = []
    masks = _masks(prefix, positions, segments, shape)
    for index, (layer, layer_weights) in enumerate(zip(shape.layers, weights.layers, strict=True)):
        normed = rms_norm(x, layer_weights.pre_attention)
        query, key, value = project(normed, positions, layer_weights, layer, shape)
        keys.append(key.transpose(0, 2, 3, 1))
        values.append(value.transpose(0, 2, 1, 3))
        attended = _attend(
            query, (prefix.keys[index], prefix.values[index]), (keys[-1], values[-1]), masks[layer.window]
        )
        x = finish_layer(x, attended, layer_weights)
    return x, Pack(tuple(keys), tuple(values))


def _masks(
    prefix: Prefix, positions: Int[Array, "pack token"], segments: Int[Array, "pack token"], shape: ModelShape
) -> dict[int | None, tuple[Bool[Array, "pack token _prefix"], Bool[Array, "pack token token"]]]:
    """Per kind of layer: what each token sees of the prefix and of its pack."""
    made: dict[int | None, tuple[jax.Array, jax.Array]] = {}
    for values, layer in zip(prefix.values, shape.layers, strict=True):
        if layer.window not in made:
            start = 0 if layer.window is None else prefix.local_start
            ahead = visible(positions, start + jnp.arange(values.shape[1]), prefix.length, layer.window)
            made[layer.window] = ahead, visible_in_pack(positions, segments, layer.window)
    return made


def _attend(
    query: Float[Array, "pack token kv_heads group dim"],
    prefix: tuple[Float[Array, "kv_heads dim prefix"], Float[Array, "kv_heads prefix dim"]],
    own: tuple[Float[Array, "pack kv_heads dim token"], Float[Array, "pack kv_heads token dim"]],
    masks: tuple[Bool[Array, "pack token prefix"], Bool[Array, "pack token token"]],
) -> Float[Array, "pack token heads_x_dim"]:
    """Attention over the prefix and the pack itself, each (keys, values)."""
    packs, tokens, kv_heads, group, dim = query.shape
    n_prefix = prefix[1].shape[1]
    by_head = query.transpose(0, 2, 1, 3, 4).reshape(packs, kv_heads, tokens * group, dim)
    scores = jnp.matmul(by_head, own[0], preferred_element_type=jnp.float32)
    seen = masks[1]
    if n_prefix:
        ahead = jnp.matmul(by_head, prefix[0], preferred_element_type=jnp.float32)
        scores, seen = jnp.concatenate([ahead, scores], -1), jnp.concatenate([masks[0], seen], -1)
    seen = jnp.repeat(seen, group, axis=1)[:, None]
    probs = jax.nn.softmax(jnp.where(seen, scores, HIDDEN_FROM_VIEW), axis=-1).astype(own[1].dtype)
    mixed = jnp.matmul(probs[..., n_prefix:], own[1])
    if n_prefix:
        mixed += jnp.matmul(probs[..., :n_prefix], prefix[1])
    return mixed.reshape(packs, kv_heads, tokens, group, dim).transpose(0, 2, 1, 3, 4).reshape(packs, tokens, -1)
