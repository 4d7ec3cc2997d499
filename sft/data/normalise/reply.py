"""A model's or author's whole reply to reasoning and answer: tags, labels, `####`, `\\boxed{}`, 'the answer is'."""

from __future__ import annotations

import re
from typing import NamedTuple

from harness.core.reply.format import ResponseFormat
from harness.core.reply.infer import infer_format
from harness.core.reply.parse import find_markers, parse_sections, without_end_tokens
from harness.core.reply.presets import BARE, HASHES
from harness.data.questions import split_hashes, strip_calculations
from sft.data.normalise.answer import is_bare_answer

_ANSWER_IS = re.compile(
    r"(?:^|(?<=[.!?\n]))[^\S\n]*(?:[*#_]+ ?)?(?:(?:so|thus|hence|therefore|in conclusion),?\s+)?(?:the\s+)?"
    r"(?:final\s+)?answer(?=[\s*_]*(?:is\b|[:=\n]))(?:is\b|[\s*_:=])+(?P<answer>[^\s*_:=][^\n]*?)\.?\s*$",
    re.IGNORECASE,
)
_SPACES = re.compile(r"[^\S\n]{2,}")
_OPEN_TAG = re.compile(r"<(reasoning|think|thinking|thought|answer|start_working_out|SOLUTION)>", re.IGNORECASE)
_MARKED = re.compile(r"<[/|]?\w|^(?:[^\S\n]|[*_#])*(?:reasoning|answer)[\s*_]*:", re.IGNORECASE | re.MULTILINE)
"""What every format with markers of its own has; most texts have none, and are not parsed once per preset."""
MAX_ANSWER_CHARS = 200
"""A longer one is no answer but a text."""


class Unusable(Exception):
    """A row that no sample can be made of: the reason's name and what was found."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class Reply(NamedTuple):
    """A reply taken apart."""

    reasoning: str
    answer: str
    """Empty where the reply does not say."""
    question: str = ""
    """The question where the reply restates it."""


def read_reply(text: str) -> Reply:
    r"""Reasoning and answer of a reply. Raises Unusable for a section that is opened and never closed.

    >>> read_reply("2 * 600 = <<2*600=1200>>1200\n#### 1,200")
    Reply(reasoning='2 * 600 = 1200', answer='1200', question='')
    >>> read_reply("<think>\n1 + 1 = 2\n</think>\nThe answer is 2.").answer
    '2'
    """
    text = _SPACES.sub(" ", strip_calculations(without_end_tokens(text))).strip()
    form = infer_format([text]) if _MARKED.search(text) else HASHES if "####" in text else BARE
    if form is HASHES:
        answer, reasoning = split_hashes(text)
        return Reply(reasoning, answer)
    if form is BARE:
        return _unmarked(text)
    text = _opened(text, form)
    sections = parse_sections(form, text)
    if any(not section.closed for section in sections):
        open_one = next(section for section in sections if not section.closed)
        raise Unusable("unclosed_section", f"{text[open_one.start : open_one.start + 40]!r} is never closed")
    bodies = {s.name: text[s.body_start : s.body_end].strip() for s in reversed(sections)}
    answer = _unmarked(bodies.get("answer", "")).answer or bodies.get("answer", "")
    before = text[: min((section.start for section in sections), default=0)].strip()  # unlabelled, as authors do
    return Reply(bodies.get("reasoning", before), answer, bodies.get("question", ""))


def _opened(text: str, form: ResponseFormat) -> str:
    """With the first marker in front where a prefill held it: logs keep what the model wrote, from behind it."""
    first = form.sections[0]
    markers = find_markers(form, text)
    if first.close and markers and (markers[0].section, markers[0].kind) == (first.name, "close"):
        return f"{first.open}\n{text}"
    return text


def _unmarked(text: str) -> Reply:
    """A reply without sections: its answer is boxed, named at its end, or all there is."""
    if (tag := _OPEN_TAG.search(text)) and f"</{tag[1]}>".lower() not in text.lower():
        raise Unusable("unclosed_section", f"{text[tag.start() : tag.start() + 40]!r} is never closed")
    boxed = last_boxed(text)
    if boxed is not None:
        start, end, answer = boxed
        return Reply(_without_formula_ends(text[:start] + answer + text[end:]), answer)
    if (named := _ANSWER_IS.search(text[-MAX_ANSWER_CHARS:])) is not None:
        cut = max(0, len(text) - MAX_ANSWER_CHARS) + named.start()
        return Reply(text[:cut].strip(), named["answer"].strip())
    return Reply("", text) if is_bare_answer(text) else Reply(text, "")


def last_boxed(text: str) -> tuple[int, int, str] | None:
    r"""The last `\boxed{...}` with its braces balanced, as (start, end, content)."""
    start = text.rfind(r"\boxed{")
    if start < 0:
        return None
    depth, body = 1, start + len(r"\boxed{")
    for end in range(body, len(text)):
        depth += {"{": 1, "}": -1}.get(text[end], 0)
        if depth == 0:
            return start, end + 1, text[body:end].strip()
    return None


def _without_formula_ends(text: str) -> str:
    """Without the blank lines that a displayed formula of its own leaves."""
    return re.sub(r"\n{2,}", "\n", text).strip()
