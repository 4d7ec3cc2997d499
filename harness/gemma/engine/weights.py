"""Tunix's Gemma 3 parameters as plain arrays, laid out so that a decode step is a chain of matrix products."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from jaxtyping import Array, Float

from harness.core.errors import UserError
from harness.gemma.engine.shape import ModelShape

if TYPE_CHECKING:
    from jax.sharding import Mesh
    from tunix.models.gemma3.model import Gemma3


class LayerWeights(NamedTuple):
    """One decoder layer. Norm scales are stored as in the checkpoint: the norm multiplies by one plus them."""

    pre_attention: Float[Array, " embed"]
    query: Float[Array, "embed heads_x_dim"]
    key_value: Float[Array, "embed kv_heads_x_2_x_dim"]
    """Columns run over key head, then key or value, then dimension, so that heads can be sharded."""
    query_norm: Float[Array, " dim"]
    key_norm: Float[Array, " dim"]
    out: Float[Array, "heads_x_dim embed"]
    post_attention: Float[Array, " embed"]
    pre_ffw: Float[Array, " embed"]
    gate: Float[Array, "embed hidden"]
    up: Float[Array, "embed hidden"]
    down: Float[Array, "hidden embed"]
    post_ffw: Float[Array, " embed"]


class Weights(NamedTuple):
    """The whole decoder; the embedding is also the output head."""

    embedding: Float[Array, "vocabulary embed"]
    layers: tuple[LayerWeights, ...]
    final_norm: Float[Array, " embed"]


def weights_of(model: Gemma3) -> Weights:
    """Read the parameters out of a Tunix Gemma 3; embedding and feed-forward arrays are shared, not copied.

    Raises UserError for a model with unmerged LoRA parameters, which this forward pass would leave out.
    """
    _refuse_unmerged_lora(model)
    return Weights(
        embedding=model.embedder.input_embedding[...],
        layers=tuple(_layer_weights(layer) for layer in model.layers),
        final_norm=model.final_norm.scale[...],
    )


def _refuse_unmerged_lora(model: Gemma3) -> None:
    import jax
    from flax import nnx

    if jax.tree.leaves(nnx.state(model, nnx.LoRAParam)):
        raise UserError(
            "the decode engine got a model with unmerged LoRA parameters",
            tip="merge them into the base weights first; harness.gemma's loader does.",
        )


def _layer_weights(layer: Any) -> LayerWeights:
    query, key_value = _projections(layer.attn)
    heads_out = layer.attn.attn_vec_einsum.w[...]
    return LayerWeights(
        pre_attention=layer.pre_attention_norm.scale[...],
        query=query,
        key_value=key_value,
        query_norm=layer.attn._query_norm.scale[...],
        key_norm=layer.attn._key_norm.scale[...],
        out=heads_out.reshape(-1, heads_out.shape[-1]),
        post_attention=layer.post_attention_norm.scale[...],
        pre_ffw=layer.pre_ffw_norm.scale[...],
        gate=layer.mlp.gate_proj.kernel[...],
        up=layer.mlp.up_proj.kernel[...],
        down=layer.mlp.down_proj.kernel[...],
        post_ffw=layer.post_ffw_norm.scale[...],
    )


def _projections(
    attention: Any,
) -> tuple[Float[Array, "embed heads_x_dim"], Float[Array, "embed kv_heads_x_2_x_dim"]]:
    """The matrix of the queries, and that of keys and values together."""
    if attention.use_qkv_einsum:
        joint = attention.qkv_einsum.w[...]
        query, key_value = joint[0], joint[1:]
    else:
        query, key_value = attention.q_einsum.w[...], attention.kv_einsum.w[...]
    embed = query.shape[1]
    return query.transpose(1, 0, 2).reshape(embed, -1), key_value.transpose(2, 1, 0, 3).reshape(embed, -1)


def place(weights: Weights, shape: ModelShape, mesh: Mesh | None) -> Weights:
    """Put the weights where decoding wants them: whole on every `fsdp` device, heads and features split over `tp`.

    Decoding reads every weight once a step, so sharding them over `fsdp` would send them all over the network each
    step. Raises UserError where `tp` does not divide the query heads.
    """
    if mesh is None:
        return weights
    import jax

    return jax.tree.map(jax.device_put, weights, placement(weights, shape, mesh))


def placement(weights: Weights, shape: ModelShape, mesh: Mesh) -> Weights:
    """The sharding of every array as `place` puts it; `weights` may be shapes. Raises UserError as `place` does."""
    from jax.sharding import NamedSharding, PartitionSpec

    tp = mesh.shape.get("tp", 1)
    if shape.heads % tp:
        raise UserError(
            f"tp={tp} does not divide the model's {shape.heads} query heads",
            tip=f"use tp=1 (data-parallel decoding) or a divisor of {shape.heads}.",
        )

    def at(*spec: str | None) -> Any:
        return NamedSharding(mesh, PartitionSpec(*(spec if tp > 1 else ())))  # type: ignore[no-untyped-call]

    split_kv = "tp" if shape.kv_heads % tp == 0 else None
    layers = tuple(LayerWeights(*(at(*_tp_spec(name, split_kv)) for name in layer._fields)) for layer in weights.layers)
    vocabulary = "tp" if shape.vocabulary % tp == 0 else None
    return Weights(at(vocabulary, None), layers, at())


def _tp_spec(name: str, split_kv: str | None) -> tuple[str | None, ...]:
    return {
        "query": (None, "tp"),
        "key_value": (None, split_kv),
        "out": ("tp", None),
        "gate": (None, "tp"),
        "up": (None, "tp"),
        "down": ("tp", None),
    }.get(name, ())
