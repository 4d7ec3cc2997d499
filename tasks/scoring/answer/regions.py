"""Where a final answer may stand in a reply: one function a rule, each giving spans with the preferred one first."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from harness.core.reply.format import ResponseFormat
from harness.core.reply.parse import parse_sections

Choice: TypeAlias = Literal["first", "last"]
Span: TypeAlias = tuple[int, int]

_TAG = re.compile(
    r"<[ ]?(?P<open>answer|final_answer|solution)[ ]?>|<[ ]?/[ ]?(?:answer|final_answer|solution)\b", re.IGNORECASE
)
_BOXED = re.compile(r"\\f?boxed[ ]{0,2}(?=\{|-?\d)")
_BARE_BOX = re.compile(r"-?\d+(?:[.,]\d+)*(?:/\d+)?")
_HASHES = re.compile(r"(?<!#)####(?!#)[ \t]{0,4}([^\n]{0,400})")
_HEADING = re.compile(r"(?:\*\*)?(?:step|part|case|problem|question|solution|reasoning|explanation)\b", re.IGNORECASE)
_MARKS = r"(?:[\s$&]|\\[()\[\],;]|\\q?quad\b|\\(?:text|mbox)\{|\})*"
_BOX_GAP = re.compile(
    rf"{_MARKS}(?:,|;|(?:[A-Za-z]+{_MARKS})?(?:\band\b|\bor\b)){_MARKS}(?:and\b{_MARKS})?"
    rf"(?:\\?[A-Za-z](?:_\{{?\w\}}?)?{_MARKS}={_MARKS})?|[ $]*"
    rf"|{_MARKS}[^{{}}\\\n.]{{0,30}}\b(?:and|or)[ ]?\}}{_MARKS}"
)
"""Between boxes that belong together: "\\boxed{2} and \\boxed{3}", "\\boxed{2} apples and \\boxed{3} pears"."""
MAX_FOUND = 32
"""Spans tried of one rule: a reply that repeats a marker more often is looping."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A part of the reply that should hold the final answer."""

    rule: str
    """Which rule found it: 'format', 'section', 'tags', 'boxed', 'hashes', 'answer-is', 'last-line'."""
    start: int
    end: int
    is_final: bool = True
    """Meant as the answer; "the answer would be 5" may only be a thought on the way."""


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
    r"""`\boxed{...}` with balanced braces, also `\boxed 54`; boxes joined by "and", "or" or a comma are one answer.

    An unclosed box (a truncated reply) holds no answer.
    """
    if "boxed" not in reply:
        return []
    matches = list(_BOXED.finditer(reply))
    matches = matches[:MAX_FOUND] if choice == "first" else matches[-MAX_FOUND:]
    boxes = [box for match in matches if (box := _box(reply, match)) is not None]
    return _regions("boxed", _joined_boxes(reply, boxes), choice)


class _Box(NamedTuple):
    start: int
    body: Span
    end: int


def _box(reply: str, match: re.Match[str]) -> _Box | None:
    closing = _closing_brace(reply, match.end())
    if closing is not None:
        return _Box(match.start(), (match.end() + 1, closing), closing + 1)
    bare = _BARE_BOX.match(reply, match.end())
    return _Box(match.start(), bare.span(), bare.end()) if bare else None


def _joined_boxes(reply: str, boxes: list[_Box]) -> list[Span]:
    """The body of each box; of boxes that belong together all of them, commands included."""
    groups: list[list[_Box]] = []
    for box in boxes:
        if groups and _BOX_GAP.fullmatch(reply, groups[-1][-1].end, box.start):
            groups[-1].append(box)
        else:
            groups.append([box])
    return [group[0].body if len(group) == 1 else (group[0].start, group[-1].end) for group in groups]


def hashes(reply: str, choice: Choice) -> list[Region]:
    """The rest of a line after `####`; Markdown headings such as `#### Step 2` are none."""
    if "####" not in reply:
        return []
    spans = [m.span(1) for m in _HASHES.finditer(reply) if not _HEADING.match(m[1])]
    return _regions("hashes", spans, choice)


def last_line(reply: str, choice: Choice) -> list[Region]:
    """The last (or first) line with any text."""
    body = reply.rstrip() if choice == "last" else reply.lstrip()
    if not body:
        return []
    if choice == "last":
        return [Region(rule="last-line", start=body.rfind("\n") + 1, end=len(body))]
    start = len(reply) - len(body)
    return [Region(rule="last-line", start=start, end=start + len(body.split("\n", 1)[0]))]


def _regions(rule: str, spans: list[Span], choice: Choice) -> list[Region]:
    filled = spans[:MAX_FOUND] if choice == "first" else spans[: -MAX_FOUND - 1 : -1]
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
