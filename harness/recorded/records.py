"""What a file of completions holds, before and after it is matched to docs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from harness.core.records import Completion, Finish

Kind: TypeAlias = Literal["plain", "openai-batch", "lm-eval", "lighteval", "inspect", "run"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRow:
    """One completion as some tool wrote it down."""

    line: int
    """1-based line of the file; row or sample number where the format has no lines."""
    text: str
    id: str = ""
    """The doc's id in the file, or empty."""
    idx: int | None = None
    """The doc's row number (0-based) in the data the completion was made from."""
    repeat: int = 0
    prefill: str = ""
    finish: Finish = "stop"
    error: str = ""
    """Why there is no text, with finish == 'error'."""
    question: str | None = None
    """Of a row without an id, by which its doc is found."""
    prompt: str | None = None
    """What the model was asked, where the file says."""
    gold: str | None = None
    """The gold answer that the row carries; it guards against a mixed-up idx."""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedCompletions:
    """Every completion of one file or folder."""

    source: str
    """Where they were read from."""
    kind: Kind
    rows: tuple[RecordedRow, ...]
    notices: tuple[str, ...] = ()
    """Lines that the user should see (what was left out, and how much of it)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """Completions with the docs they answer."""

    completions: tuple[Completion, ...]
    """In order of the docs, then of the repeats."""
    missing: tuple[str, ...]
    """Ids of docs without any completion, in order of the docs; these are not scored."""
