"""lm-eval's own gsm8k filters on our completions."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.core.errors import UserError
from harness.core.records import Completion, Doc
from harness.lm_eval_bridge.filters import FILTER_NAMES, lm_eval_scores

pytest.importorskip("lm_eval", reason="lm-eval is an extra")

DOC = Doc(id="d", question="q", target="1250", gold_reasoning="5 * 250 = <<5*250=1250>>1250\n#### 1,250")


def scores(text: str) -> tuple[float, float]:
    result = lm_eval_scores([DOC], [Completion(doc_id="d", text=text)])
    return result["strict-match"][0], result["flexible-extract"][0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#### 1250", (1.0, 1.0)),
        ("#### 1,250.", (1.0, 1.0)),
        ("The answer is 1250", (0.0, 1.0)),
        ("**$1250**.", (0.0, 1.0)),
        ("#### 1250...", (0.0, 0.0)),
        ("#### 1250.00.", (0.0, 0.0)),
        ("#### 1250 (checked: 2 ways)", (1.0, 0.0)),
        ("#### 1250\nQuestion: what is 2 + 2?", (1.0, 1.0)),
        ("", (0.0, 0.0)),
    ],
)
def test_its_filters_judge_as_measured_in_lm_eval(text: str, expected: tuple[float, float]) -> None:
    assert scores(text) == expected


def test_scores_come_in_the_order_of_the_completions() -> None:
    docs = [DOC, Doc(id="e", question="q", target="7")]
    completions = [Completion(doc_id="e", text="#### 7"), Completion(doc_id="d", text="#### 7")]
    assert lm_eval_scores(docs, completions) == {name: [1.0, 0.0] for name in FILTER_NAMES}


def test_a_completion_of_no_doc_is_one_clear_line() -> None:
    with pytest.raises(UserError, match="'x'"):
        lm_eval_scores([DOC], [Completion(doc_id="x", text="")])


def test_no_real_gemma_reply_passes_strict_match(shared_data: Callable[[str], Path]) -> None:
    gold = [json.loads(line) for line in shared_data("gsm8k/test.jsonl").read_text(encoding="utf-8").splitlines()]
    rows = shared_data("gemma3_1b_it_outputs/lora_grpo_b1.jsonl").read_text(encoding="utf-8").splitlines()[:300]
    docs = [Doc(id=str(i), question="", target=r["answer"], gold_reasoning=r["solution"]) for i, r in enumerate(gold)]
    completions = [Completion(doc_id=str(r["idx"]), text=r["completion"]) for r in map(json.loads, rows)]
    result = lm_eval_scores(docs, completions)
    assert sum(result["strict-match"]) == 0
    assert 0.55 < sum(result["flexible-extract"]) / 300 < 0.68
