"""Where a final answer may stand in a reply: one function a rule, each giving spans with the preferred one first."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from harness.core.reply.format import ResponseFormat
from harness.core.reply.parse import parse_sections
from harness.core.reply.presets import PRESETS

Choice: TypeAlias = Literal["first", "last"]
Span: TypeAlias = tuple[int, int]

_TAG = re.compile(
    r"<[ ]?(?P<open>answer|final_answer|solution)[ ]?>|<[ ]?/[ ]?(?:answer|final_answer|solution)\b", re.IGNORECASE
)
_BOXED = re.compile(r"\\f?boxed[ ]{0,2}(?=\{|-?\d)")
_BARE_BOX = re.compile(r"-?\d+(?:[.,]\d+)*(?:/\d+)?")
_HASHES = re.compile(r"(?<!#)####(?!#)[ \t]{0,4}([^\n]{0,400})")
_HEADING = re.compile(r"(?:\*\*)?(?:step|part|case|problem|question|solution|reasoning|explanation)\b", re.IGNORECASE)
_ANSWER = re.compile("nswer|NSWER")
_CUE = re.compile(
    r"nswer(?:(?:\*\*|__)?[ ]{0,2}[:：](?:\*\*|__)?"
    r"|\b[^\n.:=]{0,80}?(?:\bis\b|\bequals\b|\bwould be\b|=)[ ]{0,2}[:：]?)",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?<=[.!?])(?<!\\!)(?<!Rs\.)(?<!No\.)(?<!vs\.)(?:\*\*)?[ ]")
_REASONING_ENDS = tuple(
    sorted({s.close for preset in PRESETS.values() for s in preset.sections if s.name == "reasoning" and s.close})
)
_MAX_FOUND = 32
"""Spans tried of one rule: a reply that repeats a marker more often is looping."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A part of the reply that should hold the final answer."""

    rule: str
    """Which rule found it: 'format', 'section', 'tags', 'boxed', 'hashes', 'answer-is', 'last-line'."""
    start: int
    end: int


def declared_sections(reply: str, choice: Choice, declared: ResponseFormat | None, *, strict: bool) -> list[Region]:
    """Answer sections of a `reply` in the declared format, in the order of `choice`; with `strict` only those that are
    closed as declared.
    """
    if declared is None:
        return []
    found = [s for s in parse_sections(declared, reply) if s.name == "answer" and (s.closed or not strict)]
    spans = [(s.body_start, s.body_end) for s in found]
    if not any(section.close for section in declared.sections if section.name == "answer"):
        spans = [_without_cut(reply, span) for span in spans]
    return _regions("format" if strict else "section", [span for span in spans if reply[slice(*span)].strip()], choice)


def tags(reply: str, choice: Choice) -> list[Region]:
    """`<answer>...</answer>` and its like; a missing or broken closing tag ends the body all the same."""
    spans: list[Span] = []
    opened: int | None = None
    for match in _TAG.finditer(reply):
        if opened is not None:
            spans.append((opened, match.start()))
        opened = match.end() if match["open"] else None
    if opened is not None:
        spans.append((opened, len(reply)))
    return _regions("tags", spans, choice)


def boxed(reply: str, choice: Choice) -> list[Region]:
    r"""`\boxed{...}` with balanced braces, also `\boxed 54`; an unclosed box (a truncated reply) holds no answer."""
    if "boxed" not in reply:
        return []
    starts = [match.end() for match in _BOXED.finditer(reply)]
    starts = starts[:_MAX_FOUND] if choice == "first" else starts[-_MAX_FOUND:]
    spans = [(start + 1, end) for start in starts if (end := _closing_brace(reply, start)) is not None]
    spans += [bare.span() for start in starts if (bare := _BARE_BOX.match(reply, start))]
    return _regions("boxed", sorted(spans), choice)


def hashes(reply: str, choice: Choice) -> list[Region]:
    """The rest of a line after `####`; Markdown headings such as `#### Step 2` are none."""
    if "####" not in reply:
        return []
    spans = [m.span(1) for m in _HASHES.finditer(reply) if not _HEADING.match(m[1])]
    return _regions("hashes", spans, choice)


def answer_is(reply: str, choice: Choice) -> list[Region]:
    """What follows "The answer is", "Final answer:", "answer =": the sentence, or the next line where it is empty."""
    if "nswer" not in reply and "NSWER" not in reply:
        return []  # a plain search first: over a thousand long replies it is the difference
    starts = [match.start() for match in _ANSWER.finditer(reply)]
    starts = starts[:_MAX_FOUND] if choice == "first" else starts[-_MAX_FOUND:]
    cues = [cue.end() for start in starts if (cue := _CUE.match(reply, start))]
    return _regions("answer-is", [_after_cue(reply, end) for end in cues], choice)


def last_line(reply: str, choice: Choice) -> list[Region]:
    """The last (or first) line with any text, thinking left out where its end is marked."""
    start = max(reply.rfind(mark) + len(mark) if mark in reply else 0 for mark in _REASONING_ENDS)
    if not reply[start:].strip():
        start = 0
    body = reply[start:].rstrip() if choice == "last" else reply[start:].lstrip()
    if not body:
        return []
    if choice == "last":
        line = body.rfind("\n") + 1
        return [Region(rule="last-line", start=start + line, end=start + len(body))]
    start = len(reply) - len(body)
    return [Region(rule="last-line", start=start, end=start + len(body.split("\n", 1)[0]))]


RULES: dict[str, Callable[[str, Choice], list[Region]]] = {
    "tags": tags,
    "boxed": boxed,
    "hashes": hashes,
    "answer-is": answer_is,
    "last-line": last_line,
}


def _regions(rule: str, spans: list[Span], choice: Choice) -> list[Region]:
    filled = spans[:_MAX_FOUND] if choice == "first" else spans[: -_MAX_FOUND - 1 : -1]
    return [Region(rule=rule, start=start, end=end) for start, end in filled]


def _closing_brace(text: str, opening: int) -> int | None:
    if text[opening] != "{":
        return None
    depth = 0
    for position in range(opening, min(len(text), opening + 2_000)):
        depth += {"{": 1, "}": -1}.get(text[position], 0)
        if depth == 0:
            return position
    return None


def _without_cut(reply: str, span: Span) -> Span:
    """A section that nothing closes ends at a blank line, so that remarks after the answer stay outside."""
    start, end = span
    first = start + len(reply[start:end]) - len(reply[start:end].lstrip())
    blank = reply.find("\n\n", first, end)
    return (start, end if blank < 0 else blank)


def _after_cue(reply: str, start: int) -> Span:
    end = _line_end(reply, start)
    if not reply[start:end].strip(" *_:$"):
        while end < len(reply) and not reply[start:end].strip(" *_:$\n"):
            end = _line_end(reply, end + 1)
    sentence = _SENTENCE_END.search(reply, start, min(end, start + 1_000))
    return (start, sentence.start() if sentence else min(end, start + 1_000))


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end
