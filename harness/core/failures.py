"""What did not come back from a model, for whoever reads a run: failures by reason, empty replies, nothing scored."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.core.records import Record, Run
from harness.core.words import counted, one_line

SHOWN_REASONS = 3
"""Of the most frequent; the others are counted."""
SHOWN_CHARACTERS = 160
MANY_EMPTY = 0.1
"""Of the replies: fewer empty ones are a model's own way, and the accuracy says them."""
_DIGITS = re.compile(r"\d+")
_TRIES = re.compile(r" \(after \d+ tries\)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureGroup:
    """Completions that failed for one reason."""

    reason: str
    """In the words of the first."""
    count: int
    first: str
    """Id of the first doc."""


def grouped(failures: Iterable[tuple[str, str]]) -> list[FailureGroup]:
    """Groups of (doc id, reason), the largest first; reasons that differ in numbers alone are one.

    >>> [(g.reason, g.count, g.first) for g in grouped([("a", "1 of 9 tokens"), ("b", "2 of 9 tokens")])]
    [('1 of 9 tokens', 2, 'a')]
    """
    first: dict[str, tuple[str, str]] = {}
    counts: Counter[str] = Counter()
    for doc_id, said in failures:
        reason = _TRIES.sub("", said)
        alike = _DIGITS.sub("#", reason)
        first.setdefault(alike, (doc_id, reason))
        counts[alike] += 1
    return [
        FailureGroup(reason=first[alike][1], count=count, first=first[alike][0])
        for alike, count in counts.most_common()
    ]


def failure_words(failures: Iterable[tuple[str, str]]) -> str:
    """The reasons with their counts and first docs: '3 x HTTP 500: CUDA error (first: doc 'a')'; '' for none."""
    groups = grouped(failures)
    shown = [
        f"{group.count:,} x {one_line(group.reason, SHOWN_CHARACTERS)} (first: doc {group.first!r})"
        for group in groups[:SHOWN_REASONS]
    ]
    rest = sum(group.count for group in groups[SHOWN_REASONS:])
    return "; ".join(
        [*shown, f"{rest:,} for {counted(len(groups) - SHOWN_REASONS, 'other reason')}"] if rest else shown
    )


def failed(records: Sequence[Record]) -> list[tuple[str, str]]:
    """(doc id, reason) of each completion that failed."""
    return [(r.doc.id, r.completion.error) for r in records if r.completion.finish == "error"]


def empty_words(records: Sequence[Record]) -> str:
    """'4 of 4 replies are empty (finish: 4 length)' where a good part of the replies are; else ''."""
    replies = [r.completion for r in records if r.completion.finish != "error" and not r.completion.log_likelihoods]
    empty = [reply for reply in replies if not reply.text.strip()]
    if not empty or len(empty) < MANY_EMPTY * len(replies):
        return ""
    ways = ", ".join(f"{count:,} {finish}" for finish, count in Counter(reply.finish for reply in empty).most_common())
    return f"{len(empty):,} of {len(replies):,} replies are empty (finish: {ways})"


def is_nothing_scored(run: Run, records: Sequence[Record]) -> bool:
    """Whether no completion has a score of the scorer that the primary metric rests on."""
    scorer = next((info.scorer for info in run.metrics if info.name == run.primary), "")
    scores = [record.scores[scorer] for record in records if scorer in record.scores]
    return bool(scores) and all(score.outcome == "not_scored" for score in scores)
