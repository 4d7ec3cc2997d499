"""Every pair of several runs, compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from harness.audits.compared import ComparedRuns
from harness.core.display import Shown
from harness.core.late import load
from harness.stats.holm import holm


@dataclass(frozen=True, kw_only=True, repr=False)
class ComparedMany(Shown):
    """Comparisons of all pairs of several runs, in the order in which the runs were given."""

    pairs: tuple[ComparedRuns, ...]
    p_adjusted: tuple[float | None, ...]
    """Of the primary metric of each pair, Holm over all of them; None where it has none."""

    VIEWS: ClassVar[str] = "reports.inline.matrix"

    def __repr__(self) -> str:
        return str(load(f"{self.VIEWS}:as_text")(self))


def adjusted(pairs: Sequence[ComparedRuns]) -> tuple[float | None, ...]:
    """The p-value of each pair's primary difference, adjusted over all pairs by Holm's method."""
    values = [pair.difference().p_value for pair in pairs]
    found = holm({str(i): p for i, p in enumerate(values) if p is not None})
    return tuple(found.get(str(i)) for i in range(len(values)))
