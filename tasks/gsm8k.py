"""GSM8K: grade-school maths word problems (Cobbe et al. 2021).

One row of the official test set:
    question: "A robe takes 2 bolts of blue fiber and half that much white fiber. How many bolts in total ...?"
    answer:   "It takes 2/2=<<2/2=1>>1 bolt of white fiber\\nSo the total ... 2+1=<<2+1=3>>3 bolts\\n#### 3"
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from harness import PromptTemplate, Task, task
from harness.core.records import DataInfo, Doc
from harness.core.reply.presets import response_format
from harness.data.hub import HubUnavailable
from harness.data.questions import hub_docs, local_docs
from tasks.scoring.final_answer import final_answer
from tasks.scoring.structure import structure

HUB_NAME = "openai/gsm8k"
N_BUNDLED = 300
Split: TypeAlias = Literal["test", "train"]


@task
def gsm8k(
    data: str = "",
    columns: str = "",
    source: Literal["auto", "official", "bundled"] = "auto",
    split: Split = "test",
    answer: str = "auto",
    format: str = "question-reasoning-answer",
    prefill: str = "",
    few_shot: int = 0,
) -> Task:
    """Grade-school maths word problems: the official test set, a local file, or bundled problems in its style.

    data: a JSONL, CSV or Parquet file, shards or hub:NAME, not the official set; columns: question=Q,answer=A in it.
    source: official fails where the official set cannot be had; auto falls back to bundled problems and says so.
    split: test or train.
    answer: the policy that finds the final answer, for example auto or last-number.
    format: the response format that is asked for; prefill: text that opens the reply.
    few_shot: worked examples from the bundled training problems.
    """
    docs, info = _docs(data, columns, source, split)
    form = response_format(format)
    return Task(
        docs=docs,
        data=info,
        prompt=PromptTemplate(response_format=form, prefill=prefill, few_shot=_shots(few_shot)),
        scorers=(final_answer(policy=answer, response_format=form), structure(response_format=form)),
        max_new_tokens=512,
    )


def _docs(data: str, columns: str, source: str, split: Split) -> tuple[tuple[Doc, ...], DataInfo]:
    if data:
        return local_docs(data, "gsm8k", columns)
    if source == "bundled":
        return _bundled(split, notice="")
    try:
        return hub_docs(HUB_NAME, "gsm8k", config="main", split=split)
    except HubUnavailable as error:
        if source == "official":
            raise
        notice = f"official {HUB_NAME} is not at hand ({error.message}): using {N_BUNDLED} bundled GSM8K-style problems"
        return _bundled(split, notice=notice)


def _bundled(split: Split, *, notice: str) -> tuple[tuple[Doc, ...], DataInfo]:
    from harness.data.identity import data_info
    from tasks.gsm_style import generate

    docs = generate(N_BUNDLED, seed=0, split=split)
    return docs, data_info(f"bundled:gsm_style:{split}", docs, notice=notice)


def _shots(n: int) -> tuple[Doc, ...]:
    if n == 0:
        return ()
    from tasks.gsm_style import generate

    return generate(n, seed=1, split="train")
