"""Prompts that ask how likely given texts are: what multiple choice and perplexity tasks need of a backend."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.core.backend import Backend, ChatTextBackend, LogLikelihoodBackend, TokenCountingBackend
from harness.core.errors import UserError
from harness.core.records import Completion, Request

REQUESTS_AT_ONCE = 64
"""Few enough that a kill loses little, enough to fill a batch of four choices each."""


def check_can_weigh(backend: Backend, requests: Sequence[Request]) -> None:
    """Raise UserError for a backend that has no log-likelihoods to give to these requests."""
    if requests and not isinstance(backend, LogLikelihoodBackend):
        raise UserError(
            f"{backend.describe().name}: this backend gives no log-likelihoods, which the task asks for",
            tip="run it with a Gemma folder or --model lm_eval:hf,pretrained=..., or leave these docs out where the "
            "task has an option for it (forgetting: -o parts=instructions,puzzles).",
        )
    if any(request.prompt.messages for request in requests) and not isinstance(backend, ChatTextBackend):
        raise UserError(
            f"{backend.describe().name}: this backend renders no chat template, so it cannot weigh choices in one",
            tip="leave out -o chat=true.",
        )


def weigh(backend: Backend, requests: Sequence[Request]) -> Iterator[Completion]:
    """One completion a request, with the log-likelihoods of its prompt's pairs and no text.

    A request that fails yields a completion with finish 'error'. Raises UserError for a backend that has no
    log-likelihoods to give.
    """
    check_can_weigh(backend, requests)
    assert isinstance(backend, LogLikelihoodBackend)
    for start in range(0, len(requests), REQUESTS_AT_ONCE):
        yield from _weigh_together(backend, requests[start : start + REQUESTS_AT_ONCE])


def final_pairs(backend: object, request: Request) -> list[tuple[str, str]]:
    """The pairs of a request as final texts, the turns before them as the backend's template has them."""
    prompt = request.prompt
    opening = backend.render_text(prompt) if isinstance(backend, ChatTextBackend) and prompt.messages else ""
    return [split_pair(opening + context, continuation) for context, continuation in prompt.pairs]


def split_pair(context: str, continuation: str) -> tuple[str, str]:
    """The pair as lm-eval's models weigh it: white space that ends the context belongs to the continuation.

    >>> split_pair("Answer: ", "4")
    ('Answer:', ' 4')
    """
    given = context.rstrip()
    return given, context[len(given) :] + continuation


def _weigh_together(backend: LogLikelihoodBackend, requests: Sequence[Request]) -> Iterator[Completion]:
    try:
        asked = [final_pairs(backend, request) for request in requests]
        found = backend.log_likelihood([pair for pairs in asked for pair in pairs])
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
    for request, texts in zip(requests, asked, strict=True):
        own = found[position : position + len(texts)]
        position += len(texts)
        pairs = tuple((float(total), bool(greedy)) for total, greedy in own)
        weighed = sum(backend.count_tokens(texts)) if isinstance(backend, TokenCountingBackend) else None
        yield Completion(
            doc_id=request.doc_id, repeat=request.repeat, text="", log_likelihoods=pairs, completion_tokens=weighed
        )
