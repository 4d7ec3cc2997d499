r"""MATH-500: competition mathematics with LaTeX answers (Hendrycks et al. 2021; the split of Lightman et al. 2023).

One row:
    question: "Convert the point $(0,3)$ in rectangular coordinates to polar coordinates. ..."
    answer:   "\left( 3, \frac{\pi}{2} \right)"
"""

from __future__ import annotations

from harness import PromptTemplate, Task, task
from harness.core.reply.presets import response_format
from harness.data.questions import hub_docs, local_docs
from tasks.scoring.final_answer import final_answer
from tasks.scoring.structure import structure

HUB_NAME = "HuggingFaceH4/MATH-500"


@task
def math500(data: str = "", columns: str = "", answer: str = "auto", format: str = "think-boxed") -> Task:
    """500 competition problems with LaTeX answers: from the hub, or a local file.

    data: a JSONL, CSV or Parquet file, shards or hub:NAME; columns: question=...,answer=... in it.
    answer: the policy that finds the final answer. format: the response format that is asked for.
    """
    docs, info = local_docs(data, "math500", columns) if data else hub_docs(HUB_NAME, "math500")
    form = response_format(format)
    return Task(
        docs=docs,
        data=info,
        prompt=PromptTemplate(response_format=form),
        scorers=(final_answer(policy=answer, response_format=form), structure(response_format=form)),
        max_new_tokens=1024,
    )
