"""Which keys a query sees: pure functions of positions and ring slots."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Bool, Int


def visible(
    query_positions: Int[Array, "*query"],
    key_positions: Int[Array, " key"],
    n_keys: Int[Array, ""],
    window: int | None,
) -> Bool[Array, "*query key"]:
    """Keys below `n_keys` that are not after the query and, on a local layer, within its window.

    ```
    query_positions = [5]   key_positions = [0, 1, 2, 3, 4, 5, 6]   n_keys = 7   window = 3
    visible         = [[ 0, 0, 0, 1, 1, 1, 0]]
    ```
    """
    distance = query_positions[..., None] - key_positions
    seen = (distance >= 0) & (key_positions < n_keys)
    return seen if window is None else seen & (distance < window)


def visible_in_pack(
    positions: Int[Array, "pack token"], segments: Int[Array, "pack token"], window: int | None
) -> Bool[Array, "pack token token"]:
    """Within a pack a token sees the tokens of its own prompt up to itself, within the window on a local layer.

    ```
    positions = [[7, 8, 7, 8, 9]]   segments = [[0, 0, 1, 1, 1]]   window = 2
    visible   = [[[1, 0, 0, 0, 0], [1, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 1, 1, 0], [0, 0, 0, 1, 1]]]
    ```
    """
    distance = positions[:, :, None] - positions[:, None, :]
    seen = (segments[:, :, None] == segments[:, None, :]) & (distance >= 0)
    return seen if window is None else seen & (distance < window)


def ages(step: Int[Array, ""], ring: int) -> Int[Array, " ring"]:
    """How many steps ago each slot of a ring was written, when slot `step % ring` is the newest.

    ```
    step = 6   ring = 4      # slot 2 was just written
    ages = [2, 1, 0, 3]
    ```
    """
    return jnp.mod(step - jnp.arange(ring), ring)
