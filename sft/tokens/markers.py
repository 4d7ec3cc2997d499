"""Whether the markers of a response format are the same ids wherever they stand: otherwise a model learns several."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, product
from typing import TYPE_CHECKING

from harness.core.reply.format import ResponseFormat
from harness.core.reply.parse import find_markers
from sft.tokens.bytes import token_starts

if TYPE_CHECKING:
    from harness.gemma.text.tokenizer import Tokenizer

_STARTS = ("3 + 4 = 7", "First, add", "$5", "(a)", "\\frac{1}{2}", "-2", "₹240", "## a", "<b>", "é")
_ENDS = ("= 7", "7.", "7 clips", "$7", "(7)", "{7}", "7%", "done!", "**7**", "x >", "\\]", "é")
_MAX_REPLIES = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkerIds:
    """The ids of one marker over all contexts looked at."""

    marker: str
    ids: tuple[int, ...]
    """The commonest."""
    n_contexts: int
    variants: tuple[tuple[tuple[int, ...], str], ...]
    """Other ids with the text around one such place; empty where the marker is the same everywhere."""


def check_markers(
    response_format: ResponseFormat, tokenizer: Tokenizer, replies: Iterable[str] = ()
) -> tuple[MarkerIds, ...]:
    """Every marker's ids within many made-up bodies and the first of `replies`.

    A token that reaches over the edge of a marker (`:` with the space behind it) counts as part of it.
    """
    seen: dict[str, Counter[tuple[int, ...]]] = {}
    context: dict[tuple[str, tuple[int, ...]], str] = {}
    for text in (*_probes(response_format), *islice(replies, _MAX_REPLIES)):
        for marker, ids, around in _places(response_format, text, tokenizer):
            seen.setdefault(marker, Counter())[ids] += 1
            context.setdefault((marker, ids), around)
    return tuple(_found(marker, counts, context) for marker, counts in seen.items())


def _probes(response_format: ResponseFormat) -> Iterator[str]:
    for start, end in product(_STARTS, _ENDS):
        yield response_format.render(f"{start} and {end}", f"{start}, so\nit is {end}", end)


def _places(
    response_format: ResponseFormat, text: str, tokenizer: Tokenizer
) -> Iterator[tuple[str, tuple[int, ...], str]]:
    ids = tokenizer.encode(text)
    starts = token_starts(ids, text, tokenizer)
    if starts is None:
        return
    ends = [*starts[1:], len(text)]
    for marker in find_markers(response_format, text):
        covered = tuple(
            i for i, start, end in zip(ids, starts, ends, strict=True) if start < marker.end and end > marker.start
        )
        yield text[marker.start : marker.end].strip(), covered, text[max(0, marker.start - 8) : marker.end + 8]


def _found(marker: str, counts: Counter[tuple[int, ...]], context: dict[tuple[str, tuple[int, ...]], str]) -> MarkerIds:
    (commonest, _), *others = counts.most_common()
    variants = tuple((ids, context[marker, ids]) for ids, _ in others)
    return MarkerIds(marker=marker, ids=commonest, n_contexts=counts.total(), variants=variants)
