"""Whether a model's reasoning steps hold, on the project's own story problems: each step is recomputed.

One row:
    question: "Ana has 3 boxes of 12 pens and gives away 5. How many are left?"
    reply:    "Reasoning: 3 * 12 = 36\\n36 - 5 = 32\\nAnswer: 31"     (the second step is false)
"""

from __future__ import annotations

from harness import PromptTemplate, Task, task
from harness.core.reply.presets import response_format
from harness.data.identity import data_info
from tasks.scoring.final_answer import final_answer
from tasks.scoring.step_validity import step_validity as step_scorer
from tasks.scoring.structure import structure


@task
def step_validity(
    n: int = 200,
    seed: int = 0,
    format: str = "question-reasoning-answer",
    prefill: str = "",
    answer: str = "auto",
) -> Task:
    """Are the model's reasoning steps true; decides on right answers reached without a false step.

    n: questions from the bundled generator; seed: which ones. format: the response format that is asked for.
    prefill: text that opens the reply; it is judged as part of it. answer: the policy that reads the final answer.
    """
    from tasks.gsm_style import generate  # a package of templates: loaded when the task is built

    form = response_format(format)
    docs = generate(n, seed, "test")
    scorers = (step_scorer(form), final_answer(policy=answer, response_format=form), structure(response_format=form))
    return Task(
        docs=docs,
        data=data_info("bundled:gsm_style", docs),
        prompt=PromptTemplate(response_format=form, prefill=prefill),
        scorers=scorers,
        primary="sound_and_correct",
        max_new_tokens=512,
    )
