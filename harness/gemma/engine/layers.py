"""The arithmetic of one Gemma 3 layer, written once for prefill and decode."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from harness.gemma.engine.shape import LayerShape, ModelShape
from harness.gemma.engine.weights import LayerWeights

NORM_EPSILON = 1e-6
HIDDEN_FROM_VIEW = -2.3819763e38
"""Added nowhere, written over invisible scores: finite, so that a row that sees nothing yields no NaN."""


def rms_norm(x: Float[Array, "*batch dim"], scale: Float[Array, " dim"]) -> Float[Array, "*batch dim"]:
    """Root-mean-square norm (Zhang and Sennrich 2019), in float32 whatever the weights' type, as in transformers."""
    wide = x.astype(jnp.float32)
    variance = jnp.mean(jnp.square(wide), axis=-1, keepdims=True)
    return (wide * jax.lax.rsqrt(variance + NORM_EPSILON) * (1 + scale.astype(jnp.float32))).astype(x.dtype)


def rotate(
    x: Float[Array, "*batch heads dim"], positions: Int[Array, "*batch"], layer: LayerShape
) -> Float[Array, "*batch heads dim"]:
    """Rotary position embedding (Su et al. 2021): the two halves of a head are the two coordinates."""
    half = x.shape[-1] // 2
    timescale = layer.rope_base ** (2 * jnp.arange(half) / x.shape[-1])
    angle = positions[..., None, None] / timescale / layer.rope_scale
    sin, cos = jnp.sin(angle), jnp.cos(angle)
    first, second = x[..., :half].astype(jnp.float32), x[..., half:].astype(jnp.float32)
    rotated = jnp.concatenate([first * cos - second * sin, second * cos + first * sin], axis=-1)
    return rotated.astype(x.dtype)


def embed(embedding: Float[Array, "vocabulary embed"], tokens: Int[Array, "*batch"]) -> Float[Array, "*batch embed"]:
    """Token embeddings times the square root of their width, rounded to the weights' type as Gemma was trained."""
    return embedding[tokens] * jnp.sqrt(embedding.shape[-1]).astype(embedding.dtype)


def project(
    x: Float[Array, "*batch embed"],
    positions: Int[Array, "*batch"],
    weights: LayerWeights,
    layer: LayerShape,
    shape: ModelShape,
) -> tuple[
    Float[Array, "*batch kv_heads group dim"], Float[Array, "*batch kv_heads dim"], Float[Array, "*batch kv_heads dim"]
]:
    """Normed, rotated and scaled queries; normed and rotated keys; values.

    `x` is the layer's normed input, of tokens at `positions`; `layer` says how the layer
    rotates, `shape` how many heads the model has, `weights` are the layer's.
    """
    batch = x.shape[:-1]
    query = (x @ weights.query).reshape(*batch, shape.heads, shape.head_dim)
    key_value = (x @ weights.key_value).reshape(*batch, shape.kv_heads, 2, shape.head_dim)
    query = rotate(rms_norm(query, weights.query_norm), positions, layer) * shape.query_scale
    key = rotate(rms_norm(key_value[..., 0, :], weights.key_norm), positions, layer)
    grouped = query.reshape(*batch, shape.kv_heads, shape.queries_per_kv, shape.head_dim)
    return grouped, key, key_value[..., 1, :]


def finish_layer(
    x: Float[Array, "*batch embed"], attended: Float[Array, "*batch heads_x_dim"], weights: LayerWeights
) -> Float[Array, "*batch embed"]:
    """What follows attention: output projection, residual, gated feed-forward, residual."""
    x = x + rms_norm(attended @ weights.out, weights.post_attention)
    inner = rms_norm(x, weights.pre_ffw)
    gated = jax.nn.gelu(inner @ weights.gate, approximate=True) * (inner @ weights.up)
    return x + rms_norm(gated @ weights.down, weights.post_ffw)


def output_logits(
    x: Float[Array, "*batch embed"], final_norm: Float[Array, " embed"], embedding: Float[Array, "vocabulary embed"]
) -> Float[Array, "*batch vocabulary"]:
    """Next-token scores in float32."""
    return jnp.einsum("...d,vd->...v", rms_norm(x, final_norm), embedding, preferred_element_type=jnp.float32)
