"""An assistant's message, as OpenAI's API and what speaks like it write one, to the text that the model wrote.

{"content": "42"}                                        {"content": null, "reasoning_content": "6 * 7 ="}
{"content": [{"type": "thinking", "thinking": "6 * 7 = 42"}, {"type": "text", "text": "42"}]}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_OPEN, _CLOSE = "<think>", "</think>"
_REASONING_PARTS = ("thinking", "reasoning", "reasoning_text", "summary_text")
_REASONING_FIELDS = ("reasoning_content", "reasoning", "thinking")
_TEXT_FIELDS = ("text", "refusal", "content")


def message_text(message: Mapping[str, Any], *, prefill: str = "") -> str:
    """The reply of a message: scorers judge the whole of it, so reasoning that a server keeps apart goes back before
    the text, between <think> tags. Raises ValueError for a content that is no text.

    Where nothing follows the reasoning it was cut off, or never ended: no closing tag is invented. A tag that the
    `prefill` opened, or reasoning that the text has already, is not written twice.

    >>> message_text({"content": "42", "reasoning": "6 * 7"}), message_text({"content": "", "reasoning": "6 *"})
    ('<think>\\n6 * 7\\n</think>\\n42', '<think>\\n6 *')
    """
    content = message.get("content")
    kept, text = _parts(content) if isinstance(content, list) else ("", _plain(content))
    text = text or _string(message.get("refusal"))
    apart = next((found for name in _REASONING_FIELDS if (found := _reasoning(message.get(name)))), "")
    return joined(kept or apart, text, prefill=prefill)


def joined(reasoning: str, text: str, *, prefill: str = "") -> str:
    """Reasoning and text that came apart as one reply, with the tags that it must have had."""
    if not reasoning or text.lstrip().startswith(_OPEN):
        return text
    opened = "" if prefill.rfind(_OPEN) > prefill.rfind(_CLOSE) else f"{_OPEN}\n"
    return f"{opened}{reasoning}" + (f"\n{_CLOSE}\n{text}" if text.strip() else "")


def _parts(content: list[Any]) -> tuple[str, str]:
    """(reasoning, text) of a content in parts. Raises ValueError for a part that is neither."""
    reasoning, texts = [], []
    for part in content:
        kind = part.get("type", "text") if isinstance(part, Mapping) else "text"
        if isinstance(part, Mapping) and kind in _REASONING_PARTS:
            reasoning.append(_reasoning(part))
        elif (text := _part_text(part)) is not None:
            texts.append(text)
        else:
            raise ValueError(f"the message's content has a part of type {str(kind)[:40]!r}, which is no text")
    return "\n".join(filter(None, reasoning)), "".join(texts)


def _part_text(part: Any) -> str | None:
    if isinstance(part, str):
        return part
    if not isinstance(part, Mapping):
        return None
    return next((part[name] for name in _TEXT_FIELDS if isinstance(part.get(name), str)), None)


def _reasoning(value: Any) -> str:
    """The text of reasoning: itself, parts of it, or an object that holds it under one of its usual names."""
    if isinstance(value, list):
        return "\n".join(filter(None, map(_reasoning, value)))
    if isinstance(value, Mapping):
        names = (*_REASONING_PARTS, "text", "content", "summary")
        return next((found for name in names if (found := _reasoning(value.get(name)))), "")
    return _string(value)


def _plain(content: Any) -> str:
    if content is None or isinstance(content, str):
        return content or ""
    raise ValueError(f"the message's content is {type(content).__name__}, not text")


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""
