"""Two stored runs compared, with what is known beside their difference: noise, and how much reasoning mattered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from harness.audits.noise.words import floor_sentences
from harness.audits.probes.compare import AreaDifference, compare_areas
from harness.comparison.compare import compare
from harness.comparison.records import Comparison, Difference, Flip, Gate
from harness.core.display import Shown
from harness.core.errors import unknown_name
from harness.core.late import load
from harness.store.stored import StoredRun, refuse_twice
from harness.store.verified import check_records


@dataclass(frozen=True, kw_only=True, repr=False)
class ComparedRuns(Shown):
    """A comparison with both of its runs. Shows itself in a notebook; `str` has the verdict and the table."""

    comparison: Comparison
    baseline: StoredRun
    candidate: StoredRun
    noise: tuple[str, ...] = ()
    """What is known of the noise floors of their models, in sentences."""
    areas: AreaDifference | None = None
    """The areas over the curves of early answering, where both runs were probed."""
    runs: Path | None = None
    """The folder of runs in which noise floors were looked for."""

    VIEWS: ClassVar[str] = "reports.inline.comparison"

    @property
    def verdict(self) -> str:
        """One sentence with its interval."""
        return self.comparison.verdict

    @property
    def gate(self) -> Gate | None:
        """Whether the candidate may ship; None unless a margin was given."""
        return self.comparison.gate

    @property
    def differences(self) -> Mapping[str, Difference]:
        """By metric, the primary first."""
        return self.comparison.differences

    @property
    def flips(self) -> Sequence[Flip]:
        """Docs whose primary metric changed."""
        return self.comparison.flips

    def difference(self, metric: str = "") -> Difference:
        """Of a metric by name; of the primary one without. Raises UserError with the nearest name."""
        name, known = metric or self.comparison.primary, self.comparison.differences
        if name not in known:
            raise unknown_name("metric", name, known, tip=f"both runs have: {', '.join(known)}.")
        return known[name]

    def __repr__(self) -> str:
        return str(load(f"{self.VIEWS}:as_text")(self))


def compare_stored(
    baseline: StoredRun,
    candidate: StoredRun,
    *,
    allow: Sequence[str] = (),
    margin: float | None = None,
    runs: Path | None = None,
) -> ComparedRuns:
    """`candidate` minus `baseline`, paired by doc.

    `allow` names what may differ and is then a label, a `margin` (a fraction) makes the gate decide too, and `runs` is
    where noise floors are looked for beside the runs' own places. Raises UserError for one run given twice, and for
    runs that are not comparable.
    """
    refuse_twice((baseline, candidate))
    allowed = frozenset(name for part in allow for name in part.split(","))
    for side in (baseline, candidate):
        check_records(side.path, side.run, side.records)
    sides = (baseline.run, baseline.records, candidate.run, candidate.records)
    made = compare(*sides, allow=allowed, margin=margin)
    areas = [side.probes.get("early-answering") for side in (baseline, candidate)]
    return ComparedRuns(
        comparison=made,
        baseline=baseline,
        candidate=candidate,
        noise=floor_sentences((baseline.run, candidate.run), (baseline.path, candidate.path), runs),
        areas=compare_areas(areas[0], baseline.records, areas[1], candidate.records),
        runs=runs,
    )
