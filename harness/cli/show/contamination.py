"""How overlaps of training data with evaluation sets look on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.audits.contaminated import FoundOverlaps, RunOverlap
    from harness.audits.contamination import Contamination
    from harness.core.records import Estimate

SHOWN_CHARACTERS = 100
"""Of the shared words."""


def print_overlaps(found: FoundOverlaps, *, show: int, run_name: str) -> None:
    """Every set with its first `show` docs, and the score of a run, called `run_name`, where one was asked for."""
    for name, one in found.sets.items():
        print_set(name, one, show)
    if found.run is not None:
        _print_run(run_name, found.run)


def print_set(name: str, found: Contamination, show: int) -> None:
    """Counts of one evaluation set by kind, and its first `show` docs."""
    from harness.audits.contaminated import overlap_line
    from harness.audits.contamination import KINDS, MEANINGS
    from harness.cli.show.console import out, table

    console = out()
    console.print(overlap_line(name, found), markup=False)
    for kind in KINDS:
        if found.count(kind):
            console.print(f"  {found.count(kind):6}  {kind}: {MEANINGS[kind]}", markup=False)
    listed = table("doc", "kind", "share", "train row", "shared words", right=("share",))
    for one in found.overlaps[:show]:
        first = one.places[0]
        shared = one.example[:SHOWN_CHARACTERS]
        listed.add_row(one.doc_id, one.kind, f"{100 * one.share:.0f}%", f"{first.row}:{first.column}", shared)
    if found.overlaps and show > 0:
        console.print(listed)
    if len(found.overlaps) > show > 0:
        console.print(f"  and {len(found.overlaps) - show} more; --show or --json lists them", markup=False)


def _print_run(name: str, found: RunOverlap) -> None:
    from harness.cli.show.console import out

    console, scores = out(), found.scores
    console.print(f"{found.metric} of {name}", markup=False)
    parts = {
        "every doc": scores.every_doc,
        "without overlap": scores.without_overlap,
        "overlap only": scores.overlap_only,
    }
    for label, estimate in parts.items():
        console.print(f"  {label:16} {_shown(estimate)}  n={estimate.n_docs}", markup=False)


def _shown(estimate: Estimate) -> str:
    if estimate.value is None:
        return "–"
    if estimate.low is None or estimate.high is None:
        return f"{100 * estimate.value:.2f}"
    return f"{100 * estimate.value:.2f} [{100 * estimate.low:.2f}, {100 * estimate.high:.2f}]"
