"""A model's own chat template, rendered in a sandbox; Gemma 3's, for models whose files carry none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from harness.core.errors import UserError
from harness.core.records import Message, Prompt
from harness.store.files import read_json

START_OF_TURN, END_OF_TURN = "<start_of_turn>", "<end_of_turn>"

GEMMA = (
    "{{ bos_token }}"
    "{%- set system = messages[0]['content'] + '\n\n' if messages[0]['role'] == 'system' else '' -%}"
    "{%- for message in messages if message['role'] != 'system' -%}"
    "{%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) -%}"
    "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}"
    "{%- endif -%}"
    "{{ '<start_of_turn>' + ('model' if message['role'] == 'assistant' else 'user') + '\n' }}"
    "{{ (system if loop.first else '') + message['content'] | trim + '<end_of_turn>\n' }}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<start_of_turn>model\n' }}{%- endif -%}"
)
"""Renders text turns as the template of google/gemma-3-*-it does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatTemplate:
    """How turns become one text."""

    source: str
    """Jinja; empty: no template, contents joined by blank lines."""
    origin: str
    """Where it came from, in words."""
    bos: str
    eos: str

    def render(self, prompt: Prompt) -> str:
        """The text that the model continues: turns, opening of the reply, prefill.

        Raises UserError with the template's own words where it refuses the conversation.
        """
        if prompt.raw:
            return prompt.messages[0].content + prompt.prefill
        return self.render_turns(prompt.messages, open_reply=True) + prompt.prefill

    def render_turns(self, messages: Sequence[Message], *, open_reply: bool) -> str:
        """The turns as text; `open_reply` adds what comes before the model's next words."""
        if not self.source:
            return self.bos + "\n\n".join(message.content for message in messages) + ("\n\n" if open_reply else "")
        turns = [{"role": message.role, "content": message.content} for message in messages]
        return _render(self.source, turns, {"bos_token": self.bos, "eos_token": self.eos}, open_reply, self.origin)


def find_template(directory: Path, config: Mapping[str, Any], override: str = "") -> tuple[str, str]:
    """(Jinja source, origin) for a model folder whose tokenizer_config.json is `config` (empty: it has none).

    `override` is 'gemma', 'none', or a file. Raises UserError for a file that is not there.
    """
    if override:
        return _overridden(override)
    if (directory / "chat_template.jinja").is_file():
        return _read(directory / "chat_template.jinja"), "chat_template.jinja"
    if (directory / "chat_template.json").is_file():
        return str(read_json(directory / "chat_template.json").get("chat_template", "")), "chat_template.json"
    if found := _named_default(config.get("chat_template")):
        return found, "tokenizer_config.json"
    if config:
        return "", "none: the model's files hold no chat template"
    return GEMMA, "built-in Gemma 3 (no tokenizer_config.json)"


def _overridden(override: str) -> tuple[str, str]:
    if override == "gemma":
        return GEMMA, "built-in Gemma 3 (asked for)"
    if override == "none":
        return "", "none (asked for)"
    if not Path(override).is_file():
        raise UserError(f"no chat template file at {override}", tip="give 'gemma', 'none', or a Jinja file.")
    return _read(Path(override)), override


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (UnicodeDecodeError, OSError) as error:
        raise UserError(f"{file} cannot be read as a chat template: {error}") from error


def _named_default(value: Any) -> str:
    """tokenizer_config.json holds one template, or a list of named ones."""
    if isinstance(value, list):
        named = {str(item.get("name")): str(item.get("template", "")) for item in value if isinstance(item, dict)}
        return named.get("default", next(iter(named.values()), ""))
    return str(value or "")


def _render(source: str, turns: list[dict[str, str]], tokens: dict[str, str], open_reply: bool, origin: str) -> str:
    from jinja2 import TemplateError

    try:
        return _compiled(source).render(messages=turns, add_generation_prompt=open_reply, **tokens)
    except TemplateError as error:
        if turns and turns[0]["role"] == "system" and len(turns) > 1 and "system" in str(error).lower():
            return _render(source, _system_in_user(turns), tokens, open_reply, origin)
        raise UserError(f"the chat template ({origin}) refused the prompt: {error}") from error
    except (TypeError, ValueError, KeyError, OverflowError) as error:
        raise UserError(f"the chat template ({origin}) failed: {type(error).__name__}: {error}") from error


def _system_in_user(turns: list[dict[str, str]]) -> list[dict[str, str]]:
    """For a template that refuses a system turn: what Gemma 3 does itself, its text opens the first user turn."""
    system, first, *rest = turns
    return [{**first, "content": f"{system['content']}\n\n{first['content']}"}, *rest]


@lru_cache(maxsize=16)
def _compiled(source: str) -> Any:
    """The settings that transformers compiles chat templates with, in Jinja's sandbox."""
    import json

    from jinja2 import TemplateError, TemplateSyntaxError
    from jinja2.ext import loopcontrols
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    def raise_exception(message: str) -> None:
        raise TemplateError(message)

    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols])
    environment.globals["raise_exception"] = raise_exception
    environment.filters["tojson"] = lambda value, indent=None: json.dumps(value, ensure_ascii=False, indent=indent)
    try:
        return environment.from_string(source)
    except TemplateSyntaxError as error:
        raise UserError(f"the chat template does not compile: {error}") from error
