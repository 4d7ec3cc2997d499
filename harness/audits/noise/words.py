"""The noise floor in a sentence, the same on the terminal and on the pages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.audits.noise.records import NoiseFloor
from harness.audits.noise.store import find_floor, floor_roots
from harness.core.records import Estimate, Run


def floor_sentence(floor: NoiseFloor) -> str:
    """What a comparison says beside its difference."""
    about = f"({len(floor.runs)} runs, {floor.n_docs:,} docs)"
    if not floor.flips.value:
        most = "" if floor.flips.high is None else f", at most {100 * floor.flips.high:.1f}%"
        return f"noise floor of {floor.model}: no answer flips by numerics alone{most} {about}"
    sentence = f"noise floor of {floor.model}: {share(floor.flips)} of answers flip by numerics alone {about}"
    if floor.swing is not None and floor.spread is not None:
        sentence += (
            f"; that moves {floor.primary} by at most {100 * floor.swing:.1f} points between two runs, 95% of the time"
        )
        sentence += f" (seen: {100 * floor.spread:.1f})"
    return sentence


def floor_sentences(runs: Sequence[Run], folders: Sequence[Path], all_runs: Path | None = None) -> tuple[str, ...]:
    """What is known of the floors of these runs, which lie in `folders`; each floor once."""
    found = [find_floor(run, floor_roots(folder, all_runs)) for run, folder in zip(runs, folders, strict=True)]
    return tuple(dict.fromkeys(floor_sentence(floor) for floor in found if floor is not None))


def share(found: Estimate) -> str:
    """'9.2% [7.7%, 10.9%]'; an en dash where undefined."""
    if found.value is None:
        return "–"
    interval = "" if found.low is None or found.high is None else f" [{100 * found.low:.1f}%, {100 * found.high:.1f}%]"
    return f"{100 * found.value:.1f}%{interval}"
