"""The log-likelihood of a text longer than the model's context: window after window, each token weighed once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any


def rolling_log_likelihood(backend: Any, text: str) -> float:
    """Log-probability in nats of a whole text after BOS, by a Gemma backend.

    As in lm-eval: the first window begins with BOS; each later one is as long as the context allows and gives the
    tokens before those that it weighs.
    """
    from harness.gemma.engine.likelihood import Continuation, log_likelihoods

    tokens = backend.tokenizer.one_bos(backend.tokenizer.encode(text))
    longest = backend.engine.options.max_length
    items = [Continuation(tokens=tuple(part), n_context=given) for part, given in windows(tokens, longest)]
    return sum(total for total, _ in log_likelihoods(backend.engine, items))


def windows(tokens: Sequence[int], longest: int) -> Iterator[tuple[Sequence[int], int]]:
    """(window, tokens of it that are only given), no window longer than `longest`, every token but the first weighed.

    >>> list(windows([2, 10, 11, 12, 13], 3))
    [([2, 10, 11], 1), ([11, 12, 13], 1)]
    >>> list(windows([2, 10, 11, 12], 3))
    [([2, 10, 11], 1), ([10, 11, 12], 2)]
    """
    end = min(longest, len(tokens))
    yield tokens[:end], 1
    while end < len(tokens):
        new_end = min(end + longest - 1, len(tokens))
        start = new_end - longest
        yield tokens[start:new_end], end - start
        end = new_end
