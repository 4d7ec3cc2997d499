"""Add two 2-digit integers: the smallest whole task, made to be copied.

One doc:
    question: "What is 47 + 38?"    reasoning: "47 + 38 = 85"    answer: "85"
"""

from __future__ import annotations

from random import Random

from harness import Doc, Task, task
from tasks.scoring.final_answer import final_answer


@task
def two_digit_addition(n: int = 200, seed: int = 0) -> Task:
    """Add two 2-digit integers.

    n: number of questions, all different. seed: which ones.
    """
    pairs = Random(seed).sample([(a, b) for a in range(10, 100) for b in range(10, 100)], n)
    docs = tuple(
        Doc(
            id=f"{a}+{b}",
            question=f"What is {a} + {b}?",
            target=str(a + b),
            gold_reasoning=f"{a} + {b} = {a + b}",
        )
        for a, b in pairs
    )
    return Task(docs=docs, scorers=(final_answer(),), max_new_tokens=64)
