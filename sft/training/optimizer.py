"""AdamW with a schedule: warm-up, then cosine, linear or constant; clipping; no decay on norm scales."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sft.config import Schedule

if TYPE_CHECKING:
    import optax


def learning_rates(
    schedule: Schedule, *, peak: float, steps: int, warmup_steps: int, final_share: float
) -> optax.Schedule:
    """The learning rate by update number from 0: linear warm-up to `peak` over `warmup_steps` updates, then down to
    `final_share` of it at `steps` by the `schedule` ("constant" stays).
    """
    import optax

    decay_steps = max(1, steps - warmup_steps)
    after = {
        "cosine": lambda: optax.cosine_decay_schedule(peak, decay_steps, alpha=final_share),
        "linear": lambda: optax.linear_schedule(peak, peak * final_share, decay_steps),
        "constant": lambda: optax.constant_schedule(peak),
    }[schedule]()
    if not warmup_steps:
        return after
    # The first update is not at 0: it would be a step that costs its compute and changes nothing.
    rise = optax.linear_schedule(peak / warmup_steps, peak, max(1, warmup_steps - 1))
    return optax.join_schedules([rise, after], [warmup_steps])


def adamw(
    rates: optax.Schedule, *, weight_decay: float, clip: float, beta1: float = 0.9, beta2: float = 0.999
) -> optax.GradientTransformation:
    """AdamW (Loshchilov and Hutter 2019) on gradients clipped to a global norm of `clip` (0: not clipped).

    `rates` is the learning rate by update; `weight_decay` falls on matrices alone, `beta1` and `beta2` are Adam's.
    """
    import optax

    update = optax.adamw(rates, b1=beta1, b2=beta2, weight_decay=weight_decay, mask=decayed)
    return optax.chain(optax.clip_by_global_norm(clip), update) if clip else update


def decayed(parameters: Any) -> Any:
    """Which parameters are decayed: matrices, not the scales of norms."""
    import jax

    return jax.tree.map(lambda p: p.ndim > 1, parameters)
