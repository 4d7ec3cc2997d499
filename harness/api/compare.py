"""`compare`: two runs over the same docs, or every pair of several, and whether a candidate may ship."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import overload

from harness.api.given import names
from harness.audits.compared import ComparedRuns, compare_stored
from harness.audits.matrix import ComparedMany, adjusted
from harness.store.folder import DEFAULT_RUNS
from harness.store.stored import StoredRun, refuse_twice, stored

AnyRun = str | Path | StoredRun


@overload
def compare(
    baseline: AnyRun,
    candidate: AnyRun,
    /,
    *,
    allow: Sequence[str] = (),
    margin: float | None = None,
    runs: str | Path = DEFAULT_RUNS,
) -> ComparedRuns: ...
@overload
def compare(
    baseline: AnyRun,
    candidate: AnyRun,
    /,
    *more: AnyRun,
    allow: Sequence[str] = (),
    margin: float | None = None,
    runs: str | Path = DEFAULT_RUNS,
) -> ComparedRuns | ComparedMany: ...
def compare(
    baseline: AnyRun,
    candidate: AnyRun,
    /,
    *more: AnyRun,
    allow: Sequence[str] = (),
    margin: float | None = None,
    runs: str | Path = DEFAULT_RUNS,
) -> ComparedRuns | ComparedMany:
    """Candidate minus baseline in every metric that both runs have, paired by doc.

    `baseline` and `candidate` are runs: read already, or by folder, id or start of an id under `runs`; with `more` of
    them every pair is compared, the p-values of the primary metric adjusted over all pairs (Holm). `allow` names what
    may differ (prompt, settings, scorers, version, data) and is then a label of the result. A `margin`, the loss that
    is tolerated as a fraction, makes the gate decide: pass, fail or inconclusive.

    Raises UserError for runs that are not comparable, one run given twice, and a margin outside [0, 1].
    """
    root = Path(runs)
    given = [stored(run, root) for run in (baseline, candidate, *more)]
    refuse_twice(given)
    if not more:
        return compare_stored(given[0], given[1], allow=names(allow), margin=margin, runs=root)
    pairs = [compare_stored(a, b, allow=names(allow), margin=margin, runs=root) for a, b in combinations(given, 2)]
    return ComparedMany(pairs=tuple(pairs), p_adjusted=adjusted(pairs))
