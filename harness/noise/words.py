"""The noise floor in a sentence, the same on the terminal and on the pages."""

from __future__ import annotations

from harness.core.records import Estimate
from harness.noise.records import NoiseFloor


def floor_sentence(floor: NoiseFloor) -> str:
    """What a comparison says beside its difference."""
    sentence = f"noise floor of {floor.model}: {share(floor.flips)} of answers flip by numerics alone"
    sentence += f" ({len(floor.runs)} runs, {floor.n_docs:,} docs)"
    if floor.swing is not None and floor.spread is not None:
        sentence += f"; that alone moves {floor.primary} by up to ±{100 * floor.swing:.1f} points between two runs"
        sentence += f" (seen: {100 * floor.spread:.1f})"
    return sentence


def share(found: Estimate) -> str:
    """'9.2% [7.7%, 10.9%]'; an en dash where undefined."""
    if found.value is None:
        return "–"
    interval = "" if found.low is None or found.high is None else f" [{100 * found.low:.1f}%, {100 * found.high:.1f}%]"
    return f"{100 * found.value:.1f}%{interval}"
