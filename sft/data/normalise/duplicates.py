"""Samples that say the same as an earlier one, word for word or nearly, and questions with contradicting answers."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from sft.data.samples import Sample

_WORD = re.compile(r"\d+(?:[.,]\d+)*|\w+|[+\-*/^=%$<>]")
_DIGIT_WORD = re.compile(r"\d+(?:[.,]\d+)*")
_WordPairs = frozenset[tuple[str, str]]


class Duplicate(NamedTuple):
    """Why one sample, by its index, is turned away."""

    at: int
    reason: str
    detail: str


def find_duplicates(samples: Sequence[Sample], near: float = 0.9) -> list[Duplicate]:
    """Contradictions first, then exact and near duplicates of an earlier sample, in the order of the samples.

    Exact: the same words in question and steps. Near: the same numbers in the question, the same answer, and at least
    the share `near` of the word pairs of both in common (Jaccard), so that one story with other numbers stays; 1 turns
    it off. The same question with another solution stays; with another answer, the answers that have no majority go.
    """
    words = [_WORD.findall(f"{sample.question}\n{sample.reasoning}".casefold()) for sample in samples]
    found = {d.at: d for d in _contradictions(samples)}
    first: dict[tuple[str, ...], int] = {}
    for i, key in enumerate(map(tuple, words)):
        if i not in found and first.setdefault((*key, samples[i].answer), i) != i:
            earlier = first[(*key, samples[i].answer)]
            found[i] = Duplicate(i, "duplicate", f"the same as {samples[earlier].id}")
    if near < 1:
        for group in _alike(samples, skip=found):
            found |= {d.at: d for d in _near(samples, words, group, near)}
    return [found[i] for i in sorted(found)]


def _contradictions(samples: Sequence[Sample]) -> Iterator[Duplicate]:
    by_question: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for i, sample in enumerate(samples):
        by_question[tuple(_WORD.findall(sample.question.casefold()))].append(i)
    for group in by_question.values():
        votes = Counter(samples[i].answer for i in group)
        if len(votes) < 2:
            continue
        answer, n = votes.most_common(1)[0]
        kept = answer if 2 * n > len(group) else None
        given = ", ".join(f"{text!r} ({count})" for text, count in votes.most_common(4))
        for i in group:
            if samples[i].answer != kept:
                yield Duplicate(i, "conflicting_answer", f"the same question is answered {given}")


def _alike(samples: Sequence[Sample], skip: dict[int, Duplicate]) -> Iterator[list[int]]:
    """Samples with the same numbers in the question and the same answer: only these can be near duplicates."""
    groups: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for i, sample in enumerate(samples):
        if i not in skip:
            groups[(*sorted(_DIGIT_WORD.findall(sample.question)), sample.answer)].append(i)
    return (group for group in groups.values() if len(group) > 1)


def _near(
    samples: Sequence[Sample], words: Sequence[Sequence[str]], group: Sequence[int], threshold: float
) -> Iterator[Duplicate]:
    """Prefix filtering (Bayardo et al. 2007): two sets that alike must share one of their few rarest pairs."""
    pairs = {i: frozenset(pairwise(words[i])) for i in group}
    rarity = Counter(pair for found in pairs.values() for pair in found)
    holders: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for i in group:
        rarest = sorted(pairs[i], key=lambda pair: (rarity[pair], pair))
        prefix = rarest[: len(rarest) - int(-(-threshold * len(rarest) // 1)) + 1]
        candidates = {j for pair in prefix for j in holders[pair]}
        twin = next((j for j in sorted(candidates) if jaccard(pairs[i], pairs[j]) >= threshold), None)
        if twin is not None:
            shared = jaccard(pairs[i], pairs[twin])
            yield Duplicate(i, "near_duplicate", f"{shared:.0%} of its word pairs are those of {samples[twin].id}")
            continue
        for pair in prefix:
            holders[pair].append(i)


def jaccard(a: _WordPairs, b: _WordPairs) -> float:
    """What two sets share, of all that either has; 1 for two empty ones."""
    return len(a & b) / len(a | b) if a or b else 1.0
