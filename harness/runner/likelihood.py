"""Prompts that ask how likely given texts are: what multiple choice and perplexity tasks need of a backend."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.core.backend import Backend, LogLikelihoodBackend
from harness.core.errors import UserError
from harness.core.records import Completion, Request

REQUESTS_AT_ONCE = 64
"""Few enough that a kill loses little, enough to fill a batch of four choices each."""


def weigh(backend: Backend, requests: Sequence[Request]) -> Iterator[Completion]:
    """One completion a request, with the log-likelihoods of its prompt's pairs and no text.

    A request that fails yields a completion with finish 'error'. Raises UserError for a backend that has no
    log-likelihoods to give.
    """
    if not isinstance(backend, LogLikelihoodBackend):
        raise UserError(
            f"{backend.describe().name}: this backend gives no log-likelihoods, which the task asks for",
            tip="run it with a Gemma folder, or with --model lm_eval:hf,pretrained=...",
        )
    for start in range(0, len(requests), REQUESTS_AT_ONCE):
        yield from _weigh_together(backend, requests[start : start + REQUESTS_AT_ONCE])


def _weigh_together(backend: LogLikelihoodBackend, requests: Sequence[Request]) -> Iterator[Completion]:
    try:
        found = backend.log_likelihood([pair for request in requests for pair in request.prompt.pairs])
    except Exception as error:  # one text that is too long must not take the others with it
        if len(requests) == 1:
            reason = f"{type(error).__name__}: {error}"
            yield Completion(
                doc_id=requests[0].doc_id, repeat=requests[0].repeat, text="", finish="error", error=reason
            )
            return
        for request in requests:
            yield from _weigh_together(backend, [request])
        return
    position = 0
    for request in requests:
        own = found[position : position + len(request.prompt.pairs)]
        position += len(request.prompt.pairs)
        pairs = tuple((float(total), bool(greedy)) for total, greedy in own)
        yield Completion(doc_id=request.doc_id, repeat=request.repeat, text="", log_likelihoods=pairs)
