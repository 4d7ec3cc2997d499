"""What the runner asks of a model, whatever runs it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from harness.core.records import Completion, GenerationSettings, ModelInfo, Prompt, Request
from harness.core.task import Task


@runtime_checkable
class Backend(Protocol):
    """A model that completes prompts.

    A backend is opened by `from_spec`: `--model NAME,key=value` becomes `from_spec(NAME, {"key": "value"}, task)`.
    """

    @classmethod
    def from_spec(cls, name: str, options: Mapping[str, str], task: Task) -> Backend:
        """Open the model. Raises UserError for a name or option it does not know."""
        ...

    def describe(self) -> ModelInfo:
        """Name and fingerprint; the fingerprint changes whenever the same prompt could get another reply."""
        ...

    def generate(self, requests: Sequence[Request], settings: GenerationSettings) -> Iterator[Completion]:
        """Yield one completion per request, in the order in which they finish.

        A request that fails yields a completion with finish 'error'; it does not raise.
        """
        ...

    def close(self) -> None:
        """Give back what was opened."""
        ...


@runtime_checkable
class LogLikelihoodBackend(Protocol):
    """A backend that can also score given continuations (multiple choice, perplexity)."""

    def log_likelihood(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[float, bool]]:
        """For each (context, continuation): the continuation's log-probability in nats, and whether greedy
        decoding would produce it. Contexts are final text: no chat template is applied."""
        ...


@runtime_checkable
class PromptShowingBackend(Protocol):
    """A backend that can show a prompt as its model gets it."""

    def show_prompt(self, prompt: Prompt) -> tuple[str, Sequence[int]]:
        """The final text, chat template and prefill included, and its token ids; no ids where they are not known.
        Raises UserError where the template refuses the prompt."""
        ...


@runtime_checkable
class InputTellingBackend(Protocol):
    """A backend that can say all that decides what its model reads of a prompt and where its reply ends."""

    def input_of(self, prompt: Prompt) -> Any:
        """Of one prompt, as JSON: token ids or text or turns, what ends a reply. Equal where the model is asked the
        same. Raises UserError where the template refuses the prompt."""
        ...

    def input_words(self) -> str:
        """How prompts become that, in words: which template, which endpoint."""
        ...


@runtime_checkable
class TokenCountingBackend(Protocol):
    """A backend that can say in how many tokens it weighs a continuation."""

    def count_tokens(self, pairs: Sequence[tuple[str, str]]) -> list[int]:
        """For each (context, continuation): tokens whose log-probabilities `log_likelihood` adds up."""
        ...


@runtime_checkable
class ChatTextBackend(Protocol):
    """A backend that can say what text its chat template makes of a prompt."""

    def render_text(self, prompt: Prompt) -> str:
        """The text that the model continues. Raises UserError where the template refuses the prompt."""
        ...
