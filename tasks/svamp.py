"""SVAMP: one-step word problems with varied structure (Patel et al. 2021).

One row:
    question: "Each pack of dvds costs 76 dollars. If there is a discount of 25 dollars on each pack, how much ...?"
    answer:   "51"
"""

from __future__ import annotations

from harness import PromptTemplate, Task, task
from harness.core.reply.presets import response_format
from harness.data.hub import load_hub_rows
from harness.data.identity import data_info
from harness.data.questions import local_docs, rows_to_docs
from tasks.scoring.final_answer import final_answer
from tasks.scoring.structure import structure

HUB_NAME = "ChilleD/SVAMP"


@task
def svamp(data: str = "", columns: str = "", answer: str = "auto", format: str = "question-reasoning-answer") -> Task:
    """One-step arithmetic word problems with adversarially varied wording: from the hub, or a local file.

    data: a JSONL, CSV or Parquet file, shards or hub:NAME; columns: question=...,answer=... in it.
    answer: the policy that finds the final answer. format: the response format that is asked for.
    """
    if data:
        docs, info = local_docs(data, "svamp", columns)
    else:
        rows = [_hub_row(row) for row in load_hub_rows(HUB_NAME, config=None, split="test")]
        docs = rows_to_docs(rows, where=HUB_NAME, prefix="svamp-test", columns="")
        info = data_info(f"hub:{HUB_NAME}:test", docs)
    form = response_format(format)
    return Task(
        docs=docs,
        data=info,
        prompt=PromptTemplate(response_format=form),
        scorers=(final_answer(policy=answer, response_format=form), structure(response_format=form)),
        max_new_tokens=256,
    )


def _hub_row(row: dict[str, object]) -> dict[str, object]:
    """The hub keeps the story and its question apart, with capitalised columns."""
    return {"id": row["ID"], "question": f"{row['Body']} {row['Question']}", "answer": row["Answer"]}
