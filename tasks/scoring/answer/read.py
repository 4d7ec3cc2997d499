"""What a region of a reply says: the number that answers, or its text."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Literal, TypeAlias

from tasks.scoring.answer import numbers
from tasks.scoring.answer.cues import answer_is
from tasks.scoring.answer.expression import reckoned
from tasks.scoring.answer.found import Found, trimmed
from tasks.scoring.answer.numbers import Number
from tasks.scoring.answer.parts import starts_with_limit
from tasks.scoring.answer.quantities import read_quantity
from tasks.scoring.answer.regions import Choice, Region, boxed, hashes, last_line, tags
from tasks.scoring.answer.sentence import read_sentence
from tasks.scoring.answer.tidy import tidied
from tasks.scoring.answer.words import parse_chinese, parse_words

Kind: TypeAlias = Literal["number", "text"]
"""What the gold answer is: it decides whether a region is searched for a number or taken as it stands."""

RULES: dict[str, Callable[[str, Choice], list[Region]]] = {
    "tags": tags,
    "boxed": boxed,
    "hashes": hashes,
    "answer-is": answer_is,
    "last-line": last_line,
}
_SEVERAL = re.compile(r"=[^=]{0,80}(?:,(?!\d{3}|\\!)|;|\band\b|\bor\b|\\quad)[^=]{0,80}=")
_INLINE_MATH = re.compile(r"(?<!\\)\$([^$\n]{1,400})(?<!\\)\$|\\\(([^\n]{1,400}?)\\\)")
_BETWEEN_FORMULAS = re.compile(r"\s*(?:,|;|,?\s*\b(?:and|or)\b)\s*")
_FORMULA_ENDS_IN_FACTORIAL = re.compile(r"[$\s({\\]*[^\s$]*\d!\$?[).}\\\s]*")
_DENIAL = re.compile(
    r"[\s*]*(?:not|n['’]t|wrong|incorrect)\b"
    r"(?P<denied>[^\n]{0,80}?(?:,[ ]?)?\b(?:but|rather|instead)\b(?: it is| rather)?)?"
)
_NONE = re.compile(r"[\s*\"']*(?:none|nothing|nobody|no one|zero)\b", re.IGNORECASE)
_NONE_OF = re.compile(r"[\s*]*(?:there (?:is|are) )?no [a-z]{2,20}(?: [a-z]{2,12}){0,2}[\s.*]*", re.IGNORECASE)
_NOTHING_SAID = re.compile(
    r"[\s*]*(?:none of (?:the above|these)|nothing (?:is|can be)|no (?:answer|solution|idea))", re.IGNORECASE
)
_RATIO_IN_WORDS = re.compile(r"([a-z]+(?:-[a-z]+)?) (?:in|out of) ([a-z]+(?:-[a-z]+)?)", re.IGNORECASE)
_APPROXIMATELY = re.compile(r"\\(?:approx|simeq|sim)(?![A-Za-z])|≈|≃|≅")
_LIST_ITEM = re.compile(r"\n\s*[-*•+] ")
_MAY_BE_QUANTITY = re.compile(r"\\?[$€£]?\d[^=+*/^]{3,60}\Z")
_SAID = re.compile(r"(?:\b(?:is|are|equals)\b|[^\W\d_]{2}[:.!])[ ]+(?=\S)")
_MAX_WHOLE = 400


def first_read(reply: str, regions: list[Region], kind: Kind) -> Found | None:
    """What the first region says that says anything."""
    for region in regions:
        found = read_region(reply, region, kind)
        if found is not None:
            return found
    return None


def read_region(reply: str, region: Region, kind: Kind) -> Found | None:
    """What one region says: the number that answers (kind 'number'), or its text."""
    if region.rule.endswith("answer-is"):
        allowed = _without_denial(reply, region)
        if allowed is None:
            return None
        region = allowed
    text = reply[region.start : region.end]
    if not text.strip(" \n\t*_$.:`") or (region.rule.endswith("answer-is") and text.rstrip(' *_"”)').endswith("?")):
        return None  # empty, or asked
    if kind == "text":
        return _nested(reply, region, kind) or _read_text(reply, region)
    return _read_number(reply, region, text)


def _read_number(reply: str, region: Region, text: str) -> Found | None:
    # A line that starts with "- 5" is an item of a list; after "The answer is" or in a box it is minus five.
    whole = read_whole(f"\n{text}" if region.rule == "last-line" else text, in_box=region.rule.endswith("boxed"))
    if whole is not None:
        return trimmed(region.rule, reply, region.start, region.end, whole)
    if region.rule.endswith("boxed"):
        return _read_boxed(reply, region)
    if region.rule != "last-line" and starts_with_limit(text):
        return trimmed(region.rule, reply, region.start, region.end, None)
    return (
        _nested(reply, region, "number")
        or _none(reply, region)
        or read_sentence(reply, region.rule, region.start, region.end)
    )


def read_whole(text: str, *, in_box: bool, is_marked: bool = True) -> Number | None:
    """The number that a whole text is: in digits or words, two units of one quantity, or arithmetic left undone, which
    counts only where the text is marked as an answer."""
    if len(text) > _MAX_WHOLE:
        return None
    if (in_box or "$" in text or "\\(" in text) and "!" in text and _FORMULA_ENDS_IN_FACTORIAL.fullmatch(text):
        return _of_value(reckoned(_unwrapped(text)))
    number = numbers.read_number(text)
    if number is not None or _LIST_ITEM.match(text):
        return number
    tidy = tidied(text)
    quantity = read_quantity(tidy, list(numbers.find_numbers(tidy))) if _MAY_BE_QUANTITY.match(tidy) else None
    return quantity or (_of_value(_in_other_words(tidy)) if is_marked else None)


def _in_other_words(tidy: str) -> Fraction | None:
    """Arithmetic, Chinese numerals, "one in four"."""
    ratio = _RATIO_IN_WORDS.fullmatch(tidy)
    if ratio is not None:
        above, below = parse_words(ratio[1]), parse_words(ratio[2])
        return above / below if above is not None and below else None
    return reckoned(tidy) if tidy.isascii() else parse_chinese(tidy) or reckoned(tidy)


def _unwrapped(text: str) -> str:
    return text.strip().strip("$").removeprefix("\\(").removesuffix("\\)")


def _of_value(value: Fraction | None) -> Number | None:
    return None if value is None else Number(value=value, start=0, end=0)


def _without_denial(reply: str, region: Region) -> Region | None:
    """Of "not 45 but 42" what comes after "but"; of "not 45" nothing."""
    denial = _DENIAL.match(reply, region.start, region.end)
    if denial is None:
        return region
    return None if denial["denied"] is None else replace(region, start=denial.end())


def _none(reply: str, region: Region) -> Found | None:
    """ "none", "nothing", "no apples" are zero."""
    text = reply[region.start : region.end].strip()
    if _NOTHING_SAID.match(text) or not (_NONE.match(text) or _NONE_OF.fullmatch(text)):
        return None
    return trimmed(region.rule, reply, region.start, region.end, _of_value(Fraction(0)))


def _nested(reply: str, region: Region, kind: Kind) -> Found | None:
    """A box, ####, or "the answer is" inside a section."""
    if region.rule.endswith("boxed"):
        return None
    text = reply[region.start : region.end]
    for rule in ("boxed",) if region.rule.endswith(("answer-is", "hashes")) else ("boxed", "hashes", "answer-is"):
        for inner in RULES[rule](text, "last"):
            moved = replace(
                inner, rule=f"{region.rule}/{rule}", start=region.start + inner.start, end=region.start + inner.end
            )
            found = read_region(reply, moved, kind) if moved.end - moved.start < len(text) else None
            if found is not None:
                return found
    return None


def read_formula(rule: str, reply: str, start: int, end: int) -> Found | None:
    """The number that the formula in `reply` from `start` to `end`, found by `rule`, comes to:
    of `x = 1/3 \\approx 0.33` what stands after the "=", exactly."""
    found = _read_boxed(reply, Region(rule=rule, start=start, end=end))
    return None if found.number is None else found


def _read_boxed(reply: str, region: Region) -> Found:
    """A box is taken whole; of `x = 42` the right-hand side, of `x = 1, y = 42` nothing less than all."""
    start, end = region.start, region.end
    if not _SEVERAL.search(reply, start, end):
        start = max(start, reply.rfind("=", start, end) + 1)
        about = _APPROXIMATELY.search(reply, start, end)
        if about is not None and reply[start : about.start()].strip():
            end = about.start()
    value = read_whole(reply[start:end], in_box=True)
    return trimmed(region.rule, reply, start if value else region.start, end if value else region.end, value)


def _read_text(reply: str, region: Region) -> Found:
    """The text itself; of several lines the last, of a sentence with inline math the last formula."""
    start, end = region.start, region.start + len(reply[region.start : region.end].rstrip())
    if not region.rule.endswith("boxed"):
        start = max(start, reply.rfind("\n", start, end) + 1)
        formulas = list(_INLINE_MATH.finditer(reply, start, end))
        if formulas:
            return trimmed(region.rule, reply, *_last_formulas(reply, formulas), None, around=reply[start:end])
    said = list(_SAID.finditer(reply, max(start, end - _MAX_WHOLE), end)) if region.rule == "last-line" else []
    if said:
        return trimmed(region.rule, reply, said[-1].end(), end, None, around=reply[start:end])
    return trimmed(region.rule, reply, start, end, None)


def _last_formulas(reply: str, formulas: list[re.Match[str]]) -> tuple[int, int]:
    """The span of the last formula; of "$12$ and $13$" both."""
    first = len(formulas) - 1
    while first > 0 and _BETWEEN_FORMULAS.fullmatch(reply, formulas[first - 1].end(), formulas[first].start()):
        first -= 1
    if first < len(formulas) - 1:
        return formulas[first].start(), formulas[-1].end()
    return formulas[-1].span(1 if formulas[-1][1] is not None else 2)
