"""Finds the markers and sections of a response format in a reply, in time linear in its length."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, pairwise
from typing import Literal, NamedTuple

from harness.core.reply.format import ResponseFormat, Section, SectionName

MAX_MARKERS = 1000
"""A reply with more is degenerate; only the first and the last half of this number are kept, which bounds the work."""

END_TOKENS = (
    *("<end_of_turn>", "<turn|>", "<eos>", "</s>", "<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|eom_id|>"),
    *(
        "<|end_of_text|>",
        "<|return|>",
        "<\uff5cend\u2581of\u2581sentence\uff5c>",
        "<|end\u2581of\u2581sentence|>",
        "<|END_OF_TURN_TOKEN|>",
    ),
)
"""What chat templates end a turn with; not part of the reply, though some logs keep it."""


class Marker(NamedTuple):
    """One opening or closing marker in a reply; positions are characters."""

    section: SectionName
    kind: Literal["open", "close"]
    start: int
    end: int


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
    end: int
    """Where the closing marker ends; body_end without one."""


def find_markers(response_format: ResponseFormat, reply: str) -> list[Marker]:
    """Every marker of the format in order of appearance (at most MAX_MARKERS: the first and the last half)."""
    matches = _marker_pattern(response_format).finditer(reply)
    kept = list(islice(matches, MAX_MARKERS // 2))
    kept.extend(deque(matches, maxlen=MAX_MARKERS // 2))
    return [_marker(match) for match in kept]


def parse_sections(response_format: ResponseFormat, reply: str) -> tuple[FoundSection, ...]:
    """Every section in the reply in order of appearance, repeated ones too.

    A section without an opening marker is found where it has text. Linear in the length of the reply.
    """
    return sections_between(response_format, reply, find_markers(response_format, reply))


def sections_between(response_format: ResponseFormat, reply: str, markers: list[Marker]) -> tuple[FoundSection, ...]:
    """The sections that `find_markers`' result delimits."""
    declared = {section.name: section for section in response_format.sections}
    implicit_after = _implicit_after(response_format.sections)
    found: list[FoundSection] = []
    first = response_format.sections[0]
    current: _Open | None = None if first.open else _Open(first, 0, 0)
    for marker in markers:
        if marker.kind == "open":
            _close(found, reply, current, marker.start, marker.start, by_marker=False)
            current = _Open(declared[marker.section], marker.start, marker.end)
        elif current is not None and current.section.name == marker.section:
            _close(found, reply, current, marker.start, marker.end, by_marker=True)
            following = implicit_after.get(marker.section)
            current = _Open(following, marker.end, marker.end) if following else None
    end = len(without_end_tokens(reply))
    _close(found, reply, current, end, end, by_marker=False)
    return tuple(found)


def without_end_tokens(reply: str) -> str:
    """The reply without blanks and end-of-turn tokens at its end."""
    end = _without_blanks(reply, len(reply))
    while reply.endswith(END_TOKENS, 0, end):
        token = next(token for token in END_TOKENS if reply.endswith(token, 0, end))
        end = _without_blanks(reply, end - len(token))
    return reply[:end]


def _without_blanks(reply: str, end: int) -> int:
    while end and reply[end - 1].isspace():
        end -= 1
    return end


class _Open(NamedTuple):
    section: Section
    start: int
    body_start: int


def _close(
    found: list[FoundSection], reply: str, current: _Open | None, body_end: int, end: int, *, by_marker: bool
) -> None:
    if current is None:
        return
    body_end, end = max(body_end, current.body_start), max(end, current.body_start)
    if not current.section.open and not by_marker and not reply[current.body_start : body_end].strip():
        return
    found.append(
        FoundSection(
            name=current.section.name,
            start=current.start,
            body_start=current.body_start,
            body_end=body_end,
            closed=by_marker or not current.section.close,
            end=end,
        )
    )


def _implicit_after(sections: tuple[Section, ...]) -> dict[str, Section]:
    pairs = pairwise(sections)
    return {earlier.name: later for earlier, later in pairs if not later.open}


def _marker(match: re.Match[str]) -> Marker:
    kind, name = (match.lastgroup or "").split("_", 1)
    return Marker(name, kind, match.start(), match.end())  # type: ignore[arg-type]


@lru_cache(maxsize=64)
def _marker_pattern(response_format: ResponseFormat) -> re.Pattern[str]:
    named = [(f"open_{section.name}", section.open) for section in response_format.sections if section.open]
    named += [(f"close_{section.name}", section.close) for section in response_format.sections if section.close]
    named.sort(key=lambda pair: -len(pair[1]))  # the longest first, so that no marker hides one it is a prefix of
    labels = [(group, marker) for group, marker in named if marker.endswith(":")]
    tags = [(group, marker) for group, marker in named if not marker.endswith(":")]
    parts = [part for part in (_label_regex(labels), _tag_regex(tags)) if part]
    return re.compile("|".join(parts) or r"(?!)", re.MULTILINE)


def _tag_regex(tags: list[tuple[str, str]]) -> str:
    if not tags:
        return ""
    # A case-sensitive literal in front lets the regex engine skip to it instead of trying every character.
    firsts = {marker[0] for _, marker in tags}
    first = firsts.pop() if len(firsts) == 1 else "a"
    lead = "" if first.isalpha() else f"(?={re.escape(first)})"
    return (
        lead
        + "(?:"
        + "|".join(f"(?P<{group}>(?i:{re.escape(marker)}){_NO_HEADING.get(marker, '')})" for group, marker in tags)
        + ")"
    )


_NO_HEADING = {
    "####": r"(?!#)(?![ ]{0,4}(?:\*\*)?(?i:step|part|case|problem|question|solution|reasoning|explanation)\b)"
}
"""A Markdown heading such as "#### Step 1" is no answer marker."""


def _label_regex(labels: list[tuple[str, str]]) -> str:
    # At the start of a line, Markdown emphasis allowed around it. What can begin such a line is tested first, by
    # one character: without that, a megabyte of blank lines takes half a second.
    if not labels:
        return ""
    first = "".join(sorted({case for _, marker in labels for case in (marker[0].lower(), marker[0].upper())}))
    alternatives = "|".join(
        f"(?P<{group}>(?i:{re.escape(marker[:-1])})(?:\\*\\*|__)?[ ]?:)" for group, marker in labels
    )
    lead = rf"^(?=[ \t*_#{re.escape(first)}])[ \t]{{0,8}}(?:\*\*|__|\#{{1,6}} )?"
    return f"{lead}(?:{alternatives})(?:\\*\\*|__)?"
