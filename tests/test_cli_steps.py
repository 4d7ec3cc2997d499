"""`harness steps`: a text or lines of solutions in, verdicts and the first error out."""

from __future__ import annotations

import json

import pytest

SEED = (
    "A 20% discount means the selling price is 80% of the original. Let the original price be x.\n"
    "0.8x = 240.\n"
    "x = 240 / 0.8 = {value}\n"
)


def lines(path, rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    return path


def judged(harness, *arguments):
    done = harness("steps", *arguments)
    assert done.code == 0, done.err
    return [json.loads(line) for line in done.out.splitlines()]


def test_the_seed_example_is_valid_step_by_step(harness, tmp_path):
    (tmp_path / "seed.txt").write_text(SEED.format(value=300))
    done = harness("steps", tmp_path / "seed.txt")
    assert "no error found" in done.out
    assert "follows from the equation before" in done.out


def test_a_changed_result_is_located_at_its_step_with_both_values(harness, tmp_path):
    (tmp_path / "seed.txt").write_text(SEED.format(value=320))
    done = harness("steps", tmp_path / "seed.txt")
    assert "300 against 320" in done.out
    assert "first error at step 4" in done.out


def test_a_text_as_json_has_the_first_error_and_a_verdict_a_step(harness, tmp_path):
    (tmp_path / "seed.txt").write_text(SEED.format(value=320))
    document = json.loads(harness("steps", tmp_path / "seed.txt", "--json").out)
    assert document["first_error"] == 3
    assert document["verdicts"] == ["valid", "unverifiable", "unverifiable", "invalid"]


def test_each_line_of_a_jsonl_gives_one_line(harness, tmp_path):
    rows = [
        {"id": "a", "question": "?", "steps": ["2 + 2 = 4", "4 * 3 = 12"]},
        {"id": "b", "question": "?", "steps": ["2 + 2 = 4", "4 * 3 = 13"]},
    ]
    found = judged(harness, lines(tmp_path / "s.jsonl", rows), "--jsonl")
    assert found == [
        {"id": "a", "first_error": -1, "verdicts": ["valid", "valid"]},
        {"id": "b", "first_error": 1, "verdicts": ["valid", "invalid"]},
    ]


def test_a_unicode_line_separator_inside_a_step_is_no_new_line(harness, tmp_path):
    rows = [{"id": "a", "question": "?", "steps": ["2 + 2 = 4\u2028and 3 + 3 = 6"]}]
    assert len(judged(harness, lines(tmp_path / "s.jsonl", rows), "--jsonl")) == 1


def test_with_a_reference_a_true_sum_of_the_wrong_numbers_is_the_first_error(harness, tmp_path):
    row = {
        "id": "a",
        "question": "Tom has 5 apples and buys 7 more. He gives 4 away. How many are left?",
        "steps": ["Tom has 5 + 7 = 12 apples.", "After giving some away he has 12 - 5 = 7 apples.", "The answer is 7."],
        "gold_solution": "Tom has 5 + 7 = 12 apples.\nHe has 12 - 4 = 8 apples left.\n#### 8",
    }
    path = lines(tmp_path / "s.jsonl", [row])
    assert judged(harness, path, "--jsonl")[0]["first_error"] == -1
    assert judged(harness, path, "--jsonl", "--reference")[0]["first_error"] == 1


def test_lines_without_a_gold_solution_are_checked_without_one_and_counted(harness, tmp_path):
    rows = [{"id": "a", "question": "?", "steps": ["2 + 2 = 5"], "gold_solution": None}]
    done = harness("steps", lines(tmp_path / "s.jsonl", rows), "--jsonl", "--reference")
    assert json.loads(done.out)["first_error"] == 0
    assert "1 of 1 lines have no gold_solution" in done.err


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"id": "a", "step": []}', "no field 'steps'"),
        ('{"id": "a", "steps": "2 + 2 = 4"}', "'steps' must be a list of texts"),
        ("[1]", "a line must be an object"),
        ("{", "not JSON"),
    ],
)
def test_a_bad_line_is_named(harness, tmp_path, line, message):
    path = tmp_path / "bad.jsonl"
    path.write_text('{"id": "ok", "steps": []}\n' + line + "\n")
    done = harness("steps", path, "--jsonl")
    assert done.code == 2
    assert done.out == ""
    assert f"{path} line 2" in done.err
    assert message in done.err
