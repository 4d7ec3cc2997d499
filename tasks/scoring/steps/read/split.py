"""A reply's reasoning to steps: one a sentence or line, formulas kept whole."""

from __future__ import annotations

import re

from tasks.scoring.steps.read.limits import MAX_SOLUTION_CHARS, MAX_STEPS

_LINE = re.compile(r"[^\n]+")
_SENTENCE_END = re.compile(r"[.!?][)\"'*$]{0,3}[ \t]+(?=[A-Z\d\"'(*$\\\[#]|[a-z] ?=)")
_ABBREVIATION = re.compile(r"(?:\b(?:Mr|Mrs|Ms|Dr|St|vs|e\.g|i\.e|approx|No|etc|a\.m|p\.m|Eq|Fig|Jr|Sr)|\b[A-Z])$")
_FACTORIAL = re.compile(r"[\d)]!\s*[\\*(]")
"""`3! \\times 5!` is no sentence's end."""
_NUMBERING = re.compile(r"\s*(?:step\s*)?\d{1,3}", re.IGNORECASE)
_GOES_ON = re.compile(r"\s*(?:=|\\approx|≈|&?=|\+ |\\times|\\cdot|\* \d)")
_WORDLESS = re.compile(r"[\s$*#>`\-–—_=|:.\\\[\](){}]*")


def split_steps(text: str) -> list[str]:
    """The steps of a text. Linear in its length; past the caps nothing is read.

    >>> split_steps("He has 3 * 4 = 12 apples. He eats 2.\\nSo 12 - 2\\n= 10 are left.")
    ['He has 3 * 4 = 12 apples.', 'He eats 2.', 'So 12 - 2\\n= 10 are left.']
    """
    return [text[start:end] for start, end in step_spans(text)]


def step_spans(text: str) -> list[tuple[int, int]]:
    """Start and end, in characters, of every step: sentences of lines; a displayed formula stays one step."""
    spans: list[tuple[int, int]] = []
    for start, end in _blocks(text[:MAX_SOLUTION_CHARS]):
        spans.extend(_sentences(text, start, end))
        if len(spans) >= MAX_STEPS:
            break
    return spans[:MAX_STEPS]


def _blocks(text: str) -> list[tuple[int, int]]:
    """Lines, with those inside one formula and those that begin with a sign joined to the line before."""
    blocks: list[tuple[int, int]] = []
    inside = False
    for match in _LINE.finditer(text):
        line = match.group()
        if blocks and (inside or _GOES_ON.match(line)):
            blocks[-1] = (blocks[-1][0], match.end())
        else:
            blocks.append(match.span())
        inside = _is_inside(line, inside)
    return blocks


def _is_inside(line: str, inside: bool) -> bool:
    """Whether a displayed formula is open after the line."""
    if line.count("$$") % 2:
        return not inside
    opened, closed = line.rfind("\\["), line.rfind("\\]")
    return opened > closed if opened != closed else inside


def _sentences(text: str, start: int, end: int) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    begin = start
    for match in _SENTENCE_END.finditer(text, start, end):
        if _NUMBERING.fullmatch(text, begin, match.start()) or _FACTORIAL.match(text, match.start() - 1):
            continue
        if not _ABBREVIATION.search(text, max(begin, match.start() - 8), match.start()):
            found.append((begin, match.end()))
            begin = match.end()
    found.append((begin, end))
    trimmed = [_trim(text, a, b) for a, b in found]
    return [(a, b) for a, b in trimmed if a < b and _WORDLESS.fullmatch(text, a, b) is None]


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), end - (len(piece) - len(piece.rstrip()))
