"""The next token from its scores: greedy, or drawn with noise that only the request's seed and position decide."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, UInt32

from harness.core.errors import UserError

MOST_IN_A_BLOCK = 256
"""Scores of a block when the next token is chosen; a power of two, because vocabularies are multiples of one."""
FEWEST_IN_A_BLOCK = 16
"""A vocabulary that divides by less is padded: a token was added to it."""
Mode = Literal["greedy", "temperature", "truncated"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How tokens are drawn, the same for all requests of one call."""

    temperature: float = 0.0
    """0 is greedy."""
    top_k: int = 0
    """0 is no limit."""
    top_p: float = 1.0

    def __post_init__(self) -> None:
        if self.temperature < 0:
            raise UserError(f"temperature is {self.temperature}, but must be 0 (greedy) or more")
        if not 0 < self.top_p <= 1:
            raise UserError(f"top_p is {self.top_p}, but must be above 0 and at most 1 (1: no limit)")
        if self.top_k < 0:
            raise UserError(f"top_k is {self.top_k}, but must be 0 (no limit) or more")

    @property
    def mode(self) -> Mode:
        """Which program draws the tokens; each is compiled apart so that greedy runs pay for no noise."""
        if self.temperature == 0:
            return "greedy"
        return "truncated" if self.top_k or self.top_p < 1 else "temperature"

    def limits(self) -> Float[np.ndarray, " 3"]:
        """[temperature, top_k, top_p], traced so that a new setting compiles nothing."""
        return np.array([self.temperature, self.top_k, self.top_p], np.float32)


def next_tokens(
    logits: Float[Array, "row vocabulary"],
    keys: UInt32[Array, "row 2"],
    n_drawn: Int[Array, " row"],
    limits: Float[Array, " 3"],
    mode: Mode,
) -> Int[Array, " row"]:
    """One token a row from its `logits`. The noise depends on the row's key (`keys`) and on how many tokens it has
    drawn (`n_drawn`), on nothing else.

    `limits` are [temperature, top_k, top_p]; `mode` says which of them apply.
    """
    if mode == "greedy":
        return first_highest(logits)
    scaled = logits / limits[0]
    if mode == "truncated":
        scaled = truncate(scaled, top_k=limits[1], top_p=limits[2])

    def noise(key_data: jax.Array, index: jax.Array) -> jax.Array:
        key = jax.random.fold_in(jax.random.wrap_key_data(key_data, impl="threefry2x32"), index)
        return jax.random.gumbel(key, (logits.shape[-1],), logits.dtype)

    return first_highest(scaled + jax.vmap(noise)(keys, n_drawn))


def first_highest(scores: Float[Array, "row vocabulary"]) -> Int[Array, " row"]:
    """Index of the highest score, the first of equals.

    XLA's argmax on a CPU compares element by element: 9 ms for 64 rows of 32,768 scores, against 0.3 ms by blocks. On a
    TPU it is fused with the product that makes the scores, and blocks would be copied.
    """

    def at_once(scores: jax.Array) -> jax.Array:
        return jnp.argmax(scores, axis=-1).astype(jnp.int32)

    return jax.lax.platform_dependent(scores, cpu=highest_by_blocks, default=at_once)


def highest_by_blocks(scores: Float[Array, "row vocabulary"]) -> Int[Array, " row"]:
    """As argmax: over blocks, and then within the best block."""
    n_rows, n_scores = scores.shape
    width = math.gcd(n_scores, MOST_IN_A_BLOCK)
    if width < FEWEST_IN_A_BLOCK:
        width = MOST_IN_A_BLOCK
        scores = jnp.pad(scores, ((0, 0), (0, -n_scores % width)), constant_values=-jnp.inf)
        n_scores = scores.shape[1]
    blocks = scores.reshape(n_rows, n_scores // width, width)
    best = jnp.argmax(jnp.max(blocks, axis=-1), axis=-1)
    within = jnp.take_along_axis(blocks, best[:, None, None], axis=1)[:, 0]
    return (best * width + jnp.argmax(within, axis=-1)).astype(jnp.int32)


def truncate(
    logits: Float[Array, "row vocabulary"], *, top_k: Float[Array, ""], top_p: Float[Array, ""]
) -> Float[Array, "row vocabulary"]:
    """Keep the `top_k` likeliest tokens, then of these the fewest whose probability reaches `top_p` (Holtzman et al.
    2020). Tokens as likely as the last one kept are kept too.

    ```
    probabilities = [0.5, 0.3, 0.15, 0.05]   top_k = 3   top_p = 0.7
    kept          = [  1,   1,    0,    0]      # of the three, 0.53 + 0.32 reaches 0.7
    ```
    """
    probability = jax.nn.softmax(logits, axis=-1)
    vocabulary = logits.shape[-1]
    count = jnp.where(top_k > 0, jnp.minimum(top_k, vocabulary), vocabulary)
    kept = probability >= _threshold(probability, jnp.ones_like(probability), count)
    probability = jnp.where(kept, probability, 0.0)
    mass = jnp.sum(probability, axis=-1, keepdims=True)
    enough = jnp.where(top_p < 1, top_p * mass, jnp.inf)  # infinite: no threshold reaches it, so nothing is cut
    kept &= probability >= _threshold(probability, probability, enough)
    return jnp.where(kept, logits, -jnp.inf)


def _threshold(probability: jax.Array, weight: jax.Array, enough: jax.Array) -> jax.Array:
    """The highest probability t at which the tokens of probability >= t weigh `enough` together, else 0.

    Bisects the bits of t: for floats >= 0 their order is that of their bit patterns, so 31 halvings are exact. A sort
    of 262,144 scores a row costs far more.
    """

    def halve(bit: jax.Array, low: jax.Array) -> jax.Array:
        trial = low | (jnp.int32(1) << (30 - bit))
        t = jax.lax.bitcast_convert_type(trial, jnp.float32)
        reached = jnp.sum(jnp.where(probability >= t, weight, 0.0), axis=-1, keepdims=True) >= enough
        return jnp.where(reached, trial, low)

    low = jax.lax.fori_loop(0, 31, halve, jnp.zeros((*probability.shape[:-1], 1), jnp.int32))
    return jax.lax.bitcast_convert_type(low, jnp.float32)


def key_data(seed: int) -> tuple[int, int]:
    """The two words of a random key, of all 64 bits of a seed."""
    return (seed >> 32) & 0xFFFFFFFF, seed & 0xFFFFFFFF
