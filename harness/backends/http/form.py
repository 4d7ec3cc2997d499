"""How a server wants its requests: fields under other names or not at all, fields of its own, no system turn.

rename=max_tokens:max_completion_tokens   omit=seed+top_p   system=user
extra_body={"chat_template_kwargs": {"enable_thinking": false}}
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.core.errors import UserError, unknown_name

_SENT = ("max_tokens", "temperature", "top_p", "top_k", "seed", "stream")
"""Fields that a server may know under another name, or refuse."""
_OURS = frozenset({*_SENT, "model", "messages", "prompt", "stop", "n", "max_completion_tokens"}) | {
    "continue_final_message",
    "add_generation_prompt",
}
"""Fields that the run's own settings decide: run.json must not say one thing and the server be told another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestForm:
    """What is changed in the body of each request."""

    rename: Mapping[str, str] = field(default_factory=dict)
    omit: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    folds_system: bool = False
    """The system turn opens the user's first turn."""

    def shape(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The body as this server wants it."""
        made = {self.rename.get(name, name): value for name, value in body.items() if name not in self.omit}
        if self.folds_system and "messages" in made:
            made["messages"] = _folded(made["messages"])
        return made | dict(self.extra)

    @property
    def identity(self) -> dict[str, Any]:
        """What of it can change a reply; empty where nothing is changed."""
        parts = {
            "rename": dict(self.rename),
            "omit": list(self.omit),
            "extra_body": dict(self.extra),
            "system": "user" if self.folds_system else "",
        }
        return {name: value for name, value in parts.items() if value}


def read_form(options: Mapping[str, str]) -> RequestForm:
    """The form that the options `rename`, `omit`, `extra_body` and `system` ask for. Raises UserError for a field that
    is not sent, for JSON that is no object, and for a field that the run's own settings decide."""
    system = options.get("system", "system")
    if system not in ("system", "user"):
        raise unknown_name("system of http:", system, ("system", "user"), tip="one of system, user.")
    return RequestForm(
        rename=dict(_renamed(part) for part in _parts(options.get("rename", ""))),
        omit=tuple(_sent("omit", part) for part in _parts(options.get("omit", ""))),
        extra=_extra(options.get("extra_body", "{}")),
        folds_system=system == "user",
    )


def form_tip(message: str) -> str:
    """Which option takes away what a server says that it does not know; '' where its message names nothing of it."""
    if "max_completion_tokens" in message or "max_tokens" in message:
        return "add rename=max_tokens:max_completion_tokens to --model"
    if re.search(r"\bsystem\b.{0,20}\b(?:role|messages?|prompt|turn)\b", message, re.IGNORECASE):
        return "add system=user to --model"
    if re.search(r"\btemperature\b", message):
        return "give --temperature 1, or add omit=temperature to --model (the server's own then holds)"
    named = next((name for name in _SENT if re.search(rf"\b{name}\b", message)), "")
    return f"add omit={named} to --model" if named else ""


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split("+") if part.strip()]


def _renamed(part: str) -> tuple[str, str]:
    old, separator, new = part.partition(":")
    if not separator or not new.isidentifier():
        raise UserError(f"http: rename={part!r}: expected OLD:NEW", tip="rename=max_tokens:max_completion_tokens")
    return _sent("rename", old), new


def _sent(option: str, name: str) -> str:
    if name not in _SENT:
        raise unknown_name(f"field for {option} of http:", name, _SENT, tip=f"it can be one of {', '.join(_SENT)}.")
    return name


def _extra(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(
            f"http: extra_body is not JSON: {error}",
            tip="""in single quotes for the shell: 'http://...,extra_body={"chat_template_kwargs": {...}}'""",
        ) from error
    if not isinstance(found, dict):
        raise UserError(f"http: extra_body is {type(found).__name__}, expected an object")
    if taken := sorted(_OURS & found.keys()):
        raise UserError(
            f"http: extra_body sets {taken[0]!r}, which the run sets itself",
            tip="give it as an option of the run (--temperature, ...); rename= and omit= change how it is sent.",
        )
    return found


def _folded(messages: list[dict[str, str]]) -> list[dict[str, str]]:
    """Without a system turn: its text stands before the first user's."""
    system = [turn["content"] for turn in messages if turn["role"] == "system"]
    others = [turn for turn in messages if turn["role"] != "system"]
    first = next((i for i, turn in enumerate(others) if turn["role"] == "user"), None)
    if not system:
        return messages
    if first is None:
        return [{"role": "user", "content": "\n\n".join(system)}, *others]
    folded = {"role": "user", "content": "\n\n".join([*system, others[first]["content"]])}
    return [*others[:first], folded, *others[first + 1 :]]
