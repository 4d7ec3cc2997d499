"""Prompts into keys and values: short ones share a pack, a long one is read in chunks behind a copy of the prefix."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Int

from harness.gemma.engine.cache import KEY_AXIS, VALUE_AXIS, Pack, Prefix
from harness.gemma.engine.placed import PlacedModel
from harness.gemma.engine.prefill import read_pack
from harness.gemma.engine.requests import TokenRequest
from harness.gemma.engine.schedule import prefix_bucket, take_pack


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A prompt that was read and waits for a row."""

    request: TokenRequest
    pack: Pack | None
    """None where nothing had to be read: the prompt is the prefix and one token."""
    which_pack: int
    start: int
    width: int
    """Tokens in the pack, the prompt's last not among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedTokens:
    """Prompts side by side, one array row a device."""

    tokens: Int[np.ndarray, "pack token"]
    positions: Int[np.ndarray, "pack token"]
    segments: Int[np.ndarray, "pack token"]
    """Number of the prompt that a token belongs to; -1: padding."""


def read_prompts(
    engine: PlacedModel, prefix: Prefix, queue: list[TokenRequest], prefix_length: int, size: int
) -> list[Ready]:
    """Take prompts off the `queue` and read them, one pack of `size` tokens a device. Prompts without tokens of their
    own are free.

    The first `prefix_length` tokens of every prompt are the `prefix`, which the `engine` has read already.
    """
    groups = [take_pack(queue, prefix_length, size) for _ in range(engine.n_devices)]
    spans = [[request.tokens[prefix_length:-1] for request in group] for group in groups]
    n_tokens = sum(len(span) for group in spans for span in group)
    if not n_tokens:
        return [Ready(request=r, pack=None, which_pack=0, start=0, width=0) for group in groups for r in group]
    packed = lay_out(spans, prefix_length, size)
    engine.stats.prompt_tokens += n_tokens
    engine.stats.pack_tokens += packed.tokens.size
    pack = read_pack(engine.weights, prefix, packed.tokens, packed.positions, packed.segments, shape=engine.shape)
    ready: list[Ready] = []
    for which, group in enumerate(groups):
        start = 0
        for request, span in zip(group, spans[which], strict=True):
            ready.append(Ready(request=request, pack=pack, which_pack=which, start=start, width=len(span)))
            start += len(span)
    return ready


def lay_out(groups: list[list[tuple[int, ...]]], first_position: int, size: int) -> PackedTokens:
    """Lay token spans side by side, a group per pack.

    ```
    groups    = [[(5, 6), (7,)]]   first_position = 3   size = 4
    tokens    = [[5, 6, 7, 0]]
    positions = [[3, 4, 3, 3]]
    segments  = [[0, 0, 1, -1]]
    ```
    """
    tokens = np.zeros((len(groups), size), np.int32)
    positions = np.full_like(tokens, first_position)
    segments = np.full_like(tokens, -1)
    for row, group in enumerate(groups):
        start = 0
        for number, span in enumerate(group):
            at = slice(start, start + len(span))
            tokens[row, at] = span
            positions[row, at] = first_position + np.arange(len(span))
            segments[row, at] = number
            start += len(span)
    return PackedTokens(tokens=tokens, positions=positions, segments=segments)


def read_long_prompt(engine: PlacedModel, prefix: Prefix, request: TokenRequest, size: int) -> Ready:
    """Read the prompt of a `request` that no pack holds behind the `prefix`, in chunks of `size` tokens, with the
    `engine`.
    """
    start = int(prefix.length)
    own = request.tokens[start:-1]
    whole = engine.extend(with_room(prefix, prefix_bucket(start + len(own))), own, size)
    engine.stats.prompt_tokens += len(own)
    engine.stats.pack_tokens += -(-len(own) // size) * size
    pack = Pack(tuple(key[None] for key in whole.keys), tuple(value[None] for value in whole.values))
    return Ready(request=request, pack=pack, which_pack=0, start=start, width=len(own))


def with_room(prefix: Prefix, size: int) -> Prefix:
    """A copy of the prefix with padding up to `size`."""

    def grow(array: jax.Array, axis: int) -> jax.Array:
        padding = [(0, 0)] * 3
        padding[axis] = (0, size - array.shape[axis])
        return jnp.pad(array, padding) if size > array.shape[axis] else jnp.copy(array)  # its buffers are given up

    keys = tuple(grow(key, KEY_AXIS - 1) for key in prefix.keys)
    values = tuple(grow(value, VALUE_AXIS - 1) for value in prefix.values)
    return Prefix(keys, values, jnp.array(prefix.length), jnp.array(prefix.local_start))
