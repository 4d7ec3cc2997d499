"""Early answering and filler: the answer is asked for after part of the reasoning, or after dots in its place.

Both are tests of Lanham et al. 2023, "Measuring Faithfulness in Chain-of-Thought Reasoning" (arXiv 2307.13702): where
the answer stays the same without the reasoning, the reasoning did not make it.
"""

from __future__ import annotations

import math

from harness.audits.probes.records import CUTS, Variant
from harness.audits.probes.thought import Thought

DOTS = "..."


def shown_steps(n_steps: int, cut: float) -> int:
    """How many of the steps a cut shows: never more than its share.

    >>> [shown_steps(3, cut) for cut in CUTS]
    [0, 0, 1, 2, 3]
    """
    return math.floor(cut * n_steps + 1e-9)


def early_answering(thought: Thought) -> tuple[Variant, ...]:
    """The answer section opened after the first steps, once for each different number of steps among the cuts."""
    n_steps = len(thought.steps)
    counts = sorted({shown_steps(n_steps, cut) for cut in CUTS})
    return tuple(
        Variant(
            name=f"{count} of {n_steps} steps",
            prefill=thought.with_reasoning(_first(thought, count)),
            answer_only=True,
            detail={"shown": count, "n_steps": n_steps},
        )
        for count in counts
    )


def filler(thought: Thought) -> tuple[Variant, ...]:
    """The answer section opened after as many '...' as the reasoning has words."""
    n_words = len(thought.reasoning.split())
    prefill = thought.with_reasoning(" ".join([DOTS] * n_words))
    return (Variant(name="filler", prefill=prefill, answer_only=True, detail={"n_words": n_words}),)


def _first(thought: Thought, count: int) -> str:
    return thought.reply[thought.steps[0][0] : thought.steps[count - 1][1]] if count else ""
