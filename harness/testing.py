"""Checks for people who write tasks: one call in a test holds a task to the contract."""

from __future__ import annotations

from dataclasses import replace

from harness.core.records import Completion, Doc
from harness.core.scorer import Scorer
from harness.core.task import Task, as_text
from harness.runner.begin import check_task

DISTRACTION = "First I thought of 7, then of 1,234.5 and 99%, but neither is asked for.\n"


def check_task_contract(task: Task, *, n_docs: int = 25) -> None:
    """Hold a task to what every task must keep, on its first `n_docs` docs. Raises AssertionError saying which broke.

    Ids are unique; every prompt renders; by the scorer `final_answer`, the gold reply is correct (after distracting
    numbers too), the empty reply is no answer, and another doc's answer is wrong; no step of the gold reasoning is
    proven false.
    """
    check_task(task)
    docs = task.docs[:n_docs]
    for doc in docs:
        asked = task.prompt.render(doc)
        assert asked.messages or asked.pairs, f"{doc.id}: the prompt is empty"
        _check_gold_steps(doc)
    answer_scorer = next((scorer for scorer in task.scorers if scorer.name == "final_answer"), None)
    if answer_scorer is not None:
        for doc, other in zip(docs, (*docs[1:], docs[0]), strict=True):
            _check_answers(task, answer_scorer, doc, other)


def _check_answers(task: Task, scorer: Scorer, doc: Doc, other: Doc) -> None:
    gold = _reply(task, doc, doc.gold_reasoning, doc.target)
    distracted = _reply(task, doc, DISTRACTION + doc.gold_reasoning, doc.target)
    assert _outcome(scorer, doc, gold) == "correct", f"{doc.id}: the gold reply is not correct: {gold!r}"
    assert _outcome(scorer, doc, distracted) == "correct", f"{doc.id}: distracting numbers hide the gold answer"
    assert _outcome(scorer, doc, "") == "no_answer", f"{doc.id}: the empty reply has an answer"
    foreign = _reply(task, doc, "", other.target)
    if _outcome(scorer, replace(doc, target=other.target), _reply(task, doc, "", doc.target)) != "correct":
        assert _outcome(scorer, doc, foreign) == "wrong", f"{doc.id}: the answer of {other.id} is not wrong"


def _reply(task: Task, doc: Doc, reasoning: str, answer: str) -> str:
    return task.prompt.response_format.render(as_text(doc.question), reasoning, answer)


def _outcome(scorer: Scorer, doc: Doc, text: str) -> str:
    return scorer.score(doc, Completion(doc_id=doc.id, text=text)).outcome


def _check_gold_steps(doc: Doc) -> None:
    from harness.core.registry import load_scorer

    if not doc.gold_reasoning:
        return
    score = load_scorer("step_validity").score(doc, Completion(doc_id=doc.id, text=doc.gold_reasoning))
    assert score.detail.get("first_error", -1) == -1, f"{doc.id}: a gold step is proven false: {score.why}"
