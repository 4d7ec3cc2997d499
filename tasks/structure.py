"""Whether replies keep the form they were asked for, on the project's own story problems.

One row, in the default form:
    question: "Ana has 3 boxes of 12 pens and gives away 5. How many are left?"
    reply:    "Question: Ana has ...\\nReasoning: 3 * 12 = 36\\n36 - 5 = 31\\nAnswer: 31"
"""

from __future__ import annotations

from typing import Literal

from harness import PromptTemplate, Task, task
from harness.core.reply.presets import response_format
from harness.data.identity import data_info
from tasks.scoring.final_answer import final_answer
from tasks.scoring.structure import structure as structure_scorer


@task
def structure(
    n: int = 200,
    seed: int = 0,
    format: str = "question-reasoning-answer",
    prefill: str = "",
    answer: str = "auto",
    answer_type: Literal["any", "number", "sentence", "text"] = "any",
    min_steps: int = 0,
    max_steps: int = 0,
) -> Task:
    """Does the model keep the response format, and where does it break; accuracy is reported beside it.

    n: questions from the bundled generator; seed: which ones. format: the response format that is asked for.
    prefill: text that opens the reply; it is judged as part of it. answer: the policy that reads the final answer.
    answer_type: what the answer section must be; min_steps, max_steps: of the reasoning, 0 for no limit.
    """
    from tasks.gsm_style import generate  # a package of templates: loaded when the task is built

    form = response_format(format)
    docs = generate(n, seed, "test")
    form_scorer = structure_scorer(
        form,
        answer_type=None if answer_type == "any" else answer_type,
        min_steps=min_steps or None,
        max_steps=max_steps or None,
    )
    return Task(
        docs=docs,
        data=data_info("bundled:gsm_style", docs),
        prompt=PromptTemplate(response_format=form, prefill=prefill),
        scorers=(form_scorer, final_answer(policy=answer, response_format=form)),
        primary="compliant",
        max_new_tokens=512,
    )
