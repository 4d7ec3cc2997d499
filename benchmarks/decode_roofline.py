"""How fast a decode could be on this machine at best."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any


@cache
def measured_machine() -> tuple[float, float]:
    """Float32 matmul rate in flop/s and read bandwidth in bytes/s."""
    import jax
    import jax.numpy as jnp

    a = jnp.ones((2048, 2048))
    square = jax.jit(lambda x: x @ x)
    big = jnp.ones(2**27 // 4)
    total = jax.jit(jnp.sum)

    def fastest(f: Callable[[], Any]) -> float:
        f().block_until_ready()
        spans = []
        for _ in range(5):
            started = time.perf_counter()
            f().block_until_ready()
            spans.append(time.perf_counter() - started)
        return min(spans)

    return 2 * 2048**3 / fastest(lambda: square(a)), 2**27 / fastest(lambda: total(big))


def roofline(model: Any, prompts: Sequence[Sequence[int]], n_new: int, seconds: float, n_rows: int) -> str:
    """How fast these requests could be at best, were every row-step useful: matmuls at the machine's measured rate,
    weights, prefix and cache read once a step at its bandwidth."""
    from harness.gemma.engine.schedule import common_prefix
    from harness.gemma.engine.shape import shape_of

    shape = shape_of(model.config)
    rate, bandwidth = measured_machine()
    prefix = common_prefix(prompts)
    n_read = prefix + sum(len(prompt) - prefix for prompt in prompts)
    per_token = 2 * len(shape.layers) * shape.layer_parameters
    keys = [min(prefix + 150, layer.window or 10**9) for layer in shape.layers]
    attention = sum(4 * shape.heads * shape.head_dim * n for n in keys)
    flops = (n_new + n_read) * (per_token + attention) + n_new * 2 * shape.vocabulary * shape.embed
    steps = n_new / n_rows
    own = sum(2 * 150 * shape.kv_heads * shape.head_dim * 4 for _ in shape.layers)
    read = steps * (4 * shape.n_parameters + n_rows * own)
    bound = max(flops / rate, read / bandwidth)
    kind = "arithmetic" if flops / rate > read / bandwidth else "memory"
    return (
        f"roofline: {rate / 1e9:.0f} GFLOP/s, {bandwidth / 1e9:.1f} GB/s measured; {flops / 1e9:.0f} GFLOP take "
        f"{flops / rate:.2f} s, {read / 1e9:.1f} GB take {read / bandwidth:.2f} s; bound by {kind}: "
        f"{n_new / bound:.0f} tokens/s, of which the engine reaches {bound / seconds:.0%}"
    )
