"""Answers that are words or signs: options by their letter, yes and no, clock times, ratios, brackets."""

from __future__ import annotations

import re
from functools import reduce
from math import gcd

_OPTION = re.compile(
    r"\s*(?:(?:option|choice|answer|for sure|definitely|clearly|probably|surely)\s)?\(?([A-Za-z])"
    r"(?:[).:,。、]|\s*$|(?-i:\s(?![a-z]))|(?=[\u4e00-\u9fff]))",
    re.IGNORECASE,
)
"""An option by its letter: "(B) the cat", "B. the cat", "Option B"; "a dog" is no A."""
_OPTION_AT_END = re.compile(
    r"(?:\bis|['’]s|\boption|\bchoice|\bchoose|:)\s*(?:option )?[(*]{0,3}([A-Z])[)*]{0,3}[.!\s]*$"
)
_ANOTHER = re.compile(
    r"[).]?\s*\([A-Za-z]\)|"
    r"[).]?\s*(?:,|/|&|\bor\b|\band\b)\s*(?:\bor\b\s*|\band\b\s*)?(?:option )?(?:\([A-Za-z]\)|[A-HJ-Z](?![A-Za-z]))"
)
"""A second option right after the first: "(A) or (D)" is neither."""
_GOLD_OPTION = re.compile(r"\s*\(([A-Za-z])\)|\s*([A-Za-z])\s*[.)]?\s*$|\s*([B-H])(?=\s[A-Z][a-z])")
_NEGATED = re.compile(r"[-−]\\?[A-Za-z]")
"""A minus in front of a letter is a sign: -i is not i."""
_VERDICTS = frozenset({"yes", "no", "true", "false", "valid", "invalid"})
_FIRST_WORD = re.compile(r"\W*(\w+)(?=\s*(?:[.,;:!)—–-]|$|\n|\bbecause\b|\bsince\b|\bas\b))(?!\s*[,/]?\s*(?:or|and)\b)")
_LAST_WORD = re.compile(r"(?:\bis|\bare|:|\bit['’]s)\s*[\"'“*(]*(\w+)[\"'”*).!\s]*$")
_TIME = re.compile(
    r"\s*(\d{1,2})(?:(?P<colon>[:h])|\.)(\d{2})\s*(?:([ap])\.?\s?m\.?|(?P<clock>uhr|o'clock))?\s*", re.IGNORECASE
)
_NAMED_TIMES = {"noon": "12:00 pm", "midnight": "12:00 am", "12 noon": "12:00 pm", "12 midnight": "12:00 am"}
_RATIO = re.compile(r"\s*(?:the ratio (?:is )?)?(\d{1,9}(?:\s*(?::|\bto\b)\s*\d{1,9}){1,4})\s*")
_AS_FRACTION = re.compile(r"\s*(?:\\d?frac\{(\d{1,9})\}\{(\d{1,9})\}|(\d{1,9})\s?/\s?(\d{1,9}))\s*")


def plain_text(text: str) -> str:
    """Letters and digits alone, in lower case.

    >>> plain_text("**The East.**"), plain_text(r"\\text{east}")
    ('the east', 'east')
    """
    return " ".join(re.findall(r"\b\w['′]+(?!\w)|[^\W_]+", normalise_text(text).casefold()))


def normalise_text(text: str) -> str:
    r"""The text without `\text{}`, dollar signs and emphasis."""
    text = re.sub(r"\\(?:text|mbox|mathrm|textbf)\{([^{}]{0,400})\}", r"\1", text)
    return re.sub(r"\*\*|__|`|\$", "", text).strip()


def squeezed(text: str) -> str:
    """The text without blanks, dollar signs, emphasis, quotation marks and a full stop."""
    return re.sub(r"[\s$*`\"“”]+", "", text).rstrip(".")


def texts_equal(gold: str, answer: str, *, is_line: bool = False) -> bool:
    """Equality of words: case, punctuation and mark-up aside. `is_line`: the answer is a line that nothing marks."""
    wanted, given = plain_text(gold), plain_text(answer)
    if not wanted:
        return squeezed(gold) == squeezed(answer)
    if _NEGATED.match(gold.strip(" $")) is None and _NEGATED.match(answer.strip(" $")) is not None:
        return False
    option = _GOLD_OPTION.match(normalise_text(gold))
    if option is not None:
        return _names_option(answer, (option[1] or option[2] or option[3]).casefold(), is_line) or wanted == given
    if wanted in _VERDICTS:
        return wanted == given or _verdict(answer, is_line) == wanted
    return bool(given) and wanted == given


def _names_option(answer: str, letter: str, is_line: bool) -> bool:
    text = normalise_text(answer)
    named = _OPTION.match(text)
    if named is None and is_line:
        named = _OPTION_AT_END.search(text[-80:])
        text = text[-80:]
    if named is None or _ANOTHER.match(text, named.end(1)):
        return False
    return named[1].casefold() == letter


def _verdict(answer: str, is_line: bool) -> str:
    text = normalise_text(answer)
    word = _FIRST_WORD.match(text) or (_LAST_WORD.search(text[-80:]) if is_line else None)
    return word[1].casefold() if word else ""


def times_equal(gold: str, answer: str) -> bool:
    """ "3:30 p.m.", "3.30 pm" and "15:30" are "3:30 PM", and the first two answer "3:30"; "3:30 AM" does not answer
    "3:30 PM"."""
    wanted, given = _time(gold), _time(answer)
    if wanted is None or given is None:
        return False
    if wanted[2] is None:
        return wanted[:2] == given[:2] or (wanted[0] > 12 and _in_24_hours(given) == wanted[:2])
    known = given[2] is not None or given[0] > 12 or given[0] == 0
    return known and _in_24_hours(given) == _in_24_hours(wanted)


_Time = tuple[int, int, str | None]


def _time(text: str) -> _Time | None:
    text = normalise_text(text)
    match = _TIME.fullmatch(_NAMED_TIMES.get(text.lower().strip(" ."), text))
    if match is None or int(match[3]) > 59 or int(match[1]) > 24:
        return None
    if match["colon"] is None and match[4] is None and match["clock"] is None:
        return None  # "3.30" alone is a number
    return int(match[1]), int(match[3]), match[4].lower() if match[4] else None


def _in_24_hours(time: _Time) -> tuple[int, int]:
    hour, minute, half = time
    return (hour % 12 + (12 if half == "p" else 0) if half else hour), minute


def ratios_equal(gold: str, answer: str) -> bool:
    """ "6:4", "3 to 2" and "3/2" are the ratio 3:2. What may be a clock time ("12:30") is not reduced."""
    wanted = _ratio(gold)
    if wanted is None or _time(gold) is not None:
        return False
    return wanted == _ratio(normalise_text(answer))


def _ratio(text: str) -> tuple[int, ...] | None:
    text = text.strip(" .$")
    match, fraction = _RATIO.fullmatch(text), _AS_FRACTION.fullmatch(text)
    if match is None and fraction is None:
        return None
    parts = [int(part) for part in re.findall(r"\d+", text if match is None else match[1])]
    divisor = reduce(gcd, parts)
    return tuple(part // divisor for part in parts) if divisor else None
