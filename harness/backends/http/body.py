"""What is sent to an OpenAI-compatible server and what is read from its reply; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from harness.core.records import Finish, GenerationSettings, Prompt, Request
from harness.core.words import one_line
from harness.recorded.fields import read_finish, whole_number

if TYPE_CHECKING:
    from harness.backends.chat_template import ChatTemplate

Endpoint: TypeAlias = Literal["chat", "completions"]
PrefillMode: TypeAlias = Literal["continue", "trailing", "refuse"]

PATHS: dict[Endpoint, str] = {"chat": "/chat/completions", "completions": "/completions"}


INPUT_FIELDS = ("prompt", "messages", "continue_final_message", "add_generation_prompt")
"""What of a request's body the model reads, or decides how it is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the server's reply says."""

    text: str
    finish: Finish
    reason: str
    """The server's own word for why it stopped."""
    prompt_tokens: int | None
    completion_tokens: int | None


def request_body(
    request: Request,
    settings: GenerationSettings,
    *,
    model: str,
    endpoint: Endpoint,
    template: ChatTemplate | None = None,
    prefill_mode: PrefillMode = "refuse",
) -> dict[str, Any]:
    """The JSON of one request. Fields beyond OpenAI's own (top_k, continue_final_message) are sent only when used.

    `settings` are the run's, `model` is the name that the server knows. `endpoint` is chat or completions; `template`
    makes the one text of /completions, where the server applies none. `prefill_mode` says how /chat continues a reply.
    """
    body: dict[str, Any] = {
        "model": model,
        "max_tokens": request.max_new_tokens,
        "temperature": settings.temperature,
        "top_p": settings.top_p,
        "seed": request.seed,
        "stream": False,
    }
    if settings.top_k:
        body["top_k"] = settings.top_k
    if settings.stop:
        body["stop"] = list(settings.stop)
    if endpoint == "completions":
        if request.prompt.raw:
            return body | {"prompt": request.prompt.messages[0].content + request.prompt.prefill}
        assert template is not None
        return body | {"prompt": template.render(request.prompt)}
    return body | _chat_fields(request.prompt, prefill_mode)


def read_reply(document: Any, endpoint: Endpoint) -> Reply:
    """The first choice of a reply. Raises ValueError, saying what is missing, for a document of another shape.

    A server that moves the reasoning to a field of its own (vLLM's reasoning parsers) gets it back between <think>
    tags before the text: scorers judge the whole reply.
    """
    if not isinstance(document, Mapping) or not isinstance(document.get("choices"), list) or not document["choices"]:
        raise ValueError("the reply has no choices")
    choice = document["choices"][0]
    if not isinstance(choice, Mapping):
        raise ValueError("the first choice is not an object")
    text = _text(choice, endpoint)
    usage = document.get("usage")
    usage = usage if isinstance(usage, Mapping) else {}
    reason = str(choice.get("finish_reason") or "stop")
    return Reply(
        text=text,
        finish=read_finish(reason),
        reason=reason,
        prompt_tokens=whole_number(usage.get("prompt_tokens")),
        completion_tokens=whole_number(usage.get("completion_tokens")),
    )


def error_text(document: Any, raw: str) -> str:
    """The server's own words for a failure, on one line, at most 300 characters."""
    found: Any = document
    if isinstance(found, Mapping):
        found = found.get("error", found.get("detail", found.get("message", raw)))
    if isinstance(found, Mapping):
        found = found.get("message", raw)
    return one_line(found if found else raw)


def _chat_fields(prompt: Prompt, mode: PrefillMode) -> dict[str, Any]:
    messages = [{"role": m.role, "content": m.content} for m in prompt.messages]
    if not prompt.prefill:
        return {"messages": messages}
    if mode == "refuse":
        raise ValueError("a prefill for a server that does not continue it")
    messages.append({"role": "assistant", "content": prompt.prefill})
    if mode == "trailing":
        return {"messages": messages}
    return {"messages": messages, "continue_final_message": True, "add_generation_prompt": False}


def _text(choice: Mapping[str, Any], endpoint: Endpoint) -> str:
    if endpoint == "completions":
        if not isinstance(choice.get("text"), str):
            raise ValueError("the first choice has no text")
        return choice["text"]
    message = choice.get("message")
    if not isinstance(message, Mapping):
        raise ValueError("the first choice has no message")
    content = message.get("content")
    reasoning = message.get("reasoning_content") or message.get("reasoning")
    if content is not None and not isinstance(content, str):
        raise ValueError(f"the message's content is {type(content).__name__}, not text")
    if isinstance(reasoning, str) and reasoning:
        if not content and choice.get("finish_reason") == "length":
            return f"<think>\n{reasoning}"  # cut off while it thought: no end of the thought is made up
        return f"<think>\n{reasoning}\n</think>\n{content or ''}"
    return content or ""
