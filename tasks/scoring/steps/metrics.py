"""How well predicted first errors meet human labels: exact, early, late, and ProcessBench's F1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstErrorScore:
    """Counts over solutions; indices are 0-based, -1 means no error."""

    n_wrong: int
    """Solutions whose label names an erroneous step."""
    n_right: int
    """Solutions labelled without error."""
    exact: int
    """Wrong solutions flagged first at the labelled step."""
    early: int
    """Wrong solutions flagged first before it."""
    late: int
    """Wrong solutions flagged first after it: the labelled step was missed, a later one was not."""
    flagged_right: int
    """Right solutions flagged at all."""

    @property
    def exact_rate(self) -> float | None:
        """Exact over wrong solutions."""
        return self.exact / self.n_wrong if self.n_wrong else None

    @property
    def flagged_right_rate(self) -> float | None:
        """Flagged over right solutions."""
        return self.flagged_right / self.n_right if self.n_right else None

    @property
    def precision(self) -> float | None:
        """Exact over exact, early and flagged right: a late flag does not contradict its label."""
        claims = self.exact + self.early + self.flagged_right
        return self.exact / claims if claims else None

    @property
    def f1(self) -> float | None:
        """ProcessBench (Zheng et al. 2024, section 4): harmonic mean of accuracy on wrong and on right solutions."""
        if not self.n_wrong or not self.n_right:
            return None
        wrong, right = self.exact / self.n_wrong, 1 - self.flagged_right / self.n_right
        return 2 * wrong * right / (wrong + right) if wrong + right else 0.0


def first_error_score(predicted: Sequence[int], labels: Sequence[int]) -> FirstErrorScore:
    """Score predictions against labels, pair by pair.

    >>> score = first_error_score([1, 0, 3, -1, -1, 2], [1, 2, 2, 0, -1, -1])
    >>> score.exact, score.early, score.late, score.flagged_right, round(score.f1, 3)
    (1, 1, 1, 1, 0.333)
    """
    pairs = list(zip(predicted, labels, strict=True))
    wrong = [(p, g) for p, g in pairs if g >= 0]
    return FirstErrorScore(
        n_wrong=len(wrong),
        n_right=len(pairs) - len(wrong),
        exact=sum(p == g for p, g in wrong),
        early=sum(0 <= p < g for p, g in wrong),
        late=sum(p > g for p, g in wrong),
        flagged_right=sum(p >= 0 > g for p, g in pairs),
    )
