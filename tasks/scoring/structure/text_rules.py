"""Rules of the reply as a text: cut short, looping, in another script, too long."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache

from tasks.scoring.structure.reading import Breach, Finding, Reading

_FINISHED = tuple(".!?…:)]}>\"'”’*`$|。！？")
_TAIL = 16
_MIN_REPEATS = 4
_MIN_LOOP_CHARS = 60
_MAX_LOOP_CHARS = 4000
_MAX_CANDIDATES = 64
_SCRIPTS = frozenset(
    (
        *("LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "GEORGIAN", "HEBREW", "ARABIC", "ETHIOPIC", "MONGOLIAN"),
        *("DEVANAGARI", "BENGALI", "GURMUKHI", "GUJARATI", "TAMIL", "TELUGU", "KANNADA", "MALAYALAM", "SINHALA"),
        *("THAI", "LAO", "TIBETAN", "MYANMAR", "KHMER"),
    )
)
# Where letters of other scripts are coded; curly quotes and operators (U+2000 to U+2BFF) are not among them.
_BEYOND_LATIN = re.compile("[\u0370-\u1fff\u2c00-\ud7ff\uf900-\uffff\U00010000-\U0010ffff]")
_GREEK_WORD = re.compile("[\u0370-\u03ff\u1f00-\u1fff]{4,}")


def not_truncated(reading: Reading) -> Finding:
    """The reply did not stop in the middle.

    Cut short is: the backend said so (`finish` is 'length'). Where it counted no tokens, as in files of completions,
    it may not know: cut short is then also a reply whose format is not complete and whose last character is not one
    that ends a sentence; inside the last section a digit or a line break ends it as well. A cut right at the end of a
    sentence is not seen there.
    """
    reply = reading.reply
    if not reply:
        return "not_applicable"
    if reading.completion.finish == "length":
        return Breach(start=len(reply), end=len(reply), why="stopped by the token limit")
    if reading.completion.completion_tokens is not None:
        return "kept"  # who counts the tokens knows why they ended
    if reply.endswith(_FINISHED) or _last_section_ended(reading):
        return "kept"
    return Breach(start=max(0, len(reply) - 20), end=len(reply), why=f"stops at {reply[-20:]!r}")


def no_loop(reading: Reading) -> Finding:
    """Neither the reply nor a section ends in a text repeated four times or more, 60 characters or more in all."""
    ends = {section.body_end for section in reading.sections[:8]} | {len(reading.reply)}
    for end in sorted(ends):
        start = repeated_tail(reading.reply[:end].rstrip())
        if start is not None:
            return Breach(start=start, end=end, why=f"repeats {reading.reply[start : start + 40]!r}")
    return "kept" if reading.reply else "not_applicable"


def one_script(reading: Reading) -> Finding:
    """The letters are of the question's main script; Latin letters and single Greek ones are always allowed."""
    if not reading.reply:
        return "not_applicable"
    if not _BEYOND_LATIN.search(reading.reply) and not _BEYOND_LATIN.search(reading.question):
        return "kept"
    wanted, written = main_script(reading.question), main_script(_without_markers(reading))
    if wanted not in ("", "LATIN") and written and wanted != written:
        return Breach(start=0, end=len(reading.reply), why=f"written in {written}, asked in {wanted}")
    allowed = scripts(reading.question) | {"LATIN"}
    for position, character in _other_letters(reading.reply, allowed):
        why = f"{character!r} is {_script(character)}, not {wanted or 'LATIN'}"
        return Breach(start=position, end=position + 1, why=why)
    return "kept"


def within_length(reading: Reading) -> Finding:
    """The reply keeps within the limits that were set, in tokens or in characters."""
    limits, n_tokens = reading.limits, reading.completion.completion_tokens
    if limits.max_tokens is not None and n_tokens is not None and n_tokens > limits.max_tokens:
        return Breach(start=0, end=len(reading.reply), why=f"{n_tokens} tokens, more than {limits.max_tokens}")
    if limits.max_chars is not None and len(reading.reply) > limits.max_chars:
        why = f"{len(reading.reply)} characters, more than {limits.max_chars}"
        return Breach(start=limits.max_chars, end=len(reading.reply), why=why)
    unmeasured = limits.max_chars is None and (limits.max_tokens is None or n_tokens is None)
    return "not_applicable" if unmeasured else "kept"


def repeated_tail(text: str) -> int | None:
    """Where the repetition that ends the text starts, or None.

    The last 16 characters are looked up backwards; each distance at which they stand again is tried as a period.
    """
    if len(text) < _MIN_LOOP_CHARS:
        return None
    floor = max(0, len(text) - _MAX_LOOP_CHARS)
    tail, at = text[-_TAIL:], len(text) - _TAIL
    for _ in range(_MAX_CANDIDATES):
        at = text.rfind(tail, floor, at + _TAIL - 1)
        if at < 0:
            return None
        period = len(text) - _TAIL - at
        span = max(period * _MIN_REPEATS, _MIN_LOOP_CHARS)
        start = len(text) - span
        if start >= 0 and text[start + period :] == text[start : len(text) - period]:
            has_words = any(character.isalnum() for character in text[start : start + period])
            return start if has_words else None
    return None


def main_script(text: str) -> str:
    """The script of most letters; empty without letters. Han, kana and Hangul count as one."""
    counted: Counter[str] = Counter()
    for character, times in Counter(text).items():
        if script := _script(character):
            counted[script] += times
    return counted.most_common(1)[0][0] if counted else ""


def scripts(text: str) -> set[str]:
    """Every script that has a letter in the text."""
    return {script for character in set(text) if (script := _script(character))}


def _other_letters(text: str, allowed: set[str]) -> list[tuple[int, str]]:
    strange = {c for c in set(text) if (script := _script(c)) and script not in allowed and script != "GREEK"}
    found = [(text.index(character), character) for character in strange]
    if "GREEK" not in allowed and (word := _GREEK_WORD.search(text)):
        found.append((word.start(), word[0][0]))
    return sorted(found)


@lru_cache(maxsize=4096)
def _script(character: str) -> str:
    if character < "\x80":
        return "LATIN" if character.isalpha() else ""
    first = unicodedata.name(character, "").split(" ", 1)[0].split("-", 1)[0] if character.isalpha() else ""
    if first in {"CJK", "HIRAGANA", "KATAKANA", "HANGUL"}:
        return "CJK"
    return first if first in _SCRIPTS else ""


def _without_markers(reading: Reading) -> str:
    ends = [0, *(marker.end for marker in reading.markers)]
    starts = [*(marker.start for marker in reading.markers), len(reading.reply)]
    return " ".join(reading.reply[end:start] for end, start in zip(ends, starts, strict=True))


def _last_section_ended(reading: Reading) -> bool:
    name = reading.response_format.sections[-1].name
    last = reading.first(name)
    if last is None:
        return False
    raw = reading.completion.reply
    return last.closed or (bool(reading.body(name)) and (reading.reply[-1].isdigit() or raw.endswith("\n")))
