"""Several completions a doc: pass@k (does any of k solve it) and maj@k (does the most frequent answer)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import TypeAlias

from harness.core.errors import UserError
from harness.core.records import Estimate, MetricInfo, Record, Score
from harness.stats.estimate import estimate_metrics

PerDoc: TypeAlias = Callable[[Sequence[Score], int], float]


def pass_at_k(n: int, correct: int, k: int) -> float:
    """The chance that k of n completions, drawn without replacement, hold a correct one: 1 - C(n-c, k) / C(n, k).

    Unbiased for pass@k (Chen et al. 2021, arXiv:2107.03374, equation 1).

    >>> pass_at_k(4, 1, 2)
    0.5
    """
    return 1 - math.comb(n - correct, k) / math.comb(n, k)


def majority_at_k(correct: int, wrong: Sequence[int], missing: int, k: int) -> float:
    """The chance that the correct answer wins the vote of k completions drawn without replacement; ties split evenly.

    `correct` completions gave the right answer, `wrong[i]` the i-th wrong one, and `missing` none: those do not vote,
    and a vote that nobody casts is lost. Exact: counts every draw, no sampling.

    >>> majority_at_k(2, [2], 1, 5)
    0.5
    """
    return _majority(correct, tuple(sorted(wrong)), missing, k)


@lru_cache(maxsize=65536)
def _majority(correct: int, wrong: tuple[int, ...], missing: int, k: int) -> float:
    n = correct + sum(wrong) + missing
    won = sum(
        math.comb(correct, votes) * _wins_with(votes, wrong, missing, k - votes)
        for votes in range(1, min(correct, k) + 1)
    )
    return won / math.comb(n, k)


def _wins_with(votes: int, wrong: tuple[int, ...], missing: int, left: int) -> float:
    """Ways to draw `left` more so that no wrong answer beats `votes`; a tied draw counts by its share of the win."""
    ways = {(0, 0): 1}  # (drawn so far, answers tied at `votes`) -> number of draws
    for size in wrong:
        grown: dict[tuple[int, int], int] = {}
        for (drawn, tied), count in ways.items():
            for extra in range(min(size, votes, left - drawn) + 1):
                state = (drawn + extra, tied + (extra == votes))
                grown[state] = grown.get(state, 0) + count * math.comb(size, extra)
        ways = grown
    return sum(count * math.comb(missing, left - drawn) / (tied + 1) for (drawn, tied), count in ways.items())


def repeat_metrics(
    records: Sequence[Record], ks: Sequence[int], *, level: float = 0.95, scorer: str = "final_answer"
) -> dict[str, Estimate]:
    """pass@k and maj@k for every k of `ks`, named "pass@k" and "maj@k", from the answers that `scorer` found in
    `records`.

    Intervals are at `level`. A doc with fewer than k scored completions is not scored. Raises UserError for a k below 1
    or above the repeats.
    """
    by_doc = _scores_by_doc(records, scorer)
    _check(ks, by_doc)
    rows = {name: _per_doc(by_doc, function, k) for k in ks for name, function in _functions(k).items()}
    first = {record.doc.id: record for record in reversed(records)}
    made = [_record(first[doc_id], {name: row[doc_id] for name, row in rows.items()}) for doc_id in by_doc]
    infos = [MetricInfo(name=name, description=name, scorer=scorer, kind="mean") for name in rows]
    return estimate_metrics(made, infos, level=level)


def _functions(k: int) -> dict[str, PerDoc]:
    return {f"pass@{k}": _pass, f"maj@{k}": _maj}


def _pass(scores: Sequence[Score], k: int) -> float:
    return pass_at_k(len(scores), sum(score.outcome == "correct" for score in scores), k)


def _maj(scores: Sequence[Score], k: int) -> float:
    outcomes = Counter(score.outcome for score in scores)
    wrong = Counter(score.answer for score in scores if score.outcome == "wrong")
    return majority_at_k(outcomes["correct"], list(wrong.values()), outcomes["no_answer"], k)


def _scores_by_doc(records: Sequence[Record], scorer: str) -> dict[str, list[Score]]:
    by_doc: dict[str, list[Score]] = {}
    for record in records:
        scores = by_doc.setdefault(record.doc.id, [])
        score = record.scores.get(scorer)
        if score is not None and score.outcome != "not_scored":
            scores.append(score)
    return by_doc


def _check(ks: Sequence[int], by_doc: Mapping[str, Sequence[Score]]) -> None:
    most = max(map(len, by_doc.values()), default=0)
    for k in ks:
        if k < 1:
            raise UserError(f"k must be at least 1, not {k}")
        if k > most:
            raise UserError(
                f"k = {k} needs {k} scored completions of a doc, but this run has at most {most}",
                tip=f"draw more with --repeats {k}, or ask for a smaller k.",
            )


def _per_doc(by_doc: Mapping[str, Sequence[Score]], function: PerDoc, k: int) -> dict[str, float | None]:
    return {doc_id: function(scores, k) if len(scores) >= k else None for doc_id, scores in by_doc.items()}


def _record(first: Record, metrics: Mapping[str, float | None]) -> Record:
    """One line a doc, so that the estimates treat the whole set of repeats as one observation."""
    return Record(
        key=first.key, doc=first.doc, completion=first.completion, scores=MappingProxyType({}), metrics=dict(metrics)
    )
