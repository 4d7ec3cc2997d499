"""Whether two runs were made and judged by the same code, as far as they tell."""

from __future__ import annotations

from harness.core.records import Run

JUDGES = ("reasoning-harness", "math-verify", "sympy", "lm-eval")
"""Packages that decide what a completion is worth; another version may decide otherwise under the same scorer."""
DIRTY = "-dirty"


def code_labels(baseline: Run, candidate: Run) -> tuple[str, ...]:
    """What must be said of the code behind two runs; nothing where it is the same."""
    found = []
    for package in JUDGES:
        before, after = (run.versions.get(package, "none") for run in (baseline, candidate))
        if before != after:
            found.append(f"{package} differs ({before} against {after})")
    dirty = [run for run in (baseline, candidate) if run.git_sha.endswith(DIRTY)]
    if len(dirty) == 1:
        found.append(f"{dirty[0].model.name} was made with changes that were not committed ({dirty[0].git_sha})")
    return tuple(found)
