"""Reading prompts: packs of whole prompts behind the shared prefix, and the prefix itself, chunk by chunk.

One program serves both. It computes keys and values only: the last prompt token is left to the first decode step, so
no logits are made here at all, and the last layer's output is never computed.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp

from harness.gemma.engine.cache import Pack, Prefix
from harness.gemma.engine.layers import HIDDEN_FROM_VIEW, embed, finish_layer, project, rms_norm
from harness.gemma.engine.masks import visible, visible_in_pack
from harness.gemma.engine.shape import ModelShape
from harness.gemma.engine.weights import Weights

if TYPE_CHECKING:
    from jaxtyping import Array, Float, Int


@partial(jax.jit, static_argnames="shape")
def read_pack(
    weights: Weights,
    prefix: Prefix,
    tokens: Int[Array, "pack token"],
    positions: Int[Array, "pack token"],
    segments: Int[Array, "pack token"],
    shape: ModelShape,
) -> Pack:
    """Keys and values of packed prompts. `segments` numbers the prompts of a pack; padding has its own number."""
    return _forward(weights, prefix, tokens, positions, segments, shape)[1]


@partial(jax.jit, static_argnames="shape")
def read_pack_with_states(
    weights: Weights,
    prefix: Prefix,
    tokens: Int[Array, "pack token"],
    positions: Int[Array, "pack token"],
    segments: Int[Array, "pack token"],
    shape: ModelShape,
) -> tuple[jax.Array, Pack]:
    """The same with the last layer's states [pack, token, embed], which scoring needs."""
    return _forward(weights, prefix, tokens, positions, segments, shape)


@partial(jax.jit, donate_argnames="prefix")
def append_to_prefix(prefix: Prefix, pack: Pack, n_tokens: Int[Array, ""]) -> Prefix:
    """Write the first pack behind the prefix; `n_tokens` of it count."""

    def write(array: jax.Array, new: jax.Array) -> jax.Array:
        slots = prefix.length + jnp.arange(new.shape[2])
        return array.at[:, slots].set(new[0], mode="drop")  # padding may run past the end

    keys = tuple(map(write, prefix.keys, pack.keys))
    return Prefix(keys, tuple(map(write, prefix.values, pack.values)), prefix.length + n_tokens, prefix.local_start)


def _forward(
    weights: Weights, prefix: Prefix, tokens: jax.Array, positions: jax.Array, segments: jax.Array, shape: ModelShape
) -> tuple[jax.Array, Pack]:
    x = embed(weights.embedding, tokens)
    keys: list[jax.Array] = []
    values: list[jax.Array] = []
    masks = _masks(prefix, positions, segments, shape)
    for index, (layer, layer_weights) in enumerate(zip(shape.layers, weights.layers, strict=True)):
        normed = rms_norm(x, layer_weights.pre_attention)
        query, key, value = project(normed, positions, layer_weights, layer, shape)
        keys.append(key.transpose(0, 2, 1, 3))
        values.append(value.transpose(0, 2, 1, 3))
        attended = _attend(
            query, (prefix.keys[index], prefix.values[index]), (keys[-1], values[-1]), masks[layer.window]
        )
        x = finish_layer(x, attended, layer_weights)
    return x, Pack(tuple(keys), tuple(values))


def _masks(
    prefix: Prefix, positions: jax.Array, segments: jax.Array, shape: ModelShape
) -> dict[int | None, tuple[jax.Array, jax.Array]]:
    """Per kind of layer: what each token sees of the prefix and of its pack."""
    at = jnp.arange(prefix.keys[0].shape[1])
    windows = {layer.window for layer in shape.layers}
    return {w: (visible(positions, at, prefix.length, w), visible_in_pack(positions, segments, w)) for w in windows}


def _attend(
    query: Float[Array, "pack token kv_heads group dim"],
    prefix: tuple[jax.Array, jax.Array],
    own: tuple[jax.Array, jax.Array],
    masks: tuple[jax.Array, jax.Array],
) -> Float[Array, "pack token heads_x_dim"]:
    """Attention over the prefix [kv_heads, prefix, dim] and the pack itself [pack, kv_heads, token, dim]."""
    n_prefix = prefix[0].shape[1]
    scores = jnp.einsum("ctkgh,cksh->ctkgs", query, own[0], preferred_element_type=jnp.float32)
    seen = masks[1]
    if n_prefix:
        ahead = jnp.einsum("ctkgh,kph->ctkgp", query, prefix[0], preferred_element_type=jnp.float32)
        scores, seen = jnp.concatenate([ahead, scores], -1), jnp.concatenate([masks[0], seen], -1)
    scores = jnp.where(seen[:, :, None, None, :], scores, HIDDEN_FROM_VIEW)
    probs = jax.nn.softmax(scores, axis=-1).astype(own[1].dtype)
    mixed = jnp.einsum("ctkgs,cksh->ctkgh", probs[..., n_prefix:], own[1])
    if n_prefix:
        mixed += jnp.einsum("ctkgp,kph->ctkgh", probs[..., :n_prefix], prefix[1])
    return mixed.reshape(*mixed.shape[:2], -1)
