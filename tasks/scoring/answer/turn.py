"""Which part of a reply is searched for its final answer: after the thinking, and before the next question or turn."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import islice

from harness.core.reply.parse import END_TOKENS, without_end_tokens
from harness.core.reply.presets import PRESETS

Span = tuple[int, int]

_THOUGHTS = {
    "<think>": "</think>",
    "<Think>": "</Think>",
    "<THINK>": "</THINK>",
    "<thinking>": "</thinking>",
    "<thought>": "</thought>",
    "<|channel>thought": "<channel|>",
    "<|channel|>analysis<|message|>": "<|channel|>final<|message|>",
    "<|begin_of_thought|>": "<|end_of_thought|>",
    "[THINK]": "[/THINK]",
}
"""What models put around what they think before they answer. Nothing in it is said to the reader."""
_HINTS = ("think", "Think", "THINK", "thought", "channel")
"""One of these stands in every mark above: looking for them first is quicker."""
_OPENS, _CLOSES = tuple(_THOUGHTS), tuple(_THOUGHTS.values())
_WORKING_ENDS = tuple(
    sorted({s.close for p in PRESETS.values() for s in p.sections if s.name == "reasoning" and s.close} - set(_CLOSES))
)
"""Ends of reasoning that is meant to be read (`</reasoning>`): where nothing follows it, it is all there is."""
_ANSWER_CLOSED_LAST = re.compile(r"</(?:answer|final_answer|solution)>\s*$", re.IGNORECASE)
_NEXT_TURN = re.compile(
    r"<\|im_start\|>\s*user|<start_of_turn>user|<\|turn>user|<\|start_header_id\|>user|<\|user\|>|<\uff5cUser\uff5c>|\[INST\]"
    rf"|{'|'.join(re.escape(token) for token in END_TOKENS)}"
)
_NEXT_QUESTION = re.compile(
    r"^(?:\*\*|#{1,6} )?(?:Q|Question|Problem|Exercise|Human|User|Instruction)(?: ?\d{1,3})?(?:\*\*)? ?:"
    r"|^#{1,6} (?:Question|Problem|Exercise) \d{1,3}\b",
    re.MULTILINE,
)
_MAX_QUESTIONS = 8
"""Questions tried: each is a look at all that stands before it."""
_QUESTION_HINTS = ("Q:", "Question", "Problem", "Exercise", "Human", "User", "Instruction", "Q ")


def searched(reply: str, is_answered: Callable[[str], bool]) -> Span | None:
    """The span that holds what is said to the reader; None where the reply never comes out of its thinking.

    It starts after the last thinking and ends at the end of the turn, or where a next question begins although the
    text before it is an answer (`is_answered`): a base model runs on into questions of its own.
    """
    end = len(without_end_tokens(reply))
    start = _after_thought(reply, end)
    if start is None:
        return None
    end = _end_of_turn(reply, start, end)
    end = _before_next_question(reply, start, end, is_answered)
    return _after_working(reply, start, end), end


def _after_thought(reply: str, end: int) -> int | None:
    if not any(hint in reply for hint in _HINTS):
        return 0
    opened, _ = _last(reply, _OPENS, 0, end)
    closed, start = _last(reply, _CLOSES, 0, end)
    if opened > closed:
        return opened if _ANSWER_CLOSED_LAST.search(reply, max(opened, end - 40), end) else None
    if closed < 0:
        return 0
    return start if reply[start:end].strip() else None


def _after_working(reply: str, start: int, end: int) -> int:
    if "<" not in reply:
        return start
    _, after = _last(reply, _WORKING_ENDS, start, end)
    return after if after > start and reply[after:end].strip() else start


def _last(reply: str, marks: tuple[str, ...], start: int, end: int) -> Span:
    """Where the last of the marks begins and ends; (-1, -1) without any."""
    at, length = max([(reply.rfind(mark, start, end), len(mark)) for mark in marks])
    return (at, at + length) if at >= 0 else (-1, -1)


def _end_of_turn(reply: str, start: int, end: int) -> int:
    if "<" not in reply and "[INST]" not in reply:
        return end
    for match in _NEXT_TURN.finditer(reply, start, end):
        if reply[start : match.start()].strip():
            return match.start()
    return end


def _before_next_question(reply: str, start: int, end: int, is_answered: Callable[[str], bool]) -> int:
    if not any(hint in reply for hint in _QUESTION_HINTS):
        return end
    for match in islice(_NEXT_QUESTION.finditer(reply, start, end), _MAX_QUESTIONS):
        if reply[start : match.start()].strip() and is_answered(reply[start : match.start()]):
            return match.start()
    return end
