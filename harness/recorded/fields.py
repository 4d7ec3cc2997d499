"""Values as other tools write them, to ours: finish reasons, reply texts, whole numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from harness.core.records import Finish
from harness.recorded.message import joined, message_text

_LENGTH = {"length", "max_tokens", "model_length", "max_length", "max_new_tokens"}
_TOO_LARGE = 2**63
_WHOLE = re.compile(r"-?[0-9]{1,18}")
_RESPONSE_ITEMS = ("message", "reasoning")
_ERROR = {"error", "content_filter", "abort", "cancelled"}


def read_finish(value: Any) -> Finish:
    """A tool's finish reason as ours; what is unknown or absent counts as a normal stop."""
    name = str(value).lower() if value is not None else ""
    if name in _LENGTH:
        return "length"
    return "error" if name in _ERROR else "stop"


def whole_number(value: Any) -> int | None:
    """The value if it is a whole number (3, 3.0, '3') that a count or a place can be, else None."""
    if isinstance(value, bool) or (isinstance(value, (int, float)) and abs(value) >= _TOO_LARGE):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        return int(value)
    return None


class FoundReply(NamedTuple):
    """One reply in a value, and the finish reason beside it, where there is one."""

    text: str | None
    finish: Any = None


def find_replies(value: Any) -> list[FoundReply] | None:
    """The replies in a value: a text, several, a conversation's last turn, OpenAI's response or its choices, vLLM's
    outputs; None where it is none of them. Reasoning that stands apart is put back before its text.

    >>> find_replies({"choices": [{"message": {"content": "a"}, "finish_reason": "length"}]})
    [FoundReply(text='a', finish='length')]
    """
    if value is None or isinstance(value, str):
        return [FoundReply(value)]
    if isinstance(value, dict):
        return _replies_of(value)
    if not isinstance(value, Sequence) or not value:
        return None
    if all(isinstance(item, dict) and "role" in item for item in value):
        return find_replies(value[-1])
    if any(isinstance(item, dict) and item.get("type") in _RESPONSE_ITEMS for item in value):
        return _of_response(value)
    each = [find_replies(item) for item in value]
    return [found[0] for found in each if found] if all(found and len(found) == 1 for found in each) else None


def reply_texts(value: Any) -> list[str | None] | None:
    """The texts of `find_replies`.

    >>> reply_texts("a"), reply_texts(["a", "b"]), reply_texts([{"role": "assistant", "content": "a"}])
    (['a'], ['a', 'b'], ['a'])
    """
    found = find_replies(value)
    return None if found is None else [reply.text for reply in found]


def _replies_of(value: dict[str, Any]) -> list[FoundReply] | None:
    for name in ("choices", "outputs", "output"):
        if isinstance(value.get(name), list):
            return find_replies(value[name])
    for name in ("message", "body", "response"):
        if isinstance(value.get(name), dict):
            found = find_replies(value[name])
            return [reply._replace(finish=reply.finish or _reason(value)) for reply in found] if found else None
    if isinstance(value.get("text"), str):
        return [FoundReply(joined(_reasoning(value), value["text"]), _reason(value))]
    if "content" not in value:
        return None
    try:
        return [FoundReply(message_text(value), _reason(value))]
    except ValueError:
        return None


def _of_response(items: Sequence[Any]) -> list[FoundReply] | None:
    """The items of OpenAI's Responses: reasoning, then a message."""
    reasoning = [item for item in items if isinstance(item, dict) and item.get("type") == "reasoning"]
    messages = [item for item in items if isinstance(item, dict) and item.get("type") == "message"]
    try:
        text = "".join(message_text(message) for message in messages)
        return [FoundReply(joined(message_text({"content": reasoning}).removeprefix("<think>\n"), text))]
    except ValueError:
        return None


def _reasoning(value: dict[str, Any]) -> str:
    found = value.get("reasoning_content") or value.get("reasoning")
    return found if isinstance(found, str) else ""


def _reason(value: dict[str, Any]) -> Any:
    return value.get("finish_reason", value.get("stop_reason"))


def as_gold(value: Any) -> str | None:
    """A gold answer as text; of several, the first."""
    if isinstance(value, (list, tuple)):
        value = value[0] if value else None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return None if value is None or isinstance(value, dict) else str(value)
