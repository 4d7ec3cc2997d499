"""Every registered task keeps the contract: gold is right, empty is no answer, another doc's answer is wrong."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from harness import Doc, Task, load_task
from harness.core.registry import all_entries
from harness.testing import check_task_contract

PANEL = ["forgetting", "instructions", "plain_text", "puzzles"]
MADE_HERE = [*PANEL, "gsm_style", "small_steps", "step_validity", "structure", "two_digit_addition"]
FROM_A_FILE = ["gsm8k", "svamp", "math500"]


@pytest.mark.parametrize("name", MADE_HERE)
def test_a_task_that_makes_its_docs_keeps_the_contract(name):
    check_task_contract(load_task(name), n_docs=60)


def test_a_task_function_called_by_hand_gives_what_its_name_gives():
    from tasks.small_steps import small_steps

    made, named = small_steps(30, seed=1), load_task("small_steps", {"n": 30, "seed": 1})
    for told in ("name", "options", "help", "docs", "version", "data"):
        assert getattr(made, told) == getattr(named, told), told


def test_a_task_says_in_one_line_what_it_is():
    shown = repr(load_task("small_steps", {"n": 30}))
    assert shown.startswith("Task small_steps: 30 docs, the first: '")
    assert shown.endswith("; scored by final_answer, structure")
    assert "\n" not in shown


@pytest.mark.parametrize("variant", ["names", "numbers", "distractor", "reorder", "currency", "longer", "all"])
def test_every_variant_of_the_generator_keeps_the_contract(variant):
    check_task_contract(load_task("gsm_style", {"variant": variant, "n": 70}), n_docs=70)


@pytest.mark.parametrize("name", FROM_A_FILE)
def test_a_task_over_a_file_keeps_the_contract(name, tmp_path):
    path = tmp_path / "data.jsonl"
    rows = [{"id": str(i), "question": f"What is {i} + {i}?", "answer": str(2 * i)} for i in range(1, 30)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    check_task_contract(load_task(name, {"data": str(path)}))


@pytest.mark.parametrize(
    ("name", "file"), [("gsm8k", "gsm8k/test.jsonl"), ("svamp", "svamp.jsonl"), ("math500", "math500.jsonl")]
)
def test_a_task_over_real_data_keeps_the_contract(name, file, shared_data):
    task = load_task(name, {"data": str(shared_data(file))})
    check_task_contract(replace(task, docs=without_gold(task)), n_docs=100)


def without_gold(task: Task) -> tuple[Doc, ...]:
    """Real gold solutions hold a few false steps of their own (docs/method/steps.md): only answers are checked."""
    return tuple(Doc(id=d.id, question=d.question, target=d.target) for d in task.docs)


def test_no_task_is_left_out():
    assert set(all_entries()) == set(MADE_HERE) | set(FROM_A_FILE)
