"""What training may cost: abilities that have nothing to do with story problems, before and after.

Three parts, each a task of its own, and `forgetting`, which is all three in one run:

    instructions   "Explain what a library is for. Write exactly 3 sentences. Do not use any commas."     checked
    puzzles        "Ben is taller than Ada. Cleo is taller than Ben. Who is the tallest? ..."             answered
    text           a paragraph of plain prose                                                             weighed
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from harness.core.errors import UserError, unknown_name
from harness.core.records import Doc, Message, Prompt
from harness.core.registry import task
from harness.core.reply.format import ResponseFormat
from harness.core.reply.presets import BARE
from harness.core.task import PromptTemplate, Task, as_text
from harness.data.identity import data_info
from tasks.forgetting import instructions as writing
from tasks.forgetting import puzzles as riddles
from tasks.forgetting import texts
from tasks.forgetting.scoring import forgetting_scorer, primary_of, words_of_parts

__all__ = ["PARTS", "forgetting", "instructions", "plain_text", "puzzles"]

VERSION = "1"
"""Raise it when the same options give other docs or prompts."""
PARTS = (writing.PART, riddles.PART, texts.PART)


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelPrompt(PromptTemplate):
    """The question alone, as one turn of the user; of a text, the text itself to be weighed after nothing."""

    response_format: ResponseFormat = BARE

    def render(self, doc: Doc) -> Prompt:
        """No instruction stands before the question: what is measured is what a user of the model would see."""
        if doc.metadata["part"] == texts.PART:
            return Prompt(messages=(), raw=True, pairs=(("", as_text(doc.question)),))
        return Prompt(messages=(Message(role="user", content=as_text(doc.question)),), prefill=self.prefill)


@task
def forgetting(n: int = 105, seed: int = 0, parts: str = "instructions,puzzles,text", text: str = "") -> Task:
    """What did training cost: instructions followed, puzzles solved, plain prose expected, in one run.

    n: writing tasks, and as many puzzles; seed: which ones.
    parts: which of instructions, puzzles, text (a server gives no likelihoods, so leave out text there).
    text: a plain text file of your own instead of the bundled prose.
    """
    return _panel(n, seed, words_of_parts(parts), text)


@task
def instructions(n: int = 105, seed: int = 0) -> Task:
    """Writing tasks with one to three constraints that a program checks: lengths, layouts, letters, words.

    n: prompts from the bundled generator.
    """
    return _panel(n, seed, [writing.PART], "")


@task
def puzzles(n: int = 112, seed: int = 0) -> Task:
    """Word and logic puzzles with one right answer each, sixteen kinds in turn.

    n: puzzles from the bundled generator.
    """
    return _panel(n, seed, [riddles.PART], "")


@task
def plain_text(text: str = "") -> Task:
    """How surprised the model is by plain prose: bits a byte, by log-likelihood.

    text: a plain text file of your own, paragraphs parted by blank lines, instead of the bundled prose.
    """
    return _panel(1, 0, [texts.PART], text)


def _panel(n: int, seed: int, parts: Sequence[str], own_text: str) -> Task:
    for part in parts:
        if part not in PARTS:
            raise unknown_name("part", part, PARTS, tip=f"one or more of {', '.join(PARTS)}.")
    if n < 1 or not parts:
        raise UserError("the panel has no docs", tip="n must be at least 1, and one of the parts must be named.")
    groups: list[Sequence[Doc]] = []
    if writing.PART in parts:
        groups.append(list(writing.instructions(n, seed)))
    if riddles.PART in parts:
        groups.append(list(riddles.puzzles(n, seed)))
    if texts.PART in parts:
        groups.append(texts.local_texts(own_text) if own_text else texts.bundled_texts())
    docs = tuple(doc for group in zip_longest(*groups) for doc in group if doc is not None)  # a limit keeps all parts
    return Task(
        docs=docs,
        version=VERSION,
        data=data_info(f"file:{own_text}" if own_text else "bundled:forgetting", docs),
        prompt=PanelPrompt(),
        scorers=(forgetting_scorer(parts),),
        primary=primary_of(parts),
        max_new_tokens=256,
    )
