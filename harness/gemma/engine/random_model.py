"""Gemma 3 with random weights, of any size: for tests and benchmarks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import jax.numpy as jnp
    from tunix.models.gemma3.model import Gemma3


def random_gemma3(
    *,
    n_layers: int,
    vocabulary: int,
    embed: int,
    hidden: int,
    heads: int,
    kv_heads: int,
    head_dim: int,
    window: int,
    seed: int = 0,
    dtype: jnp.dtype | None = None,
) -> Gemma3:
    """A Tunix Gemma 3 in which every parameter is random: Tunix starts feed-forward kernels and norms at zero, which
    would hide mistakes there. Scaled so that logits neither vanish nor explode.

    Its sizes: `n_layers`, `vocabulary` (tokens), `embed` (width), `hidden` (of the feed-forward), `heads` and
    `kv_heads` of `head_dim` numbers each, and a `window` of so many tokens on local layers. `seed` decides every
    number, `dtype` how it is stored (by default float32).
    """
    import jax
    import jax.numpy as jnp
    from flax import nnx
    from tunix.models.gemma3.model import Gemma3, ModelConfig

    config = ModelConfig(
        num_layers=n_layers,
        num_embed=vocabulary,
        embed_dim=embed,
        hidden_dim=hidden,
        num_heads=heads,
        head_dim=head_dim,
        num_kv_heads=kv_heads,
        sliding_window_size=window,
        global_base_frequency=1_000_000,
        param_dtype=dtype or jnp.float32,
    )
    model = nnx.eval_shape(lambda: Gemma3(config, rngs=nnx.Rngs(0)))
    graph, state = nnx.split(model)
    leaves, tree = jax.tree.flatten(state)
    keys = jax.random.split(jax.random.key(seed), len(leaves))
    fresh = [_random(key, leaf.shape, leaf.dtype) for key, leaf in zip(keys, leaves, strict=True)]
    return nnx.merge(graph, jax.tree.unflatten(tree, fresh))


def _random(key: jnp.ndarray, shape: tuple[int, ...], dtype: jnp.dtype) -> jnp.ndarray:
    import jax

    scale = 0.2 if len(shape) == 1 else shape[-2] ** -0.5 if len(shape) > 2 or shape[0] < shape[1] * 8 else 0.05
    return scale * jax.random.normal(key, shape, dtype)
