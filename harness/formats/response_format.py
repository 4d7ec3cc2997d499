"""The declared form of a reply: one object that prompting, training, extraction and structure scoring share."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias

SectionName: TypeAlias = Literal["question", "reasoning", "answer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One part of a reply and the text that opens and closes it."""

    name: SectionName
    open: str = ""
    """A tag (`<answer>`) matches anywhere; a label that ends with ':' matches at the start of a line."""
    close: str = ""
    """Empty: the section runs to the next one, or to the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseFormat:
    """The sections of a reply in their order."""

    name: str
    sections: tuple[Section, ...]
    instruction: str = ""
    """What a system prompt says to ask for this form."""
    boxed_answer: bool = False
    r"""The answer is wrapped in `\boxed{}`."""

    def render(self, question: str, reasoning: str, answer: str) -> str:
        r"""The compliant reply.

        >>> from harness.formats.presets import REASONING_ANSWER_TAGS
        >>> REASONING_ANSWER_TAGS.render("1+1?", "1 + 1 = 2", "2")
        '<reasoning>\n1 + 1 = 2\n</reasoning>\n<answer>\n2\n</answer>'
        """
        answer = rf"\boxed{{{answer}}}" if self.boxed_answer else answer
        bodies = {"question": question, "reasoning": reasoning, "answer": answer}
        return "\n".join(_render_section(section, bodies[section.name]) for section in self.sections)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundSection:
    """A section found in a reply; all positions are characters of the reply."""

    name: SectionName
    start: int
    """Where the opening marker starts."""
    body_start: int
    body_end: int
    closed: bool
    """The closing marker was there (always true where the format has none)."""


def parse_sections(response_format: ResponseFormat, reply: str) -> tuple[FoundSection, ...]:
    """Every section in the reply in order of appearance, repeated ones too. Linear in the length of the reply."""
    closes = {section.name: section.close for section in response_format.sections}
    found: list[FoundSection] = []
    current: tuple[SectionName, int, int] | None = _implicit_first(response_format)
    for match in _marker_pattern(response_format).finditer(reply):
        group = match.lastgroup or ""
        kind, name = group.split("_", 1)
        if kind == "open":
            if current is not None:
                found.append(_finish(current, match.start(), closed=not closes[current[0]]))
            current = (name, match.start(), match.end())  # type: ignore[assignment]
        elif current is not None and current[0] == name:
            found.append(_finish(current, match.start(), closed=True))
            current = None
    if current is not None:
        found.append(_finish(current, len(reply), closed=not closes[current[0]]))
    return tuple(found)


def _finish(current: tuple[SectionName, int, int], end: int, *, closed: bool) -> FoundSection:
    name, start, body_start = current
    return FoundSection(name=name, start=start, body_start=body_start, body_end=end, closed=closed)


def _implicit_first(response_format: ResponseFormat) -> tuple[SectionName, int, int] | None:
    first = response_format.sections[0]
    return None if first.open else (first.name, 0, 0)


@lru_cache(maxsize=64)
def _marker_pattern(response_format: ResponseFormat) -> re.Pattern[str]:
    parts = []
    for section in response_format.sections:
        if section.open:
            parts.append(f"(?P<open_{section.name}>{_marker_regex(section.open)})")
        if section.close:
            parts.append(f"(?P<close_{section.name}>{_marker_regex(section.close)})")
    return re.compile("|".join(parts) or r"(?!)", re.IGNORECASE | re.MULTILINE)


def _marker_regex(marker: str) -> str:
    if marker.endswith(":"):  # a label: at the start of a line, Markdown emphasis allowed around it
        return rf"^[ \t]{{0,8}}(?:\*\*|__|#{{1,6}} )?{re.escape(marker[:-1])}(?:\*\*|__)?:(?:\*\*|__)?"
    return re.escape(marker)


def _render_section(section: Section, body: str) -> str:
    if section.close:
        return f"{section.open}\n{body}\n{section.close}"
    if not section.open:
        return body
    separator = "\n" if section.open.endswith(":") and "\n" in body else " "
    return f"{section.open}{separator}{body}"
