"""What a model's prompt really looks like, and the mistakes in template, tokenizer and prompt that move scores.

A chat template without the newline after `<start_of_turn>model` took gemma-3-1b-it from 55.7% to 14.6% on GSM8K:
nothing failed, the number was just another one.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from harness.core.display import Shown
from harness.core.errors import UserError
from harness.core.late import load
from harness.core.records import Doc
from harness.core.task import Task, prompt_of
from harness.gemma.lint.checks import CHECKS, Finding, Subject, context
from harness.gemma.model.config import max_positions, read_raw_config, text_config
from harness.gemma.model.hub import resolve
from harness.gemma.text.tokenizer import Tokenizer, load_tokenizer
from harness.store.files import read_json

_SAMPLE = Doc(
    id="sample",
    question="Ann has 3 apples and buys 4 more. How many does she have?",
    target="7",
    gold_reasoning="3 + 4 = 7",
)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Report(Shown):
    """A rendered prompt, its tokens, and the findings, errors first. Shows itself in a notebook."""

    text: str
    tokens: tuple[tuple[int, str], ...]
    """(id, name) of everything the model is given."""
    template: str
    """Where the chat template came from, in words."""
    stop_tokens: tuple[tuple[int, str], ...]
    longest_prompt: int
    """Tokens."""
    n_docs: int
    findings: tuple[Finding, ...]

    VIEWS: ClassVar[str] = "reports.inline.linted"

    @property
    def n_errors(self) -> int:
        """Findings that make scores wrong or incomparable."""
        return sum(finding.level == "error" for finding in self.findings)

    def __repr__(self) -> str:
        return str(load(f"{self.VIEWS}:as_text")(self))


def lint_model(
    model: str | Path,
    task: Task | None = None,
    *,
    base: str | None = None,
    chat_template: str = "",
    against: str | Path | None = None,
    max_new_tokens: int | None = None,
) -> Report:
    """Lint a model's tokenizer and template on a task's prompts (None: a sample question); no weights are read.

    `base` is that of an adapter or checkpoint, `chat_template` replaces the model's own ('gemma', 'none' or a file),
    `max_new_tokens` the task's budget. `against` is the model to compare with, for example the base of a tuned one.
    Raises UserError as loading does.
    """
    folder = resolve(model, base=base, weights=False).model
    asked = task or Task(docs=(_SAMPLE,), scorers=())
    written = tuple(doc for doc in asked.docs if prompt_of(asked, doc).messages)
    if not written:
        raise UserError(f"task {asked.name!r} weighs texts and renders no prompt", tip="there is nothing to lint.")
    subject = Subject(
        tokenizer=_tokenizer(folder, chat_template),
        max_positions=max_positions(folder),
        adds_bos=bool(_optional(folder / "tokenizer_config.json").get("add_bos_token", True)),
        declared_stop_ids=_declared_stop_ids(folder),
        prompt=asked.prompt,
        docs=written,
        max_new_tokens=max_new_tokens or asked.max_new_tokens,
        against=None if against is None else _tokenizer(resolve(against, weights=False).model, ""),
    )
    return lint(subject)


def lint(subject: Subject) -> Report:
    """Render the first doc and check template, tokenizer and every doc's length. Pure."""
    prompt = subject.prompt.render(subject.docs[0])
    ids = subject.tokenizer.render(prompt)
    lengths = [len(subject.tokenizer.render(subject.prompt.render(doc))) for doc in subject.docs]
    found = [finding for check in CHECKS for finding in check(subject, prompt)]
    found += context(subject, lengths)
    order = ("error", "warning", "note")
    return Report(
        text=subject.tokenizer.render_text(prompt),
        tokens=tuple((i, subject.tokenizer.encoder.piece(i)) for i in ids),
        template=subject.tokenizer.template.origin,
        stop_tokens=tuple((i, subject.tokenizer.encoder.piece(i)) for i in subject.tokenizer.stop_ids),
        longest_prompt=max(lengths),
        n_docs=len(lengths),
        findings=tuple(sorted(found, key=lambda finding: order.index(finding.level))),
    )


def _tokenizer(folder: Path, chat_template: str) -> Tokenizer:
    rows = text_config(read_raw_config(folder)).get("vocab_size")
    return load_tokenizer(folder, embeddings=rows, chat_template=chat_template)


def _declared_stop_ids(folder: Path) -> tuple[int, ...]:
    """generation_config.json decides where it names end tokens, as in transformers and vLLM; else config.json."""
    for name in ("generation_config.json", "config.json"):
        given = _optional(folder / name).get("eos_token_id")
        if given is not None:
            return tuple(given) if isinstance(given, list) else (given,)
    return ()


def _optional(path: Path) -> dict[str, Any]:
    return read_json(path) if path.is_file() else {}
