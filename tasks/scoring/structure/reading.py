"""What the structure rules look at: one reply, parsed once, and what a rule says of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from harness.core.records import Completion, Doc
from harness.core.reply.format import ResponseFormat, Section, SectionName
from harness.core.reply.parse import FoundSection, Marker, find_markers, sections_between, without_end_tokens
from harness.core.task import as_text

AnswerType: TypeAlias = Literal["number", "sentence", "text"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the caller asks of a reply beyond its form; a rule whose limit is not set does not apply."""

    answer_type: AnswerType | None = None
    min_steps: int | None = None
    max_steps: int | None = None
    max_tokens: int | None = None
    """Of the completion, as the backend counted them."""
    max_chars: int | None = None
    """Of the reply, prefill included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A reply with its markers and sections found."""

    response_format: ResponseFormat
    limits: Limits
    doc: Doc
    completion: Completion
    reply: str
    """The whole assistant turn with the prefill, without end-of-turn tokens."""
    question: str
    markers: tuple[Marker, ...]
    sections: tuple[FoundSection, ...]

    def first(self, name: SectionName) -> FoundSection | None:
        """The first section of that name."""
        return next((section for section in self.sections if section.name == name), None)

    def body(self, name: SectionName) -> str:
        """Its text without blanks around it; empty where there is no such section."""
        section = self.first(name)
        return self.reply[section.body_start : section.body_end].strip() if section else ""

    def declared(self, name: SectionName) -> Section:
        """The section as the format declares it."""
        return next(section for section in self.response_format.sections if section.name == name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """A broken rule: where, in characters of the reply, and why in words."""

    start: int
    end: int
    why: str


Finding: TypeAlias = Breach | Literal["kept", "not_applicable"]
Check: TypeAlias = Callable[[Reading], Finding]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One named check of a reply."""

    name: str
    description: str
    check: Check
    default: bool
    """Counts towards `compliant` unless the caller chooses the rules."""


def read(response_format: ResponseFormat, limits: Limits, doc: Doc, completion: Completion) -> Reading:
    """Parse a completion of `doc` by `response_format` for the rules, which need the `limits` too; the prefill is part
    of the reply.
    """
    reply = without_end_tokens(completion.reply)
    markers = find_markers(response_format, reply)
    return Reading(
        response_format=response_format,
        limits=limits,
        doc=doc,
        completion=completion,
        reply=reply,
        question=as_text(doc.question),
        markers=tuple(markers),
        sections=sections_between(response_format, reply, markers),
    )
