"""A reasoning text to its steps: lines, and sentences where all stands on one line."""

from __future__ import annotations

import re

_SENTENCE_END = re.compile(r"(?<=[.!?])[)\"']*[^\S\n]+(?=[A-Z\"'($€£₹\d])")
_ABBREVIATION = re.compile(r"(?:\b(?:Mr|Mrs|Ms|Dr|St|vs|e\.g|i\.e|approx|No|etc|a\.m|p\.m|Eq|Jr|Sr|Rs)|\b[A-Z])\.$")
_LABEL = re.compile(r"(?:\*\*)?(?:Step|STEP)\s+(\d+)\s*[:.)\-–]*(?:\*\*)?\s*[:.]?\s*")
_NUMBERED = re.compile(r"(\d{1,2})[.)]\s+")
_GOES_ON = re.compile(r"=|≈|\\approx|&=|[+×*/] ?\d|\\times|\\cdot")
_BULLET = re.compile(r"[-*•]\s+")


def split_steps(text: str) -> tuple[str, ...]:
    """The steps of a reasoning, without their numbering; a displayed formula stays with its line.

    >>> split_steps("She has 3 * 4 = 12. Mr. Li takes 2.5 of them.")
    ('She has 3 * 4 = 12.', 'Mr. Li takes 2.5 of them.')
    >>> split_steps("Step 1: 3 * 4 = 12\\nStep 2: 12 - 2 = 10")
    ('3 * 4 = 12', '12 - 2 = 10')
    """
    lines = _joined([line.strip() for line in text.split("\n") if line.strip()])
    if len(lines) == 1:
        lines = sentences(lines[0])
    return tuple(line for line in without_numbering(lines) if line)


def _joined(lines: list[str]) -> list[str]:
    """Lines that begin with a relation or operator go on with the one before."""
    joined: list[str] = []
    for line in lines:
        if joined and _GOES_ON.match(line):
            joined[-1] += f" {line}"
        else:
            joined.append(line)
    return joined


def sentences(line: str) -> list[str]:
    """The sentences of one line."""
    found, start = [], 0
    for match in _SENTENCE_END.finditer(line):
        if not _ABBREVIATION.search(line, max(start, match.start() - 8), match.start()):
            found.append(line[start : match.end()].strip())
            start = match.end()
    return [*found, line[start:].strip()]


def without_numbering(lines: list[str]) -> list[str]:
    """Without 'Step 1:', '1.' or '-' in front, where the lines count upwards or each has one."""
    for pattern in (_LABEL, _NUMBERED):
        numbers = [int(match[1]) for line in lines if (match := pattern.match(line))]
        if len(numbers) >= 2 and numbers == list(range(1, len(numbers) + 1)):
            return [pattern.sub("", line, count=1) if pattern.match(line) else line for line in lines]
    if len(lines) >= 2 and all(_BULLET.match(line) for line in lines):
        return [_BULLET.sub("", line, count=1) for line in lines]
    return lines
