"""The answer of a model that was made to answer: what it writes first, not what it reasons its way to afterwards.

A prefill opens the answer section, and nothing stops a model from writing its steps there and a second answer after
them. Read as a whole, such a reply says "right without any reasoning" of a model that reasoned. So the answer is the
first line of the continuation, and a reply that goes on reasoning has none: it is told of and counted nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from harness.core.records import Completion, Doc, Score
from harness.core.reply.format import ResponseFormat
from harness.core.reply.parse import find_markers, without_end_tokens
from harness.core.scorer import Scorer

REASONED_ON = "reasons on where it was made to answer"
"""Why such a reply is not scored."""

_VALUE = re.compile(r"[\s*_$€₹£\\{}()=#>:≈~-]*\d[\d,./\s%\\{}()*_$€₹£]*")
"""A line with one value in it and no word: '18', '$1,200.50.', '\\(\\$3/4\\)', '**7**'."""
_CALCULATION = re.compile(r"\d[^\d=\n]{0,40}?(?:[-+*/×÷·−]|\bx\b)[^\d=\n]{0,40}\d[^=\n]{0,40}=")
"""Two numbers with an operator between them, then an equals sign, on one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forced:
    """What a model wrote behind an opened answer section."""

    written: str
    """Its first line with anything on it; the closing marker too where that follows."""
    reasons_on: bool
    """It states a calculation, or opens a reasoning or an answer again, before it has given a value."""


def read_forced(response_format: ResponseFormat, prefill: str, text: str) -> Forced:
    r"""The forced answer in `text`, the continuation of `prefill`; linear in their length.

    >>> from harness.core.reply.presets import QUESTION_REASONING_ANSWER as FORM
    >>> read_forced(FORM, "Question: q\nReasoning:\nAnswer:", " 18\n\nQuestion: another\nReasoning: 2 + 2 = 4")
    Forced(written=' 18', reasons_on=False)
    >>> read_forced(FORM, "Question: q\nReasoning:\nAnswer:", "\n16 - 7 = 9\n9 * 2 = 18\nAnswer: 18").reasons_on
    True
    """
    text = without_end_tokens(text)
    inside, closing, reopened = _inside(response_format, prefill, text)
    if response_format.boxed_answer:
        end = _box_end(inside)
        if end:  # whatever follows the box explains an answer that is given
            return Forced(written=inside[:end], reasons_on=False)
    lines = inside.splitlines(keepends=True)
    first = next((number for number, line in enumerate(lines) if line.strip()), None)
    if first is None:
        return Forced(written=inside, reasons_on=reopened)
    written = "".join(lines[: first + 1]).rstrip("\r\n")
    whole = not any(line.strip() for line in lines[first + 1 :])
    gave_a_value = _VALUE.fullmatch(lines[first].strip()) is not None
    reasons_on = not gave_a_value and (reopened or _CALCULATION.search(inside) is not None)
    return Forced(written=inside + closing if whole else written, reasons_on=reasons_on)


def forced_scorers(scorers: Sequence[Scorer], response_format: ResponseFormat) -> tuple[Scorer, ...]:
    """The scorers over the forced answer alone; 'not_scored', because REASONED_ON, where a reply reasons on."""
    return tuple(replace(scorer, score=_over_forced(scorer.score, response_format)) for scorer in scorers)


def _over_forced(
    score: Callable[[Doc, Completion], Score], response_format: ResponseFormat
) -> Callable[[Doc, Completion], Score]:
    def over(doc: Doc, completion: Completion) -> Score:
        forced = read_forced(response_format, completion.prefill, completion.text)
        if forced.reasons_on:
            return Score(value=None, outcome="not_scored", why=REASONED_ON)
        return score(doc, replace(completion, text=forced.written))

    return over


def _inside(response_format: ResponseFormat, prefill: str, text: str) -> tuple[str, str, bool]:
    """The text up to where its answer section is closed or a question opens; the closing marker; whether a reasoning
    or an answer opens inside."""
    reopened = False
    for marker in find_markers(response_format, prefill + text):
        start = marker.start - len(prefill)
        if start < 0:
            continue
        if marker.kind == "open" and marker.section != "question":
            reopened = True
        elif marker.kind == "open" or (marker.section == "answer" and not reopened):
            closing = text[start : marker.end - len(prefill)] if marker.kind == "close" else ""
            return text[:start], closing, reopened
    return text, "", reopened


def _box_end(text: str) -> int:
    """Behind the brace that closes the box which the prefill opened; 0 where none does."""
    depth = 1
    for match in re.finditer(r"[{}]", text):
        depth += 1 if match.group() == "{" else -1
        if depth == 0:
            return match.end()
    return 0
