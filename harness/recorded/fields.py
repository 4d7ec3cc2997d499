"""Values as other tools write them, to ours: finish reasons, reply texts, whole numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.core.records import Finish

_LENGTH = {"length", "max_tokens", "model_length", "max_length", "max_new_tokens"}
_ERROR = {"error", "content_filter", "abort", "cancelled"}


def read_finish(value: Any) -> Finish:
    """A tool's finish reason as ours; what is unknown or absent counts as a normal stop."""
    name = str(value).lower() if value is not None else ""
    if name in _LENGTH:
        return "length"
    return "error" if name in _ERROR else "stop"


def whole_number(value: Any) -> int | None:
    """The value if it is a whole number (3, 3.0, '3'), else None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and value.strip().isascii() and value.strip().removeprefix("-").isdigit():
        return int(value)
    return None


def reply_texts(value: Any) -> list[str | None] | None:
    """The texts in a value: one text, several (repeats), or a conversation's last turn; None where it is none of them.

    >>> reply_texts("a"), reply_texts(["a", "b"]), reply_texts([{"role": "assistant", "content": "a"}])
    (['a'], ['a', 'b'], ['a'])
    """
    if value is None or isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        content = value.get("content")
        return [content] if isinstance(content, str) else None
    if not isinstance(value, Sequence) or not value:
        return None
    if all(isinstance(item, dict) and "role" in item for item in value):
        return reply_texts(value[-1])
    if all(item is None or isinstance(item, str) for item in value):
        return list(value)
    return None


def as_gold(value: Any) -> str | None:
    """A gold answer as text; of several, the first."""
    if isinstance(value, (list, tuple)):
        value = value[0] if value else None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return None if value is None or isinstance(value, dict) else str(value)
