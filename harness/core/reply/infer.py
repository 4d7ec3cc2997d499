"""Guesses which response format a set of replies was written in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from harness.core.reply.format import ResponseFormat
from harness.core.reply.parse import find_markers
from harness.core.reply.presets import BARE, PRESETS

MIN_SHARE = 0.5
"""Of a format's markers that must be there on average; below it no format is claimed."""
_MOST_MISSING = 0.5
"""Replies that close a section which they do not open, from this share on: the opening was part of the prompt."""


def infer_format(replies: Iterable[str], formats: Mapping[str, ResponseFormat] | None = None) -> ResponseFormat:
    """The format whose markers the replies hold most of, on average; `bare` where none reaches half.

    A format that asks for `\\boxed{}` counts it as one more marker. On a tie the format with more markers wins.

    >>> infer_format(["<think>1 + 1 = 2</think><answer>2</answer>"]).name
    'think-answer-tags'
    """
    known = list((PRESETS if formats is None else formats).values())
    texts = list(replies)
    shares = [(marker_share(candidate, texts), _n_markers(candidate), candidate) for candidate in known]
    share, _, best = max(shares, key=lambda row: row[:2], default=(0.0, 0, BARE))
    return best if share >= MIN_SHARE else BARE


def missing_opening(form: ResponseFormat, texts: Sequence[str]) -> str:
    """The opening tag that the prompt must have held: most replies close the first section without having opened it."""
    first = form.sections[0]
    if not first.open or not first.close:
        return ""
    closing = [text for text in texts if first.close in text]
    unopened = sum(first.open not in text[: text.index(first.close)] for text in closing)
    return f"{first.open}\n" if closing and unopened >= _MOST_MISSING * len(closing) else ""


def marker_share(response_format: ResponseFormat, replies: list[str]) -> float:
    """The share of the format's markers that a reply holds, averaged over the replies; 0 without any."""
    n_markers = _n_markers(response_format)
    if not n_markers or not replies:
        return 0.0
    return sum(_n_held(response_format, reply) for reply in replies) / (n_markers * len(replies))


def _n_markers(response_format: ResponseFormat) -> int:
    declared = sum(bool(section.open) + bool(section.close) for section in response_format.sections)
    return declared + response_format.boxed_answer


def _n_held(response_format: ResponseFormat, reply: str) -> int:
    held = len({(marker.section, marker.kind) for marker in find_markers(response_format, reply)})
    return held + (response_format.boxed_answer and r"\boxed{" in reply)
