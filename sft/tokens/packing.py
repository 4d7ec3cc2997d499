"""Samples into rows of one length: several a row behind a block-diagonal mask, or one a row with padding."""

from __future__ import annotations

import random
from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Bool, Float, Int

from harness.core.errors import UserError

if TYPE_CHECKING:
    from sft.tokens.tokenise import TokenisedSample

PAD_ID = 0
"""What fills a row's end: Gemma's `<pad>`. It is never attended to and never a target, so any id would do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """Rows of equal length."""

    tokens: Int[np.ndarray, "row length"]
    loss_mask: Float[np.ndarray, "row length"]
    """The weight of predicting this token from those before it; 0 on prompts, padding and first tokens."""
    segment_ids: Int[np.ndarray, "row length"]
    """1, 2, ... for the samples of a row in their order; 0 is padding."""
    positions: Int[np.ndarray, "row length"]
    """0, 1, ... within each segment; 0 on padding."""
    ids: tuple[tuple[str, ...], ...]
    """The samples of each row, in the order of their segments."""

    @property
    def fill_rate(self) -> float:
        """The share of places that hold a token of a sample."""
        return float(np.count_nonzero(self.segment_ids) / max(self.segment_ids.size, 1))

    def __len__(self) -> int:
        return len(self.tokens)


def pack(samples: Sequence[TokenisedSample], row_length: int, *, seed: int | None = None) -> Packed:
    """Put samples side by side into rows; none is split, none is lost.

    Each sample goes into the fullest row that still has room for it (best fit). Without a seed the longest come first,
    which wastes least and depends on nothing but the samples; with one they come in a shuffled order, and the rows
    are shuffled too.

    Worked example, `row_length=6`, samples of 2, 4 and 3 tokens::

        a = [2, 10]   b = [2, 20, 21, 22]   c = [2, 30, 31]

        tokens      = [[2, 20, 21, 22, 2, 10], [2, 30, 31, 0, 0, 0]]
        segment_ids = [[1,  1,  1,  1, 2,  2], [1,  1,  1, 0, 0, 0]]
        positions   = [[0,  1,  2,  3, 0,  1], [0,  1,  2, 0, 0, 0]]

    Raises UserError for no samples, or a sample longer than a row.
    """
    _check(samples, row_length)
    order = list(range(len(samples)))
    if seed is None:
        order.sort(key=lambda i: -len(samples[i].tokens))
    else:
        random.Random(seed).shuffle(order)
    rows = _best_fit([len(sample.tokens) for sample in samples], order, row_length)
    if seed is not None:
        random.Random(f"rows {seed}").shuffle(rows)
    return _fill([[samples[i] for i in row] for row in rows], row_length)


def pad_batch(samples: Sequence[TokenisedSample], length: int | None = None, *, multiple_of: int = 1) -> Packed:
    """One sample a row in the order given, padded at the end to `length`, or to the longest rounded up.

    Raises UserError for no samples, or a sample longer than `length`.
    """
    longest = max((len(sample.tokens) for sample in samples), default=1)
    if length is None:
        length = -(-longest // multiple_of) * multiple_of
    _check(samples, length)
    return _fill([[sample] for sample in samples], length)


def attention_mask(segment_ids: Int[Any, "row length"]) -> Bool[Any, "row length length"]:
    """Which keys (last axis) a query may look at: causal and within a segment; numpy or JAX in, the same out.

    Padding looks at itself alone, so that no row of a softmax is empty.
    """
    length = segment_ids.shape[-1]
    at = np.arange(length)
    same = segment_ids[..., :, None] == segment_ids[..., None, :]
    real = (segment_ids != 0)[..., None, :]
    return same & (at[:, None] >= at[None, :]) & (real | (at[:, None] == at[None, :]))


def _check(samples: Sequence[TokenisedSample], row_length: int) -> None:
    if not samples:
        raise UserError("there is no sample to train on", tip="see rejects.jsonl for what was turned away.")
    longest = max(samples, key=lambda sample: len(sample.tokens))
    if len(longest.tokens) > row_length:
        raise UserError(
            f"sample {longest.id!r} has {len(longest.tokens)} tokens, a row {row_length}",
            tip="tokenise with max_length at most the row's length.",
        )


def _best_fit(lengths: Sequence[int], order: Sequence[int], row_length: int) -> list[list[int]]:
    """Rows of sample indices; `free` holds (room left, row), smallest room first."""
    rows: list[list[int]] = []
    free: list[tuple[int, int]] = []
    for i in order:
        found = bisect_left(free, (lengths[i], -1))
        room, row = free.pop(found) if found < len(free) else (row_length, len(rows))
        if row == len(rows):
            rows.append([])
        rows[row].append(i)
        if room > lengths[i]:
            insort(free, (room - lengths[i], row))
    return rows


def _fill(rows: Sequence[Sequence[TokenisedSample]], length: int) -> Packed:
    shape = (len(rows), length)
    tokens, segments, positions = np.full(shape, PAD_ID, np.int32), np.zeros(shape, np.int32), np.zeros(shape, np.int32)
    loss_mask = np.zeros(shape, np.float32)
    for r, row in enumerate(rows):
        start = 0
        for segment, sample in enumerate(row, start=1):
            end = start + len(sample.tokens)
            tokens[r, start:end] = sample.tokens
            loss_mask[r, start + 1 : end] = sample.loss_mask[1:]  # nothing within the segment predicts its first token
            segments[r, start:end] = segment
            positions[r, start:end] = np.arange(end - start)
            start = end
    ids = tuple(tuple(sample.id for sample in row) for row in rows)
    return Packed(tokens=tokens, loss_mask=loss_mask, segment_ids=segments, positions=positions, ids=ids)
