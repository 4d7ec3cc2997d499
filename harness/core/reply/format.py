"""The declared form of a reply: one object that prompting, training, extraction and structure scoring share."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Literal, TypeAlias

from harness.core.errors import UserError

SectionName: TypeAlias = Literal["question", "reasoning", "answer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One part of a reply and the text that opens and closes it."""

    name: SectionName
    open: str = ""
    """A tag (`<answer>`) matches anywhere; a label that ends with ':' matches at the start of a line.
    Empty: the section starts with the reply, or right after the section before it is closed."""
    close: str = ""
    """Empty: the section runs to the next one, or to the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseFormat:
    """The sections of a reply in their order.

    Raises UserError for sections that no parser could tell apart.
    """

    name: str
    sections: tuple[Section, ...]
    instruction: str = ""
    """What a system prompt says to ask for this form."""
    boxed_answer: bool = False
    r"""The answer is wrapped in `\boxed{}`."""
    separator: str = "\n"
    """Between the rendered sections."""
    allow_before: bool = False
    """Text before the first section does not break the form."""
    allow_after: bool = False
    """Text after the last section does not break the form."""

    def __post_init__(self) -> None:
        problem = _problem(self.sections)
        if problem:
            raise UserError(f"response format {self.name!r}: {problem}")

    def render(self, question: str, reasoning: str, answer: str) -> str:
        r"""The compliant reply.

        >>> from harness.core.reply.presets import REASONING_ANSWER_TAGS
        >>> REASONING_ANSWER_TAGS.render("1+1?", "1 + 1 = 2", "2")
        '<reasoning>\n1 + 1 = 2\n</reasoning>\n<answer>\n2\n</answer>'
        """
        answer = rf"\boxed{{{answer}}}" if self.boxed_answer else answer
        bodies = {"question": question, "reasoning": reasoning, "answer": answer}
        return self.separator.join(_render_section(section, bodies[section.name]) for section in self.sections)


def _render_section(section: Section, body: str) -> str:
    if section.close:
        return f"{section.open}\n{body}\n{section.close}" if section.open else f"{body}\n{section.close}"
    if not section.open:
        return body
    separator = "\n" if section.open.endswith(":") and "\n" in body else " "
    return f"{section.open}{separator}{body}"


def _problem(sections: tuple[Section, ...]) -> str:
    names = [section.name for section in sections]
    markers = [marker.lower() for section in sections for marker in (section.open, section.close) if marker]
    if "answer" not in names:
        return "it needs an answer section"
    if len(set(names)) < len(names):
        return "a section is declared twice"
    if len(set(markers)) < len(markers):
        return "two markers are the same text"
    if any(not later.open and not earlier.close for earlier, later in itertools.pairwise(sections)):
        return "a section without an opening marker must follow one that is closed"
    return ""
