"""A final answer that was found in a reply: what it says and where it stands."""

from __future__ import annotations

from dataclasses import dataclass

from tasks.scoring.answer.numbers import Number


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A final answer and how it was found."""

    rule: str
    text: str
    """As it stands in the reply."""
    start: int
    end: int
    number: Number | None = None
    """Its value, where the gold answer is a number and the text can be read as one."""
    around: str = ""
    """The whole line or section, where the text is a part of it."""


def trimmed(rule: str, reply: str, start: int, end: int, number: Number | None, around: str = "") -> Found:
    """What stands in `reply` from `start` to `end` without blanks, emphasis and the full stop, as found by `rule`: the
    `number` in it, None for a text, and what says it, `around`."""
    text = reply[start:end]
    start += len(text) - len(text.lstrip(" \n\t*_`"))
    text = text.strip(" \n\t*_`").rstrip(".*_` ")
    return Found(rule=rule, text=text, start=start, end=start + len(text), number=number, around=around)


def of_number(rule: str, reply: str, number: Number) -> Found:
    """A number that was found in the reply."""
    return trimmed(rule, reply, number.start, number.end, number)
