"""The rules of docs/method/answers.md, one made row an example: what is right is accepted, what is wrong is not.

A row of fixtures/answer_rules.jsonl:
    {"rule": "two units are one quantity", "gold": "4.25", "reply": "Answer: 4 hours and 15 minutes", "correct": true}
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.core.records import Completion, Doc
from harness.core.reply.presets import response_format
from tasks.scoring.final_answer import final_answer
from tasks.scoring.structure import structure

HERE = Path(__file__).parent
ROWS = [json.loads(line) for line in (HERE / "fixtures/answer_rules.jsonl").read_text(encoding="utf-8").splitlines()]
RULES = sorted({row["rule"] for row in ROWS})
FORMATS = {"gsm8k": "question-reasoning-answer", "math500": "think-boxed"}


def is_correct(gold: str, reply: str, policy: str = "auto", form: str = "") -> bool:
    scorer = final_answer(policy, response_format=response_format(form) if form else None)
    return scorer.score(Doc(id="d", question="q", target=gold), Completion(doc_id="d", text=reply)).outcome == "correct"


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_holds_for_each_of_its_examples(rule: str) -> None:
    rows = [row for row in ROWS if row["rule"] == rule]
    broken = [row for row in rows if is_correct(row["gold"], row["reply"], row.get("policy", "auto")) != row["correct"]]
    assert not broken


def test_every_rule_is_in_the_docs_and_every_rule_of_the_docs_has_examples() -> None:
    page = (HERE.parent / "docs/method/answers.md").read_text(encoding="utf-8")
    table = page.split("## The rules", 1)[1].split("\n## ", 1)[0]
    listed = [row.split("|")[1].strip() for row in re.findall(r"^\|.*\|$", table, re.MULTILINE)[2:]]
    assert sorted(listed) == RULES


def test_failures_that_users_and_attackers_met_are_mended(shared_data: Callable[[str], Path]) -> None:
    lines = shared_data("trial/answers_steps.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [row for row in map(json.loads, lines) if row["scorer"] in ("final_answer", "structure")]
    assert len(rows) > 80
    broken = [row for row in rows if verdict(row) != row["expected"]]
    assert not broken


def verdict(row: dict[str, str]) -> str:
    if row["scorer"] == "final_answer":
        return "correct" if is_correct(row["gold"], row["input"], form=FORMATS[row["task"]]) else "wrong"
    doc, completion = Doc(id="d", question="q", target=row["gold"]), Completion(doc_id="d", text=row["input"])
    return "compliant" if structure(row["task"]).score(doc, completion).value == 1 else "not compliant"
