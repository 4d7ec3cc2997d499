"""One prompt of a run as its model gets it, kept with the run so that the report can show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from harness.core.backend import Backend, PromptShowingBackend
from harness.core.errors import UserError
from harness.core.records import ModelInfo, Prompt

EXAMPLE = "example_prompt"
"""Key of `ModelInfo.detail`: {"text", "token_ids"}."""


def with_example(model: ModelInfo, backend: Backend, prompts: Sequence[Prompt]) -> ModelInfo:
    """The model's description with the first prompt that is answered; without any, the first text that is weighed."""
    prompt = next((prompt for prompt in prompts if prompt.messages), prompts[0] if prompts else None)
    if prompt is None:
        return model
    try:
        return replace(model, detail={**model.detail, EXAMPLE: example_prompt(backend, prompt)})
    except UserError:  # a prompt that the template refuses is a failed completion of its own
        return model


def example_prompt(backend: Backend, prompt: Prompt) -> dict[str, Any]:
    """{"text", "token_ids"}; without ids where the backend does not know them, as turns where it knows no template."""
    weighed = "".join(prompt.pairs[0]) if prompt.pairs else ""
    if isinstance(backend, PromptShowingBackend):
        text, token_ids = backend.show_prompt(replace(prompt, prefill=prompt.prefill + weighed))
    else:
        text, token_ids = turns(replace(prompt, prefill=prompt.prefill + weighed)), ()
    return {"text": text, "token_ids": list(token_ids)}


def turns(prompt: Prompt) -> str:
    """The turns of a prompt by role, for a model whose template is not known here."""
    if prompt.raw:
        return "".join(message.content for message in prompt.messages) + prompt.prefill
    told = [f"[{message.role}]\n{message.content}" for message in prompt.messages]
    return "\n\n".join([*told, *([f"[assistant]\n{prompt.prefill}"] if prompt.prefill else [])])
