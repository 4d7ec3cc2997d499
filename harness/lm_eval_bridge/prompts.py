"""What lm-eval asks of a model, as prompts of this harness."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.core.errors import UserError
from harness.core.records import Doc, Message, Prompt
from harness.core.task import PromptTemplate


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One doc with everything that its scoring needs."""

    task: str
    """Name of the lm-eval task, of several in a group."""
    doc: Doc
    prompt: Prompt
    instances: tuple[Any, ...]
    """lm-eval's requests for this doc, in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LmEvalPrompt(PromptTemplate):
    """Prompts that lm-eval has rendered, few-shot examples included."""

    prompts: Mapping[str, Prompt] = field(default_factory=dict)
    """By doc id."""

    def render(self, doc: Doc) -> Prompt:
        """The prompt of a doc of this task."""
        return self.prompts[doc.id]


class ChatTurns(str):
    """The turns that lm-eval gives to a chat template: as text they are JSON, or what a template made of them.

    Passing the turns on lets each backend apply its model's own template.
    """

    turns: tuple[Message, ...]
    prefill: str
    is_text: bool
    """The text is final, not JSON."""

    def __new__(cls, turns: Sequence[Mapping[str, str]], add_generation_prompt: bool = True) -> ChatTurns:
        made = super().__new__(cls, json.dumps(list(turns), ensure_ascii=False))
        messages = tuple(Message(role=turn["role"], content=turn["content"]) for turn in turns)  # type: ignore[arg-type]
        opens_reply = not add_generation_prompt and bool(messages) and messages[-1].role == "assistant"
        made.turns = messages[:-1] if opens_reply else messages
        made.prefill = messages[-1].content if opens_reply else ""
        made.is_text = False
        return made

    def as_text(self, text: str) -> ChatTurns:
        """The same turns with `text` as what they read as."""
        made = str.__new__(ChatTurns, text)
        made.turns, made.prefill, made.is_text = self.turns, self.prefill, True
        return made

    def __deepcopy__(self, memo: dict[int, Any]) -> ChatTurns:
        return self


def asked_of(name: str, task: Any) -> Iterator[Asked]:
    """Every doc of a task whose requests are built."""
    by_doc: dict[int, list[Any]] = {}
    for instance in task.instances:
        by_doc.setdefault(instance.doc_id, []).append(instance)
    for doc_id, instances in by_doc.items():
        ordered = tuple(sorted(instances, key=lambda instance: instance.idx))
        prompt = prompt_of(name, ordered)
        yield Asked(task=name, doc=_doc(name, doc_id, task, ordered[0], prompt), prompt=prompt, instances=ordered)


def prompt_of(name: str, instances: Sequence[Any]) -> Prompt:
    """The prompt of one doc. Raises UserError for requests with images or sound."""
    first = instances[0]
    if len(first.args) > 2:
        raise UserError(f"lm-eval's {name!r} asks with images or sound, which no backend here takes")
    if first.request_type == "generate_until":
        return text_prompt(first.args[0])
    pairs = tuple(_pair(instance) for instance in instances)
    if not any(isinstance(context, ChatTurns) for context, _ in pairs):
        return Prompt(messages=(), raw=True, pairs=pairs)
    return _choices_after_turns(name, pairs)


def text_prompt(context: str) -> Prompt:
    """A context as a prompt: turns where it is some, else final text."""
    if isinstance(context, ChatTurns):
        return Prompt(messages=context.turns, prefill=context.prefill)
    return Prompt(messages=(Message(role="user", content=context),), raw=True)


def _pair(instance: Any) -> tuple[str, str]:
    """(context, continuation) of a request for a log-likelihood; a rolling one has no context."""
    if instance.request_type == "loglikelihood_rolling":
        return "", instance.args[0]
    context, continuation = instance.args
    return context, continuation


def _choices_after_turns(name: str, pairs: Sequence[tuple[str, str]]) -> Prompt:
    """One conversation, several ways to go on. Raises UserError where the conversations differ."""
    first = pairs[0][0]
    if any(context != first for context, _ in pairs) or not isinstance(first, ChatTurns):
        raise UserError(
            f"lm-eval's {name!r} weighs texts after several contexts: no chat template is applied to those here",
            tip="leave out -o chat=true, or use `lm_eval run --model reasoning-harness --apply_chat_template`.",
        )
    return Prompt(
        messages=first.turns, prefill=first.prefill, pairs=tuple(("", continuation) for _, continuation in pairs)
    )


def _doc(name: str, doc_id: int, task: Any, instance: Any, prompt: Prompt) -> Doc:
    """The doc as it is stored and shown: its own question and gold, without the few-shot examples."""
    question, target = task.doc_to_text(instance.doc), task.doc_to_target(instance.doc)
    choices = task.doc_to_choice(instance.doc) if task.get_config("doc_to_choice") is not None else None
    if isinstance(question, int) and choices:  # the choices are the questions; the gold says which belongs
        question, target = " / ".join(choices), str(choices[question])
    elif isinstance(target, int) and choices and 0 <= target < len(choices):
        target = choices[target]
    return Doc(
        id=f"{name}-{doc_id}",
        question=str(question) or (prompt.pairs[0][0] if prompt.pairs else ""),
        target=target if isinstance(target, str) else json.dumps(target, default=str),
        metadata={"row": doc_id, "task": name} | ({"choices": list(choices)} if choices else {}),
    )
