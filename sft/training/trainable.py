"""The model as it is trained: hidden states without the output layer, LoRA where asked, float32 masters computed in
another type."""

from __future__ import annotations

import contextlib
import dataclasses
import math
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from jax.sharding import Mesh
from jaxtyping import Array, Float

from harness.core.errors import UserError
from sft.config import Config, Quantise, Remat
from sft.tokens.loader import Batch
from sft.tokens.packing import attention_mask
from sft.training.loss import cross_entropy

_CASTABLE = (jnp.float32, jnp.bfloat16, jnp.float16)
_LARGEST_TILE = 32
"""Input channels that share a scale in QLoRA's base weights."""


@lru_cache(maxsize=1)
def hidden_gemma() -> Any:
    """Tunix's Gemma 3 with a `skip_lm_head` switch in `__call__`.

    The switch stands inside `__call__` because qwix applies LoRA only to what runs below it: a method of another name
    would compute the base model and nothing would tell.
    """
    from tunix.models.gemma3.model import Gemma3

    class HiddenGemma(Gemma3):  # type: ignore[misc, unused-ignore]
        def __call__(
            self,
            last_tokens: Any,
            positions: Any = None,
            cache: Any = None,
            attention_mask: Any = None,
            output_hidden_states: bool = False,
            *,
            images: Any = None,
            skip_lm_head: bool = False,
        ) -> Any:
            if not skip_lm_head:
                return super().__call__(
                    last_tokens, positions, cache, attention_mask, output_hidden_states, images=images
                )
            x = self.embedder.encode(last_tokens)
            for number, layer in enumerate(self.layers):
                if number:  # the lowest has none below it
                    x = _after_this_layer(layer, x)
                _, x = layer(x, positions, None, attention_mask)
            return self.final_norm(x), None

    return HiddenGemma


def _after_this_layer(layer: Any, x: Float[Array, "row length embed"]) -> Float[Array, "row length embed"]:
    """`x`, through which no gradient goes further down before those of the layer's trained weights are there."""
    adapters = nnx.state(layer, nnx.LoRAParam)
    trained = adapters if jax.tree.leaves(adapters) else nnx.state(layer, nnx.Param)
    x, trained = one_layer_at_a_time(x, trained)
    nnx.update(layer, trained)
    return x


@jax.custom_vjp
def one_layer_at_a_time(
    x: Float[Array, "row length embed"], weights: Any
) -> tuple[Float[Array, "row length embed"], Any]:
    """A layer's input and weights as they are; backwards, both gradients are there before the layer below begins.

    Left to itself the compiler for a TPU puts the products of the weights' gradients off to the end of the backward
    pass, and keeps until then what they are made of: of the 1B on v5e 2x4, 4 rows of 1,024 on a device, 187 MB a layer
    where 50 are needed.
    """
    return x, weights


def _as_they_are(x: jax.Array, weights: Any) -> tuple[Any, None]:
    return (x, weights), None


def _all_there(_: None, gradients: tuple[jax.Array, Any]) -> tuple[jax.Array, Any]:
    return jax.lax.optimization_barrier(gradients)  # type: ignore[no-any-return, no-untyped-call, unused-ignore]


one_layer_at_a_time.defvjp(_as_they_are, _all_there)


def trainable(model: Any, *, remat: Remat = "none") -> Any:
    """`model` as a HiddenGemma over the same arrays; `remat` is what the backward pass computes again."""
    from tunix.models.gemma3.model import RematConfig

    config = dataclasses.replace(
        model.config, remat_config=RematConfig[remat.upper()], shd_config=_activation_sharding(model.config)
    )
    shapes = nnx.eval_shape(lambda: hidden_gemma()(config, rngs=nnx.Rngs(params=0)))
    return nnx.merge(nnx.graphdef(shapes), nnx.state(model))


def _activation_sharding(config: Any) -> Any:
    """Tunix splits queries, keys and values over tp alike; a single key head cannot be split, and on a TPU with tp > 1
    it would refuse to. What heads are split over is then left to the compiler, which follows the weights."""
    if config.num_kv_heads > 1:
        return config.shd_config
    heads = ("fsdp", None, jax.sharding.PartitionSpec.UNCONSTRAINED, None)
    return dataclasses.replace(config.shd_config, act_btnh=heads)


def with_lora(
    model: Any,
    *,
    rank: int,
    alpha: float,
    modules: str,
    seed: int,
    quantise: Quantise = "none",
    mesh: Mesh | None = None,
) -> Any:
    """`model` with LoRA parameters in float32 on every module whose path matches `modules`, and the base frozen.

    They have this `rank` and are scaled by `alpha` / rank; `seed` draws them. `quantise` stores the adapted base
    weights as nf4 or int8 (QLoRA). On a `mesh` they are sharded as the base is. Raises UserError where nothing matches.
    """
    import qwix

    kind: dict[str, Any] = {} if quantise == "none" else {"weight_qtype": quantise, "tile_size": _tile(model.config)}
    provider = qwix.LoraProvider(module_path=modules, rank=rank, alpha=alpha, **kind)
    with mesh_context(mesh):
        adapted = qwix.apply_lora_to_model(model, provider, **model.get_model_input(), rngs=nnx.Rngs(seed))
    if not jax.tree.leaves(nnx.state(adapted, nnx.LoRAParam)):
        raise UserError(f"lora.modules {modules!r} matches no module", tip="the default is '.*(einsum|_proj)'.")
    nnx.update(adapted, _cast(nnx.state(adapted, nnx.LoRAParam), jnp.float32))
    return adapted


def as_trained(model: Any, config: Config, mesh: Mesh | None = None) -> Any:
    """The base as a run trains it: whole with method full, else frozen behind LoRA parameters."""
    prepared = trainable(model, remat=config.train.remat)
    if config.train.method == "full":
        return prepared
    return with_lora(
        prepared,
        rank=config.lora.rank,
        alpha=config.lora.alpha,
        modules=config.lora.modules,
        seed=config.train.seed,
        quantise=config.lora.quantise if config.train.method == "qlora" else "none",
        mesh=mesh,
    )


def base_dtype(config: Config, compute_dtype: Any) -> Any:
    """What the base is loaded as: float32 masters for full training; frozen weights in the type of the computation."""
    return "float32" if config.train.method == "full" else str(compute_dtype)


def _tile(config: Any) -> int:
    """The largest tile that divides every axis that weights are summed over."""
    return math.gcd(_LARGEST_TILE, config.embed_dim, config.hidden_dim, config.head_dim)


def mesh_context(mesh: Mesh | None) -> Any:
    """`with mesh:`, or nothing on one device."""
    return contextlib.nullcontext() if mesh is None else mesh


def model_loss(model: Any, batch: Batch, *, compute_dtype: Any, chunk: int) -> Float[Array, ""]:
    """The weighted loss of a `batch` (`sft.training.loss`), in nats, computed in `compute_dtype` from the weights of
    `model` kept as they are; `chunk` positions of every row at a time (0: all).
    """
    computing = cast_model(model, compute_dtype)
    mask = attention_mask(batch.segment_ids)
    hidden, _ = computing(batch.tokens, batch.positions, None, mask, skip_lm_head=True)
    hidden = jnp.take_along_axis(hidden, batch.loss_index[..., None], axis=1)
    embedding = computing.embedder.input_embedding[...]
    return cross_entropy(hidden, embedding, jnp.asarray(batch.targets), jnp.asarray(batch.weights), chunk=chunk)


def cast_model(model: Any, dtype: Any) -> Any:
    """The same model over `dtype` copies of its float parameters; quantised values keep their type."""
    graph, state = nnx.split(model)
    return nnx.merge(graph, _cast(state, dtype))


def _cast(state: Any, dtype: Any) -> Any:
    return jax.tree.map(lambda x: x.astype(dtype) if x.dtype in _CASTABLE else x, state)
