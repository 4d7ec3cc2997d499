"""What an exported `fn.py` calls: one of our tasks as lm-eval wants it, docs, few-shot examples and scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from harness.core.errors import UserError
from harness.core.records import Completion, Doc, Message, Prompt
from harness.core.registry import load_scorer, load_task
from harness.core.task import Task, as_text
from harness.data.identity import docs_hash
from harness.runner.scoring import metric_infos, score_completion


class ExportedTask:
    """One of our tasks with its options; built when lm-eval first asks for something."""

    def __init__(self, name: str, options: Mapping[str, Any], scorers: Sequence[str] = (), docs_hash: str = "") -> None:
        self.name = name
        self.options = dict(options)
        self.scorers = tuple(scorers)
        self.docs_hash = docs_hash

    @cached_property
    def task(self) -> Task:
        """The task. Raises UserError where its data are no longer those that were exported."""
        made = load_task(self.name, self.options)
        have = {scorer.name for scorer in made.scorers}
        made = replace(made, scorers=made.scorers + tuple(load_scorer(s) for s in self.scorers if s not in have))
        found = docs_hash(made.docs)
        if self.docs_hash and found != self.docs_hash:
            raise UserError(
                f"task {self.name!r}: the data changed since the export ({self.docs_hash[:8]} then, {found[:8]} now)",
                tip="export again with `harness export-lm-eval`.",
            )
        return made

    def dataset(self) -> dict[str, Any]:
        """The split `test`: id, prompt (the user's turn), reply (the gold one) and target of every doc."""
        import datasets

        rows = [self._row(doc) for doc in self.task.docs]
        return {"test": datasets.Dataset.from_list(rows)}

    def shots(self) -> list[dict[str, str]]:
        """The task's few-shot examples as rows: the first one's prompt carries the instruction."""
        turns = user_turns(self.task.prompt.render(self.task.docs[0]), self.name)
        return [
            {"id": f"shot-{i}", "prompt": asked.content, "reply": answered.content, "target": ""}
            for i, (asked, answered) in enumerate(zip(turns[:-1:2], turns[1::2], strict=True))
        ]

    def score(self, row: Mapping[str, Any], reply: str) -> dict[str, Any]:
        """Each metric's value of one reply; a metric that does not apply is left out, as is a reply not scored."""
        doc = self._by_id[row["id"]]
        completion = Completion(doc_id=doc.id, text=reply, prefill=self.task.prompt.prefill)
        record = score_completion("", doc, completion, self.task.scorers)
        shown = {info.name for info in metric_infos(self.task.scorers) if not info.diagnostic}
        return {name: value for name, value in record.metrics.items() if value is not None and name in shown}

    @cached_property
    def _by_id(self) -> dict[str, Doc]:
        return {doc.id: doc for doc in self.task.docs}

    def _row(self, doc: Doc) -> dict[str, str]:
        prompt = self.task.prompt
        reply = prompt.response_format.render(as_text(doc.question), doc.gold_reasoning, doc.target)
        asked = user_turns(prompt.render(doc), self.name)[-1].content
        return {"id": doc.id, "prompt": asked, "reply": reply, "target": doc.target}


def user_turns(prompt: Prompt, name: str) -> tuple[Message, ...]:
    """The turns with the system instruction in front of the first one, where Gemma's chat template puts it.

    Raises UserError for a prompt that lm-eval has no place for: final text, or turns that do not alternate.
    """
    turns = prompt.messages
    if turns and turns[0].role == "system":
        first = Message(role="user", content=turns[0].content + "\n\n" + turns[1].content)
        turns = (first, *turns[2:])
    expected = ["user" if i % 2 == 0 else "assistant" for i in range(len(turns))]
    if prompt.raw or [turn.role for turn in turns] != expected or len(turns) % 2 == 0:
        raise UserError(f"task {name!r} cannot be exported: its prompts are not question and answer turns")
    return turns


def ratio(items: Sequence[Sequence[float]]) -> float:
    """The sum of numerators over the sum of denominators: how lm-eval aggregates our ratio metrics."""
    below = sum(item[1] for item in items)
    return sum(item[0] for item in items) / below if below else float("nan")
