"""What is sent to an OpenAI-compatible server and what is read from its reply; pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from harness.backends.http.exchange import Answer
from harness.core.records import Finish, GenerationSettings, Prompt, Request
from harness.core.words import one_line
from harness.recorded.fields import read_finish, whole_number
from harness.recorded.message import message_text

if TYPE_CHECKING:
    from harness.backends.chat_template import ChatTemplate

Endpoint: TypeAlias = Literal["chat", "completions"]
PrefillMode: TypeAlias = Literal["continue", "trailing", "refuse"]

PATHS: dict[Endpoint, str] = {"chat": "/chat/completions", "completions": "/completions"}

_CALLS = ("tool_calls", "function_call")
"""A turn that ends in them without a text asks for tools that nobody offered: there is nothing to score."""
_SHOWN = 80
"""Characters of a body that is no reply."""
_MOST_TOKENS = 2**53


class NotAReply(ValueError):
    """A body that no completion can be read from. `passes`: another attempt may bring one."""

    def __init__(self, message: str, *, passes: bool = True) -> None:
        super().__init__(message)
        self.passes = passes


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


def read_document(answer: Answer, clean: Callable[[str], str] = one_line) -> Any:
    """The JSON of an answer. Raises NotAReply, which says what it is instead, its words on one line by `clean`."""
    try:
        text = answer.body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotAReply(f"the reply is not UTF-8 (byte {error.start})") from error
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _not_json(text, answer.kind, clean) from error


def read_reply(document: Any, endpoint: Endpoint, *, prefill: str = "") -> Reply:
    """The first choice of a reply. Raises NotAReply, saying what is missing, for a document of another shape.

    A server that moves the reasoning to a field of its own (vLLM's reasoning parsers) gets it back between <think>
    tags before the text: scorers judge the whole reply, which the `prefill` opened.
    """
    if not isinstance(document, Mapping):
        raise NotAReply(f"the reply is a JSON {type(document).__name__}, not an object", passes=False)
    if not isinstance(document.get("choices"), list) or not document["choices"]:
        raise NotAReply("the reply has no choices")
    choice = document["choices"][0]
    if not isinstance(choice, Mapping):
        raise NotAReply("the first choice is not an object")
    text = _text(choice, endpoint, prefill)
    usage = document.get("usage")
    usage = usage if isinstance(usage, Mapping) else {}
    reason = str(choice.get("finish_reason") or "stop")
    if reason in _CALLS and not text.strip():
        raise NotAReply(f"the reply is empty (finish: {reason})", passes=False)
    return Reply(
        text=text,
        finish=read_finish(reason),
        reason=one_line(reason),
        prompt_tokens=_tokens(usage.get("prompt_tokens")),
        completion_tokens=_tokens(usage.get("completion_tokens")),
    )


def error_text(document: Any, raw: str) -> str:
    """The server's own words for a failure, as long as they are."""
    found: Any = document
    if isinstance(found, Mapping):
        found = found.get("error", found.get("detail", found.get("message", raw)))
    if isinstance(found, Mapping):
        found = found.get("message", raw)
    return str(found if found else raw)


def reported_error(document: Any) -> Mapping[str, Any] | None:
    """The error that a body reports, whatever the status it came with; None where it reports none."""
    if not isinstance(document, Mapping) or document.get("choices"):
        return None
    found = document.get("error")
    if isinstance(found, str) and found:
        return {"message": found}
    if document.get("object") == "error" or document.get("type") == "error":
        return found if isinstance(found, Mapping) else document
    return found if isinstance(found, Mapping) else None


def _not_json(text: str, kind: str, clean: Callable[[str], str]) -> NotAReply:
    if kind == "text/event-stream" or text.startswith(("data:", "event:")):
        return NotAReply("the reply is an event stream, though stream=false was asked for", passes=False)
    if not text.strip():
        return NotAReply("the reply is empty: there is no body")
    words = one_line(clean(text), _SHOWN)
    return NotAReply(f"the reply is no JSON: {words} ({kind or 'no content type'})")


def _tokens(value: Any) -> int | None:
    number = whole_number(value)
    return number if number is not None and 0 <= number <= _MOST_TOKENS else None


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


def _text(choice: Mapping[str, Any], endpoint: Endpoint, prefill: str) -> str:
    if endpoint == "completions":
        if not isinstance(choice.get("text"), str):
            raise NotAReply("the first choice has no text")
        return choice["text"]
    message = choice.get("message")
    if not isinstance(message, Mapping):
        raise NotAReply("the first choice has no message")
    try:
        return message_text(message, prefill=prefill)
    except (ValueError, RecursionError) as error:
        raise NotAReply(str(error)) from error
