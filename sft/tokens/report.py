"""What a tokenised data set looks like: lengths, how much of it bears loss, how full its rows are, and its markers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from harness.core.reply.format import ResponseFormat
from sft.tokens.markers import MarkerIds, check_markers
from sft.tokens.packing import pack

if TYPE_CHECKING:
    from harness.gemma.text.tokenizer import Tokenizer
    from sft.tokens.tokenise import TokenisedSample


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenReport:
    """Counts over all samples."""

    n_samples: int
    n_tokens: int
    n_loss_tokens: int
    """Tokens with a loss weight above 0."""
    median_length: int
    p95_length: int
    max_length: int
    row_length: int
    padded_fill: float
    """Share of places that hold a token with one sample a row, all rows as long as the longest sample."""
    packed_fill: float
    """The same for rows of `row_length` with several samples each."""
    markers: tuple[MarkerIds, ...]


def token_report(
    samples: Sequence[TokenisedSample],
    tokenizer: Tokenizer,
    response_format: ResponseFormat,
    replies: Iterable[str],
    row_length: int,
) -> TokenReport:
    """The report of at least one of `samples`: lengths in tokens, how full rows of `row_length` tokens are, and how the
    markers of the `response_format` come out of the `tokenizer` beside made-up bodies and `replies`.
    """
    lengths = np.sort([len(sample.tokens) for sample in samples])
    return TokenReport(
        n_samples=len(samples),
        n_tokens=int(lengths.sum()),
        n_loss_tokens=sum(int(np.count_nonzero(sample.loss_mask)) for sample in samples),
        median_length=int(lengths[len(lengths) // 2]),
        p95_length=int(lengths[len(lengths) * 95 // 100]),
        max_length=int(lengths[-1]),
        row_length=row_length,
        padded_fill=float(lengths.mean() / lengths[-1]),
        packed_fill=pack(samples, row_length).fill_rate,
        markers=check_markers(response_format, tokenizer, replies),
    )
