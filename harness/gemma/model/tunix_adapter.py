"""The one place that touches Tunix's Gemma 3 (google-tunix 0.1.7): its config, its module, its forward pass.

Tunix moves fast; everything else in `harness/gemma/` goes through here or takes plain arrays.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from jaxtyping import Float, Int

from harness.core.errors import UserError, install_tip
from harness.gemma.model.layout import ParameterPath, Sizes

if TYPE_CHECKING:
    from flax import nnx
    from jax import Array
    from jax.sharding import Mesh
    from tunix.models.gemma3.model import Gemma3, ModelConfig
else:
    Array = Any  # a shape is checked without loading JAX, which whoever reads a config.json may not have

TUNIX_VERSION = "0.1.7"
PATTERN = ("sliding_attention",) * 5 + ("full_attention",)
"""Tunix repeats five local layers and a global one."""


def require_tunix() -> None:
    """Raises UserError where the `gemma` extra is missing or holds another Tunix than the one this was written for."""
    try:
        found = version("google-tunix")
    except PackageNotFoundError:
        raise UserError("this needs JAX and Tunix, which are not installed", tip=install_tip("gemma")) from None
    if found != TUNIX_VERSION:
        raise UserError(
            f"google-tunix {found} is installed; this harness works with {TUNIX_VERSION}",
            tip=f"pip install google-tunix=={TUNIX_VERSION}",
        )


def model_config(
    sizes: Sizes,
    *,
    window: int,
    local_rope_base: float,
    global_rope_base: float,
    global_rope_scale: float,
    scale_by_head_dim: bool,
) -> ModelConfig:
    """Tunix's config for these `sizes`. `scale_by_head_dim`: queries over sqrt(head_dim), else sqrt(embed // heads).

    `window` is in tokens; `local_rope_base` and `global_rope_base` are the rotary bases of the two kinds of layers,
    `global_rope_scale` divides the positions of global ones.
    """
    from tunix.models.gemma3.model import ModelConfig, QueryPreAttentionNormalisation

    by = QueryPreAttentionNormalisation
    return ModelConfig(
        num_layers=sizes.layers,
        num_embed=sizes.vocabulary,
        embed_dim=sizes.embed,
        hidden_dim=sizes.hidden,
        num_heads=sizes.heads,
        head_dim=sizes.head_dim,
        num_kv_heads=sizes.kv_heads,
        sliding_window_size=window,
        local_base_frequency=_whole(local_rope_base),
        global_base_frequency=_whole(global_rope_base),
        global_scale_factor=global_rope_scale,
        query_pre_attn_norm=by.BY_ONE_OVER_SQRT_HEAD_DIM
        if scale_by_head_dim
        else by.BY_ONE_OVER_SQRT_EMBED_DIM_DIV_NUM_HEADS,
    )


def _whole(base: float) -> int:
    return int(base) if float(base).is_integer() else base  # type: ignore[return-value]  # Tunix only computes with it


def sizes_of(config: ModelConfig) -> Sizes:
    """The numbers that fix every tensor's shape."""
    return Sizes(
        layers=config.num_layers,
        vocabulary=config.num_embed,
        embed=config.embed_dim,
        hidden=config.hidden_dim,
        heads=config.num_heads,
        kv_heads=config.num_kv_heads,
        head_dim=config.head_dim,
    )


def query_scalar(config: ModelConfig) -> int:
    """What queries are divided by the root of (`query_pre_attn_scalar` in config.json)."""
    from tunix.models.gemma3.model import QueryPreAttentionNormalisation

    by_head_dim = config.query_pre_attn_norm is QueryPreAttentionNormalisation.BY_ONE_OVER_SQRT_HEAD_DIM
    return config.head_dim if by_head_dim else config.embed_dim // config.num_heads


def abstract_model(config: ModelConfig, dtype: Any) -> tuple[nnx.GraphDef[Any], nnx.State[Any, Any]]:
    """The model's structure and its parameters as shapes of `dtype`, with nothing allocated."""
    import dataclasses

    import jax.numpy as jnp
    from flax import nnx
    from tunix.models.gemma3.model import Gemma3

    config = dataclasses.replace(config, param_dtype=jnp.dtype(dtype))
    model = nnx.eval_shape(lambda: Gemma3(config, rngs=nnx.Rngs(params=0)))
    graph, state = nnx.split(model)
    return graph, state


def shardings_of(state: nnx.State[Any, Any], mesh: Mesh | None) -> dict[ParameterPath, Any]:
    """Where each parameter goes: its named sharding on the mesh, or the first device."""
    import jax
    from flax import nnx

    if mesh is None:
        return dict.fromkeys(map(_path, nnx.to_flat_state(state).paths), jax.local_devices()[0])
    return {_path(path): leaf.get_value() for path, leaf in nnx.to_flat_state(nnx.get_named_sharding(state, mesh))}


@contextmanager
def sharding_as_on_accelerators(mesh: Mesh | None) -> Iterator[None]:
    """Within it Tunix's model splits its activations over `mesh` (None: as Tunix decides).

    Tunix leaves that out where this process has CPU devices, even when it is compiling for others.
    """
    import jax
    from jax.sharding import NamedSharding, PartitionSpec
    from tunix.utils import sharding_utils

    def shard(x: Any, spec: tuple[Any, ...], eager: bool = False) -> Any:
        return jax.lax.with_sharding_constraint(x, NamedSharding(mesh, PartitionSpec(*spec)))  # type: ignore

    theirs = sharding_utils.shard
    if mesh is not None:
        sharding_utils.shard = shard
    try:
        yield
    finally:
        sharding_utils.shard = theirs


def assemble(
    graph: nnx.GraphDef[Any], state: nnx.State[Any, Any], arrays: dict[ParameterPath, Float[Array, "..."]]
) -> Gemma3:
    """The model with these arrays as its parameters, by path."""
    from flax import nnx

    filled = [(path, leaf.replace(arrays[_path(path)])) for path, leaf in nnx.to_flat_state(state)]
    return nnx.merge(graph, nnx.from_flat_state(filled))


def state_arrays(model: Gemma3) -> dict[ParameterPath, Float[Array, "..."]]:
    """Every parameter by path, LoRA ones included."""
    from flax import nnx

    return {_path(path): leaf[...] for path, leaf in nnx.to_flat_state(nnx.state(model, nnx.Param))}


def whole_weight(model: Gemma3, path: ParameterPath) -> Any:
    """The parameter at `path`; of one that qwix keeps quantised (QLoRA), the numbers that it stands for."""
    found: Any = model
    for key in path:
        found = found[key] if isinstance(key, int) else getattr(found, str(key))
    if not hasattr(found, "how"):  # what qwix wraps a quantised weight in says how that was done
        return found[...]
    import qwix

    return qwix.dequantize(found.array)


def _path(keys: Any) -> ParameterPath:
    return tuple(keys)


def logits(model: Gemma3, tokens: Int[Array, "row length"]) -> Float[Array, "row length vocabulary"]:
    """Next-token logits at every position of unpadded rows; compiled once a shape."""
    import jax.numpy as jnp

    return _compiled_forward()(model, jnp.asarray(tokens))


@lru_cache(maxsize=1)
def _compiled_forward() -> Any:
    from flax import nnx

    return nnx.jit(_forward)


def _forward(model: Gemma3, tokens: Int[Array, "row length"]) -> Float[Array, "row length vocabulary"]:
    """Causal attention over whole rows; local layers narrow the mask themselves."""
    import jax.numpy as jnp

    batch, length = tokens.shape
    positions = jnp.broadcast_to(jnp.arange(length), (batch, length))
    causal = jnp.broadcast_to(jnp.tril(jnp.ones((length, length), dtype=bool)), (batch, length, length))
    return model(tokens, positions, None, causal)[0]
