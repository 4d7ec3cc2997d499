"""What a puzzle is, and how its answer is read in a reply."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from harness.core.records import Doc
from tasks.forgetting.counting import letters
from tasks.scoring.answer.extract import find_answer
from tasks.scoring.answer.numbers import format_number

AnswerKind: TypeAlias = Literal["option", "letters", "number"]
"""One of the options; a string of letters; a whole number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Puzzle:
    """A question with its one right answer."""

    question: str
    ask: str
    """What is to be written, such as 'Answer with the name only,'."""
    target: str
    answer: AnswerKind = "option"
    options: tuple[str, ...] = ()
    """All answers that make sense, where they are few."""


def read_answer(doc: Doc, reply: str) -> str | None:
    """The answer that a reply gives to a puzzle, in the words of its options; None where it gives none, or two.

    It is looked for where a final answer stands ("Answer: ...", a tag, a box, else the last line). Where that names no
    option, an option that the whole reply names alone is the answer.
    """
    kind = doc.metadata["answer"]
    if kind == "number":
        number = find_answer(reply, kind="number")
        return format_number(number.number.value) if number is not None and number.number is not None else None
    found = find_answer(reply, kind="text")
    region = found.text if found is not None else ""
    if kind == "letters":
        return _letters(region)
    return _only_option(doc, region) or (_only_option(doc, reply) if not _named(doc, region) else None)


def is_right(doc: Doc, answer: str) -> bool:
    """Whether an answer that was read is the right one."""
    return answer.casefold() == doc.target.casefold()


def _letters(region: str) -> str | None:
    """The letters of the region, spelt together or apart; of a sentence, its quoted or else its last word."""
    quoted = re.findall(r"[\"'“‘]([^\"'”’\n]{1,40})[\"'”’]", region)
    if quoted:
        return letters(quoted[-1]) or None
    parts = [letters(part) for part in re.split(r"[\s,;:]+", region) if letters(part)]
    if not parts:
        return None
    return "".join(parts) if all(len(part) == 1 for part in parts) else parts[-1]


def _only_option(doc: Doc, text: str) -> str | None:
    named = _named(doc, text)
    return named[0] if len(named) == 1 else None


def _named(doc: Doc, text: str) -> list[str]:
    """The options that a text names as whole words; a longer option hides a shorter one inside it."""
    named: list[str] = []
    rest = text
    for option in sorted(doc.metadata["options"], key=len, reverse=True):
        rest, n_found = re.subn(rf"(?i)(?<![^\W_]){re.escape(option)}(?![^\W_])", " ", rest)
        if n_found:
            named.append(option)
    return named
