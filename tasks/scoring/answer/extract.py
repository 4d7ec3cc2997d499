"""From a reply to its final answer, under a named policy: which rules are tried, and in which order."""

from __future__ import annotations

import re
from dataclasses import replace

from harness.core.errors import unknown_name
from harness.core.reply.format import ResponseFormat
from tasks.scoring.answer import numbers
from tasks.scoring.answer.closing import closing_number
from tasks.scoring.answer.found import Found, of_number
from tasks.scoring.answer.read import RULES, Kind, first_read
from tasks.scoring.answer.regions import Choice, Region, declared_sections
from tasks.scoring.answer.turn import searched

__all__ = ["MAX_CHARS", "POLICIES", "Found", "Kind", "check_policy", "find_answer"]

POLICIES: dict[str, str] = {
    "auto": "the declared answer section, then <answer> tags, then the last \\boxed{}, #### or 'The answer is', then "
    "the last number",
    "first": "as auto, but the first answer of the reply, for base models that run on into questions of their own",
    "format": "only the answer section of the task's response format, closed as declared",
    "tags": "only <answer>...</answer> and its like",
    "boxed": "only \\boxed{...}",
    "hashes": "only the line after ####",
    "answer-is": "only after 'The answer is', 'Final answer:', 'answer ='",
    "last-line": "only the last line",
    "last-number": "the last number anywhere in the reply, whatever stands around it",
    "first-number": "the first number anywhere in the reply",
}
_MEANT = ("boxed", "hashes", "answer-is")
MAX_CHARS = 100_000
"""Only this much of a reply is searched, from the end (or the start with choice 'first')."""
_RECKONED_LAST = re.compile(r"=[^\n=]{0,40}\d[^\n=]{0,40}\s*\Z")


def check_policy(policy: str) -> None:
    """Raises UserError, with the nearest name, for a policy that is not in POLICIES."""
    if policy not in POLICIES:
        raise unknown_name("answer policy", policy, POLICIES, tip=f"one of: {', '.join(POLICIES)}.")


def find_answer(
    reply: str,
    *,
    policy: str = "auto",
    choice: Choice = "last",
    response_format: ResponseFormat | None = None,
    kind: Kind = "number",
    complete: bool = True,
) -> Found | None:
    """The final answer of a reply, or None. `complete=False` (a truncated reply) leaves out auto's bare last number.

    `policy` names where it is looked for (POLICIES), `choice` which of several matches counts, `response_format` the
    form that was asked for, `kind` what the gold answer is.

    >>> find_answer("3 + 4 = 7.\\nThe answer is **$7**.").text
    '7'
    """
    check_policy(policy)
    if policy == "first":
        policy, choice = "auto", "first"
    if policy in {"last-number", "first-number"}:
        number = numbers.last_literal(reply) if policy == "last-number" else numbers.first_literal(reply)
        return None if number is None else of_number(policy, reply, number)
    offset = max(0, len(reply) - MAX_CHARS) if choice == "last" else 0
    span = searched(reply, lambda text: _is_answered(text, response_format))
    if span is None and policy != "format":
        return None  # an unfinished thought says nothing to the reader
    start, end = (0, len(reply)) if span is None else span
    start = offset if policy == "format" else max(start, offset)
    found = _find(reply[start:end][:MAX_CHARS], policy, choice, response_format, kind, complete)
    return found if found is None or not start else replace(found, start=found.start + start, end=found.end + start)


def _is_answered(text: str, declared: ResponseFormat | None) -> bool:
    """Whether a text holds an answer already: a marked one, or a calculation that it ends with."""
    if _marked_sections(text, "last", declared) or any(RULES[rule](text, "last") for rule in ("tags", *_MEANT)):
        return True
    return _RECKONED_LAST.search(text[-200:].rstrip()) is not None


def _find(
    reply: str, policy: str, choice: Choice, declared: ResponseFormat | None, kind: Kind, complete: bool
) -> Found | None:
    if policy == "format":
        return first_read(reply, declared_sections(reply, choice, declared, strict=True), kind)
    if policy != "auto":
        return first_read(reply, RULES[policy](reply, choice), kind)
    return _auto(reply, choice, declared, kind, complete)


def _auto(reply: str, choice: Choice, declared: ResponseFormat | None, kind: Kind, complete: bool) -> Found | None:
    marked = _marked_sections(reply, choice, declared)
    tagged = RULES["tags"](reply, choice)
    found = first_read(reply, marked, kind) or first_read(reply, tagged, kind) or _meant(reply, choice, kind)
    if found is not None or marked or tagged or not complete:
        return found  # a section that holds no answer says that there is none: no number is picked elsewhere
    if kind == "number" and choice == "last":
        return closing_number(reply)
    return first_read(reply, RULES["last-line"](reply, choice), kind)


def _meant(reply: str, choice: Choice, kind: Kind) -> Found | None:
    """Boxes, ####, "The answer is": the last one counts (or the first); what only would be it comes after all."""
    regions = [region for rule in _MEANT for region in RULES[rule](reply, choice)]
    regions.sort(
        key=lambda region: (region.is_final, region.start if choice == "last" else -region.start), reverse=True
    )
    return first_read(reply, regions, kind)


def _marked_sections(reply: str, choice: Choice, declared: ResponseFormat | None) -> list[Region]:
    """Sections of the declared format, where a marker opens them: an implicit section is the reply as a whole."""
    if declared is None or not any(s.open for s in declared.sections if s.name == "answer"):
        return []
    return declared_sections(reply, choice, declared, strict=False)
