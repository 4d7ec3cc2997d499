"""How likely a model finds given continuations: for multiple choice and perplexity."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from harness.core.errors import UserError
from harness.gemma.engine.cache import Prefix
from harness.gemma.engine.layers import output_logits
from harness.gemma.engine.placed import PlacedModel
from harness.gemma.engine.prefill import append_to_prefix, read_pack_with_states
from harness.gemma.engine.reader import lay_out, with_room
from harness.gemma.engine.requests import TokenRequest
from harness.gemma.engine.schedule import common_prefix, pack_bucket, prefix_bucket, take_pack, worthwhile_prefix
from harness.gemma.engine.weights import Weights

BLOCK = 32
"""Positions whose logits exist at once."""
Scored = tuple[int, Float[np.ndarray, " scored"], Bool[np.ndarray, " scored"]]
"""(item, log-probabilities of some of its tokens, whether each was the likeliest)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Continuation:
    """Tokens of which the last ones are to be scored."""

    tokens: tuple[int, ...]
    n_context: int
    """Tokens given, at least one; the rest is scored."""


def log_likelihoods(engine: PlacedModel, items: Sequence[Continuation]) -> list[tuple[float, bool]]:
    """For each item the log-probability of its continuation in nats, and whether each of its tokens was the likeliest.

    What all items start with is read once. Raises UserError for an item without context, or longer than max_length.
    """
    for number, item in enumerate(items):
        _check(item, number, engine.options.max_length)
    totals = np.zeros(len(items), np.float64)
    greedy = np.ones(len(items), bool)
    for which, log_probs, likeliest in _pieces(engine, items):
        totals[which] += log_probs.sum(dtype=np.float64)
        greedy[which] &= bool(likeliest.all())
    return [(float(total), bool(flag)) for total, flag in zip(totals, greedy, strict=True)]


def _check(item: Continuation, number: int, max_length: int) -> None:
    if not 0 < item.n_context <= len(item.tokens):
        raise UserError(f"item {number} has no context token; begin it with BOS")
    if len(item.tokens) > max_length:
        raise UserError(f"item {number} has {len(item.tokens)} tokens, but max_length is {max_length}")


def _pieces(engine: PlacedModel, items: Sequence[Continuation]) -> Iterator[Scored]:
    """An item in one piece or several."""
    scored = [i for i, item in enumerate(items) if item.n_context < len(item.tokens)]
    if not scored:
        return
    shared = min(common_prefix([items[i].tokens for i in scored]), min(items[i].n_context for i in scored) - 1)
    start = worthwhile_prefix(shared)
    prefix = engine.prefix_of(items[scored[0]].tokens[:start])
    queue = [TokenRequest(index=i, tokens=items[i].tokens, max_new_tokens=1) for i in scored]
    queue.sort(key=lambda request: -len(request.tokens))
    size = pack_bucket(max(len(request.tokens) - start for request in queue), engine.largest_pack)
    while queue:
        if len(queue[0].tokens) - start - 1 > size:
            yield from _long_item(engine, prefix, items, queue.pop(0).index, size)
        else:
            groups = [[r.index for r in take_pack(queue, start, size)] for _ in range(engine.n_devices)]
            yield from _packed_items(engine, prefix, items, groups, start, size)


def _packed_items(
    engine: PlacedModel, prefix: Prefix, items: Sequence[Continuation], groups: list[list[int]], start: int, size: int
) -> Iterator[Scored]:
    packed = lay_out([[items[i].tokens[start:-1] for i in group] for group in groups], start, size)
    states, _ = read_pack_with_states(
        engine.weights, prefix, packed.tokens, packed.positions, packed.segments, shape=engine.shape
    )
    places: list[tuple[int, slice]] = []
    at: list[int] = []
    targets: list[int] = []
    for row, group in enumerate(groups):
        offset = row * size
        for i in group:
            item = items[i]
            first = len(at)
            at += range(offset + item.n_context - 1 - start, offset + len(item.tokens) - 1 - start)
            targets += item.tokens[item.n_context :]
            places.append((i, slice(first, len(at))))
            offset += len(item.tokens) - 1 - start
    log_probs, likeliest = _score(engine.weights, states, at, targets)
    for i, place in places:
        yield i, log_probs[place], likeliest[place]


def _long_item(
    engine: PlacedModel, prefix: Prefix, items: Sequence[Continuation], index: int, size: int
) -> Iterator[Scored]:
    """An item that no pack holds, chunk by chunk behind a copy of the prefix."""
    item, start = items[index], int(prefix.length)
    longer = with_room(prefix, prefix_bucket(len(item.tokens)))
    for offset in range(start, len(item.tokens) - 1, size):
        chunk = item.tokens[offset : min(offset + size, len(item.tokens) - 1)]
        packed = lay_out([[chunk]], offset, size)
        states, pack = read_pack_with_states(
            engine.weights, longer, packed.tokens, packed.positions, packed.segments, shape=engine.shape
        )
        longer = append_to_prefix(longer, pack, np.int32(len(chunk)))
        first = max(offset, item.n_context - 1)
        at = range(first - offset, len(chunk))
        if at:
            yield index, *_score(engine.weights, states, at, item.tokens[first + 1 : offset + len(chunk) + 1])


def _score(
    weights: Weights, states: Float[Array, "pack token embed"], at: Sequence[int], targets: Sequence[int]
) -> tuple[Float[np.ndarray, " scored"], Bool[np.ndarray, " scored"]]:
    """Log-probabilities of `targets` after the positions `at` of the flattened states."""
    size = BLOCK
    while size < len(at):
        size *= 2  # few sizes, so few programs
    places, wanted = np.zeros((2, size), np.int32)
    places[: len(at)], wanted[: len(at)] = at, targets
    log_probs, likeliest = _score_positions(weights.embedding, weights.final_norm, states, places, wanted)
    return np.asarray(log_probs)[: len(at)], np.asarray(likeliest)[: len(at)]


@partial(jax.jit)
def _score_positions(
    embedding: Float[Array, "vocabulary embed"],
    final_norm: Float[Array, " embed"],
    states: Float[Array, "pack token embed"],
    places: Int[Array, " position"],
    targets: Int[Array, " position"],
) -> tuple[Float[Array, " position"], Bool[Array, " position"]]:
    """Block by block, so that no more than BLOCK x vocabulary logits exist."""
    chosen = states.reshape(-1, states.shape[-1])[places]

    def score(block: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        logits = output_logits(block[0], final_norm, embedding)
        own = jnp.take_along_axis(logits, block[1][:, None], axis=-1)[:, 0]
        return own - jax.nn.logsumexp(logits, axis=-1), jnp.argmax(logits, axis=-1) == block[1]

    blocks = chosen.reshape(-1, BLOCK, chosen.shape[-1]), targets.reshape(-1, BLOCK)
    log_probs, likeliest = jax.lax.map(score, blocks)
    return log_probs.reshape(-1), likeliest.reshape(-1)
