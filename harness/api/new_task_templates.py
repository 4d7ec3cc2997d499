"""The files that `new_task` writes: a task that makes its questions, one that reads them, and their test."""

from __future__ import annotations

MADE = '''"""One sentence that says what {name} measures.

One doc:
    question: "What is 7 * 6?"    reasoning: "7 * 6 = 42"    answer: "42"
"""

from __future__ import annotations

from random import Random

from harness import Doc, Task, final_answer, task


@task
def {name}(n: int = 100, seed: int = 0) -> Task:
    """What `harness tasks` says of {name}.

    n: number of questions. seed: which ones.
    """
    pairs = Random(seed).sample([(a, b) for a in range(2, 30) for b in range(2, 30)], n)
    docs = tuple(
        Doc(
            id=f"{{a}}x{{b}}",
            question=f"What is {{a}} * {{b}}?",
            target=str(a * b),
            gold_reasoning=f"{{a}} * {{b}} = {{a * b}}",
        )
        for a, b in pairs
    )
    return Task(docs=docs, scorers=(final_answer(),), max_new_tokens=64)
'''
READ = '''"""The questions of {file}.

One row:
    question: {question}
    answer:   {answer}
"""

from __future__ import annotations

from pathlib import Path

from harness import PromptTemplate, Task, final_answer, local_docs, response_format, structure, task

DATA = {data}
COLUMNS = {columns}


@task
def {name}(data: str = "", columns: str = "", answer: str = "auto", format: str = "question-reasoning-answer") -> Task:
    """The questions of {file}.

    data: another file than DATA; columns: question=...,answer=... in it, where they differ from COLUMNS.
    answer: the policy that finds the final answer. format: the response format that is asked for.
    """
    docs, info = local_docs(data or str(DATA), "{name}", columns or COLUMNS)
    form = response_format(format)
    return Task(
        docs=docs,
        data=info,
        prompt=PromptTemplate(response_format=form),
        scorers=(final_answer(policy=answer, response_format=form), structure(response_format=form)),
        max_new_tokens=512,
    )
'''
TEST = '''"""{name}: the contract that every task keeps."""

from __future__ import annotations

from pathlib import Path

from harness import check_task_contract, load_task


def test_{name}_keeps_the_task_contract():
    check_task_contract(load_task(str(Path(__file__).parent / "{name}.py")))
'''
