"""A task: docs, how they are asked, and how replies are scored. One decorated function each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.core.blame import blaming
from harness.core.records import DataInfo, Doc, Estimate, Message, Prompt, Record
from harness.core.reply.format import ResponseFormat
from harness.core.reply.presets import QUESTION_REASONING_ANSWER
from harness.core.scorer import Scorer
from harness.core.words import counted, one_line


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptTemplate:
    """How a doc becomes a prompt; training renders through the same object."""

    system: str = ""
    """Empty: the response format's own instruction."""
    few_shot: tuple[Doc, ...] = ()
    """Shown as earlier turns, with their gold reasoning in the response format."""
    response_format: ResponseFormat = QUESTION_REASONING_ANSWER
    prefill: str = ""
    """Opens the model's reply."""

    def render(self, doc: Doc) -> Prompt:
        """The messages for one doc: instruction, worked examples, question."""
        instruction = self.system or self.response_format.instruction
        messages = [Message(role="system", content=instruction)] if instruction else []
        for shot in self.few_shot:
            messages.extend(as_messages(shot.question))
            reply = self.response_format.render(as_text(shot.question), shot.gold_reasoning, shot.target)
            messages.append(Message(role="assistant", content=reply))
        messages.extend(as_messages(doc.question))
        return Prompt(messages=tuple(messages), prefill=self.prefill)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Task:
    """Docs with a prompt and scorers. `name`, `options` and `help` are filled in by `@task`."""

    docs: tuple[Doc, ...]
    scorers: tuple[Scorer, ...]
    name: str = ""
    version: str = "1"
    """Raise it when docs or prompt change for the same options."""
    prompt: PromptTemplate = field(default_factory=PromptTemplate)
    primary: str = "accuracy"
    """The metric that a comparison decides on."""
    max_new_tokens: int = 512
    stop: tuple[str, ...] = ()
    data: DataInfo | None = None
    """Where the docs came from; None: made by the task's own code."""
    options: Mapping[str, Any] = field(default_factory=dict)
    help: str = ""
    summary: Callable[[Sequence[Record]], Mapping[str, Estimate]] | None = None
    """Further estimates of the whole run, which are no sum over completions (a corpus BLEU, a group's mean)."""

    def __repr__(self) -> str:
        first = f", the first: {one_line(as_text(self.docs[0].question), 80)!r}" if self.docs else ""
        scorers = ", ".join(scorer.name for scorer in self.scorers)
        return f"Task {self.name or 'without a name'}: {counted(len(self.docs), 'doc')}{first}; scored by {scorers}"


def prompt_of(task: Task, doc: Doc) -> Prompt:
    """The prompt of one doc. Raises UserError with the place in the task's own code where that fails."""
    with blaming(f"task {task.name!r}, prompt of doc {doc.id!r}"):
        return task.prompt.render(doc)


TaskFunction = Callable[..., Task]


def as_text(question: str | tuple[Message, ...]) -> str:
    """The question as one text; of a conversation, its last user turn."""
    if isinstance(question, str):
        return question
    return next((m.content for m in reversed(question) if m.role == "user"), "")


def as_messages(question: str | tuple[Message, ...]) -> tuple[Message, ...]:
    """The question as turns."""
    return (Message(role="user", content=question),) if isinstance(question, str) else question
