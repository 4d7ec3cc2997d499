"""Rules of the form itself: the markers of a response format and the text around them."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

from harness.core.reply.format import ResponseFormat, Section
from tasks.scoring.structure.reading import Breach, Finding, Reading

_TAG = re.compile(r"</?(\w+)>")
_MAX_SEARCHED_CHARS = 100_000
"""Far beyond any real reply; bounds the time a megabyte of tags takes."""


def every_section_present(reading: Reading) -> Finding:
    """Each declared section has its opening marker, or, without one, some text."""
    found = {section.name for section in reading.sections}
    missing = [section for section in reading.response_format.sections if section.name not in found]
    if not missing:
        return "kept"
    place = _where_expected(reading, missing[0])
    what = f"no {missing[0].open}" if missing[0].open else f"no {missing[0].name} text"
    return Breach(start=place, end=place, why=what)


def every_section_once(reading: Reading) -> Finding:
    """No marker occurs a second time."""
    seen = set()
    for marker in reading.markers:
        key = (marker.section, marker.kind)
        if key in seen:
            text = reading.reply[marker.start : marker.end].strip()
            return Breach(start=marker.start, end=marker.end, why=f"a second {text}")
        seen.add(key)
    return "kept"


def sections_in_order(reading: Reading) -> Finding:
    """The first of each section come in the declared order; fewer than two sections have no order."""
    order = [section.name for section in reading.response_format.sections]
    firsts = {section.name: section for section in reversed(reading.sections)}
    present = sorted(firsts.values(), key=lambda section: section.start)
    if len(present) < 2:
        return "not_applicable"
    for earlier, later in pairwise(present):
        if order.index(later.name) < order.index(earlier.name):
            return Breach(start=later.start, end=later.body_start, why=f"{later.name} comes after {earlier.name}")
    return "kept"


def sections_closed(reading: Reading) -> Finding:
    """Every opened section is closed before any other marker, and nothing is closed that was not open."""
    if not any(section.close for section in reading.response_format.sections):
        return "not_applicable"
    opened = _implicitly_opened(reading)
    for marker in reading.markers:
        text = reading.reply[marker.start : marker.end].strip()
        if marker.kind == "close" and marker.section != opened:
            return Breach(start=marker.start, end=marker.end, why=f"{text} closes nothing")
        if marker.kind == "open" and opened:
            return Breach(start=marker.start, end=marker.end, why=f"{text} before {_close(reading, opened)}")
        opened = marker.section if marker.kind == "open" and _close(reading, marker.section) else ""
    if opened:
        return Breach(start=len(reading.reply), end=len(reading.reply), why=f"no {_close(reading, opened)}")
    return "kept" if reading.sections else "not_applicable"


def nothing_before(reading: Reading) -> Finding:
    """No text before the first section."""
    if reading.response_format.allow_before or not reading.sections:
        return "not_applicable"
    return _text_between(reading, 0, reading.sections[0].start, "before the first section")


def nothing_between(reading: Reading) -> Finding:
    """No text between one section and the next."""
    if len(reading.sections) < 2:
        return "not_applicable"
    for earlier, later in pairwise(reading.sections):
        finding = _text_between(reading, earlier.end, later.start, f"between {earlier.name} and {later.name}")
        if isinstance(finding, Breach):
            return finding
    return "kept"


def nothing_after(reading: Reading) -> Finding:
    """No text after the last section; one that no marker closes ends at its first blank line."""
    if reading.response_format.allow_after or not reading.sections:
        return "not_applicable"
    last = reading.sections[-1]
    declared = reading.declared(last.name)
    if declared.close or not declared.open:
        return _text_between(reading, last.end, len(reading.reply), "after the last section")
    body = reading.reply[last.body_start : last.body_end]
    lead = len(body) - len(body.lstrip())
    blank = body.find("\n\n", lead)
    if blank < 0:
        return "kept"
    return _text_between(reading, last.body_start + blank, len(reading.reply), f"after the {last.name}'s blank line")


def markers_whole(reading: Reading) -> Finding:
    """No damaged tag such as `</answer]`, `</answer}`, `< answer>` or `[/answer]`: what small models often write.

    Measured: 194 of 1,319 replies of gemma-3-1b-it end with `</answer]`, and one tuned run closes 36 answers with
    `</answer}` before the real tag, which leaves the debris in the answer.
    """
    pattern = _damaged_pattern(reading.response_format)
    if pattern is None:
        return "not_applicable"
    damaged = pattern.search(reading.reply, 0, _MAX_SEARCHED_CHARS)
    if damaged is None:
        return "kept"
    return Breach(start=damaged.start(), end=damaged.end(), why=f"{damaged[0]} is a damaged tag")


def exact_markers(reading: Reading) -> Finding:
    """Markers are written as declared: same case, no Markdown around them."""
    if not reading.markers:
        return "not_applicable"
    for marker in reading.markers:
        section = reading.declared(marker.section)
        wanted = section.open if marker.kind == "open" else section.close
        text = reading.reply[marker.start : marker.end].strip()
        if text != wanted:
            return Breach(start=marker.start, end=marker.end, why=f"{text} instead of {wanted}")
    return "kept"


@lru_cache(maxsize=64)
def _damaged_pattern(response_format: ResponseFormat) -> re.Pattern[str] | None:
    markers = [marker for section in response_format.sections for marker in (section.open, section.close)]
    names = sorted({match[1] for marker in markers if (match := _TAG.fullmatch(marker))})
    if not names:
        return None
    whole = "|".join(re.escape(marker) for marker in markers if marker)
    name = "|".join(re.escape(name) for name in names)
    return re.compile(
        rf"(?!{whole})(?:<[ \t]{{0,4}}/?[ \t]{{0,4}}|[\[({{]/)(?:{name})(?!\w)[ \t]{{0,4}}[^\w\s]?", re.IGNORECASE
    )


def _where_expected(reading: Reading, missing: Section) -> int:
    names = [section.name for section in reading.response_format.sections]
    later = set(names[names.index(missing.name) + 1 :])
    return next((section.start for section in reading.sections if section.name in later), len(reading.reply))


def _implicitly_opened(reading: Reading) -> str:
    first = reading.response_format.sections[0]
    return first.name if first.close and not first.open and reading.first(first.name) else ""


def _close(reading: Reading, name: str) -> str:
    return next(section.close for section in reading.response_format.sections if section.name == name)


def _text_between(reading: Reading, start: int, end: int, where: str) -> Finding:
    text = reading.reply[start:end]
    if not text.strip():
        return "kept"
    begin = start + len(text) - len(text.lstrip())
    stop = start + len(text.rstrip())
    return Breach(start=begin, end=stop, why=f"text {where}: {_shown(reading.reply[begin : min(stop, begin + 60)])}")


def _shown(text: str) -> str:
    return repr(" ".join(text.split()))
