"""Grade-school story problems of our own: made from templates, solved by exact arithmetic, with gold reasoning.

One row:

    question        Maria buys 3 pears at $1.50 each. Maria buys 2 plums for $2 each. How much does Maria pay in total?
    gold_reasoning  The pears cost 3 * $1.50 = $4.50.
                    The plums cost 2 * $2 = $4.
                    In total, Maria pays $4.50 + $4 = $8.50.
    target          8.50
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from harness.core.records import Estimate, Record
from harness.core.registry import task
from harness.core.reply.presets import response_format
from harness.core.scorer import Scorer
from harness.core.task import PromptTemplate, Task
from harness.data.identity import data_info
from tasks.gsm_style.foreign import variants_of
from tasks.gsm_style.generator import generate, stream
from tasks.gsm_style.registry import Template
from tasks.gsm_style.splits import HeldOut, Split
from tasks.gsm_style.templates import all_templates
from tasks.gsm_style.variants import Variant

__all__ = ["Template", "all_templates", "generate", "gsm_style", "stream", "variants_of"]

VERSION = "1"
"""Raise it when the same options give other docs."""


@task
def gsm_style(
    n: int = 300,
    seed: int = 0,
    split: Split = "test",
    held_out: HeldOut = "mixed",
    variant: Variant = "none",
    answer: str = "auto",
    format: str = "question-reasoning-answer",
    prefill: str = "",
) -> Task:
    """Grade-school story problems from the project's own generator, on templates and numbers held out from training.

    n: questions in all; with variant=all whole groups of seven, each seed question in every variant.
    split: train, dev or test; held_out: template, numbers, or mixed (both kinds side by side).
    variant: none, names, numbers, distractor, reorder, currency, longer, or all.
    answer: the policy that finds the final answer, for example auto or last-number.
    format: the response format that is asked for; prefill: text that opens the reply.
    """
    from tasks.scoring.final_answer import final_answer
    from tasks.scoring.structure import structure

    docs = generate(n, seed, split, held_out=held_out, variant=variant)
    form = response_format(format)
    answers = final_answer(policy=answer, response_format=form)
    return Task(
        docs=docs,
        version=VERSION,
        data=data_info(f"bundled:gsm_style:{split}", docs),
        prompt=PromptTemplate(response_format=form, prefill=prefill),
        scorers=(answers, structure(response_format=form)),
        summary=partial(_by_variant, answers) if variant == "all" else None,
    )


def _by_variant(answers: Scorer, records: Sequence[Record]) -> Mapping[str, Estimate]:
    """Accuracy in each variant, and over the seed questions that are right in all of them."""
    from harness.audits.robustness import robustness

    accuracy = next(metric.info for metric in answers.metrics if metric.info.name == "accuracy")
    found = robustness(records, accuracy)
    return found.estimates() if found is not None else {}
