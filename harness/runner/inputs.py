"""What a model reads of each prompt: a hash of it is part of a completion's key and of a run's identity.

The messages alone do not say it. A chat template, a tokenizer, an endpoint or the ids that end a reply change what a
model is asked, and with it every score.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.core.backend import Backend, ChatTextBackend, InputTellingBackend, PromptShowingBackend
from harness.core.errors import UserError
from harness.core.hashing import stable_hash
from harness.core.records import ModelInfo, Prompt, Run

if TYPE_CHECKING:
    from harness.runner.requests import KeyedRequest

REFUSED = "refused"
"""Stands for a prompt that a chat template refuses: its completion fails, with the template's words."""


def input_reader(backend: Backend) -> Callable[[Prompt], str]:
    """Says of a prompt what the model reads of it, as a hash; empty where the backend does not tell."""

    def read(prompt: Prompt) -> str:
        try:
            told = _told(backend, prompt)
        except UserError:
            return REFUSED
        return "" if told is None else stable_hash(told, length=32)

    return read


def with_input(run: Run, backend: Backend, requests: Sequence[KeyedRequest]) -> Run:
    """The run with one hash over what its model reads of every request; one of before there were such hashes stays
    without."""
    if run.identity is None:
        return run
    told = [keyed.input for keyed in requests]
    words = backend.input_words() if isinstance(backend, InputTellingBackend) else ""
    return replace(
        run,
        identity=replace(run.identity, input=stable_hash(told, length=32) if any(told) else "", reads=words),
    )


def check_same_reader(run: str, before: ModelInfo, now: ModelInfo) -> None:
    """Raises UserError where `run` was begun with another tokenizer, chat template or stop ids."""
    if before.tokenizer_hash and now.tokenizer_hash and before.tokenizer_hash != now.tokenizer_hash:
        raise UserError(
            f"run {run} was begun with another tokenizer, chat template or stop ids "
            f"({before.tokenizer_hash[:8]} then, {now.tokenizer_hash[:8]} now)",
            tip="go on with those, or start a new run.",
        )


def _told(backend: Backend, prompt: Prompt) -> Any:
    if isinstance(backend, InputTellingBackend):
        return backend.input_of(prompt)
    if isinstance(backend, PromptShowingBackend):
        return backend.show_prompt(prompt)
    if isinstance(backend, ChatTextBackend) and prompt.messages:
        return backend.render_text(prompt)
    return None
