"""Problems of a few small steps, for models of a million parameters: GSM8K's kind of story, numbers up to 60.

One row:

    question        Ada has 12 apples. Ada buys 7 more. Ada gives 4 to Ben. How many apples does Ada have now?
    gold_reasoning  12 + 7 = 19.
                    19 - 4 = 15.
    target          15
"""

from __future__ import annotations

from harness.core.registry import task
from harness.core.reply.presets import response_format
from harness.core.task import PromptTemplate, Task
from harness.data.identity import data_info
from tasks.small_steps.generator import HeldOut, generate, stream
from tasks.small_steps.themes import THEMES, Split

__all__ = ["THEMES", "generate", "small_steps", "stream"]

VERSION = "1"
"""Raise it when the same options give other docs."""


@task
def small_steps(
    n: int = 300,
    seed: int = 0,
    split: Split = "test",
    held_out: HeldOut = "mixed",
    steps: str = "1-5",
    answer: str = "auto",
    format: str = "reasoning-answer",
    prefill: str = "",
) -> Task:
    """Story problems of one to five small steps, on themes and numbers held out from training, for very small models.

    n: questions in all, shared evenly by themes and numbers of steps; seed: which ones.
    split: train or test; held_out: template, numbers, or mixed (both kinds side by side).
    steps: how many, for example 3 or 2-5.
    answer: the policy that finds the final answer, for example auto or last-number.
    format: the response format that is asked for; prefill: text that opens the reply.
    """
    from tasks.scoring.final_answer import final_answer
    from tasks.scoring.structure import structure

    docs = generate(n, seed, split, held_out=held_out, steps=steps)
    form = response_format(format)
    return Task(
        docs=docs,
        version=VERSION,
        data=data_info(f"bundled:small_steps:{split}", docs),
        prompt=PromptTemplate(response_format=form, prefill=prefill),
        scorers=(final_answer(policy=answer, response_format=form), structure(response_format=form)),
    )
