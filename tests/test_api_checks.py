"""The front door's verbs that check: noise, contamination, steps, prompts; and those that write tasks and pages."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

import harness
from harness.backends.scripted.backend import ScriptedBackend
from reports.inline.lines import MOST_LINES

WRONG = "3 * 4 = 12\n12 - 2 = 11"


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    yield
    assert capsys.readouterr().out == ""


def sums(n_docs: int = 6) -> harness.Task:
    docs = tuple(
        harness.Doc(id=str(i), question=f"What is {i} + {i}?", target=str(2 * i), gold_reasoning=f"{i} + {i} = {2 * i}")
        for i in range(1, n_docs + 1)
    )
    return harness.Task(name="sums", docs=docs, scorers=(harness.final_answer(),))


# --- noise -------------------------------------------------------------------------------------------


def test_a_task_and_a_backend_that_are_objects_have_a_floor():
    task, told = sums(), []
    backend = ScriptedBackend("careful", task)
    floor = harness.noise_floor(task=task, model=backend, seeds=(0, 1), on_progress=told.append)
    assert isinstance(floor, harness.NoiseFloor)
    assert (floor.flips.value, floor.n_docs) == (0.0, 6)
    assert json.loads(floor.path.read_text())["task"] == "sums"
    assert {progress.stage for progress in told} == {"sums, seed 0", "sums, seed 1"}
    assert "path" not in json.loads(floor.path.read_text())


def test_runs_that_were_just_made_have_a_floor():
    first, second = (harness.evaluate(sums(), "scripted:careful", out=name) for name in ("one", "two"))
    floor = harness.noise_floor(first, second)
    assert [run.label for run in floor.runs] == ["one", "two"]
    assert repr(floor).startswith("noise floor of scripted-careful: no answer flips by numerics alone")
    assert floor.to_frame()["flips"].tolist() == [0]
    assert floor.to_frame("runs")["accuracy"].tolist() == [1.0, 1.0]
    assert "no answer flips" in floor._repr_html_()


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"batches": (1, 8)}, "keeps its own"),
        ({}, "nothing to compare"),
        ({"seeds": (0, -1)}, "--seeds -1"),
        ({"seeds": (0, 1), "max_new_tokens": 0}, "--max-new-tokens 0"),
    ],
)
def test_what_has_no_floor_is_refused(asked, message):
    with pytest.raises(harness.UserError, match=message):
        harness.noise_floor(task=sums(), model=ScriptedBackend("careful", sums()), **asked)


def test_one_run_as_an_object_and_by_name_is_one_run():
    run = harness.evaluate(sums(), "scripted:careful", out="one")
    with pytest.raises(harness.UserError, match="given twice"):
        harness.noise_floor(run, "one")


def test_a_floor_that_was_stopped_says_where_and_goes_on():
    class Stops:
        def __init__(self) -> None:
            self.left = 4

        def __call__(self, progress: harness.Progress) -> None:
            self.left -= 1
            if not self.left:
                raise KeyboardInterrupt

    call = {"task": "gsm_style", "options": {"n": 6}, "model": "scripted:careful", "seeds": (0, 1)}
    with pytest.raises(harness.Stopped) as stopped:
        harness.noise_floor(**call, on_progress=Stops())
    assert (stopped.value.folder / "seed0" / "run.json").is_file()
    assert harness.noise_floor(**call).path.parent == stopped.value.folder


# --- contamination -----------------------------------------------------------------------------------


def test_rows_are_held_against_a_task_that_is_an_object_and_a_run_of_it():
    task = sums()
    rows = [{"text": f"Solve it. {task.docs[0].question}"}, {"text": "Something else."}]
    run = harness.evaluate(task, "scripted:careful")
    found = harness.find_contamination(rows, task, run=run)
    assert found.doc_ids() == {"1"}
    lines = repr(found).splitlines()
    assert lines[0] == "sums: 1 of 6 docs (16.7%) overlap with 2 training rows"
    assert lines[1] == f"accuracy of {run.id}"
    assert [line.split(" [")[0] for line in lines[2:]] == [
        "  every doc: 100.0%",
        "  without overlap: 100.0%",
        "  overlap only: 100.0%",
    ]
    assert [line.rsplit(", ")[-1] for line in lines[2:]] == ["6 docs", "5 docs", "1 doc"]
    assert "without overlap: 100.0%" in found._repr_html_()
    assert found.run.scores.without_overlap.n_docs == 5
    table = found.to_frame()
    assert table[["set", "id", "kind"]].values.tolist() == [["sums", "1", "contained"]]
    assert "1 of 6 docs" in found._repr_html_()


def test_rows_can_be_read_once_for_several_sets():
    first, second = sums(1), replace(sums(2), name="more")
    found = harness.find_contamination(iter([{"text": second.docs[1].question}]), [first, second])
    assert {name: one.doc_ids() for name, one in found.sets.items()} == {"sums": frozenset(), "more": {"2"}}


def test_sets_of_one_name_are_refused():
    with pytest.raises(harness.UserError, match="two sets are called 'sums'"):
        harness.find_contamination([], [sums(1), sums(2)])


# --- steps -------------------------------------------------------------------------------------------


def test_the_first_error_of_a_text_is_found_and_of_its_steps():
    made = harness.check_steps(WRONG)
    assert made.first_error() == 1
    assert made.verdicts() == ("valid", "invalid")
    assert harness.check_steps(WRONG.split("\n")).first_error() == 1
    assert made.to_frame()["verdict"].tolist() == ["valid", "invalid"]


def test_checked_steps_show_themselves_in_few_lines():
    assert repr(harness.check_steps(WRONG)).splitlines()[-1] == "first error at step 2; 2 of 2 steps decided"
    many = repr(harness.check_steps("\n".join(f"{i} + 1 = {i + 1}" for i in range(40))))
    assert len(many.splitlines()) <= 15
    assert "... 28 more" in many


def test_what_a_step_says_is_text_in_a_notebook():
    assert "<script>" not in harness.check_steps("<script>1 + 1 = 3</script>")._repr_html_()


def test_a_gold_solution_finds_true_sums_of_the_wrong_numbers():
    question = "Tom has 5 apples and buys 7 more. He gives 4 away. How many are left?"
    steps = ["Tom has 5 + 7 = 12 apples.", "He gives some away: 12 - 5 = 7 apples.", "The answer is 7."]
    gold = "Tom has 5 + 7 = 12 apples.\nHe has 12 - 4 = 8 apples left.\n#### 8"
    assert harness.check_steps(steps, question).first_error() == -1
    guided = harness.check_steps(steps, question, gold_solution=gold)
    assert guided.first_error() == 1
    assert guided.to_frame()["why"][1] == guided.reference.why


def test_another_tier_is_refused_with_the_nearest_name():
    with pytest.raises(harness.UserError, match="did you mean 'suspicious'"):
        harness.check_steps(WRONG, tier="suspicius")


# --- tasks and pages ---------------------------------------------------------------------------------


def test_tasks_are_listed_with_what_can_be_set():
    found = harness.list_tasks()
    assert list(found) == sorted(found)
    assert found["gsm_style"].options["n"].kind == "int"
    assert list(harness.list_tasks("gsm8k")) == ["gsm8k"]
    with pytest.raises(harness.UserError, match="did you mean 'gsm8k'"):
        harness.list_tasks("gsm8l")


def test_a_task_whose_annotations_do_not_resolve_is_listed_all_the_same(tmp_path):
    (tmp_path / "odd.py").write_text("from harness import task\n\n\n@task\ndef odd(n: 'Nowhere' = 1): ...\n")
    assert harness.list_tasks("odd.py")["odd.py"].options["n"].default == 1


def test_a_new_task_can_be_run_and_is_not_written_over(tmp_path):
    written = harness.new_task("tables", folder=tmp_path / "mine")
    assert [path.name for path in written] == ["tables.py", "test_tables.py"]
    assert harness.evaluate(str(written[0]), "scripted:careful", limit=3).estimate().value == 1.0
    with pytest.raises(harness.UserError, match="exists"):
        harness.new_task("tables", folder=tmp_path / "mine")


def test_tasks_are_exported_for_lm_eval():
    made = harness.export_lm_eval("out", "gsm_style", options={"n": 3})
    assert made.tasks == ("harness_gsm_style",)
    assert all((path / "fn.py").is_file() for path in made.paths)
    with pytest.raises(harness.UserError, match="no task to export"):
        harness.export_lm_eval("out", [])


def test_the_page_of_a_folder_names_its_runs():
    run = harness.evaluate(sums(), "scripted:careful", out="runs/mine")
    page = harness.history_page()
    assert page == Path("runs/history.html")
    assert run.run.model.name in page.read_text()
    with pytest.raises(harness.UserError, match="no folder of runs"):
        harness.history_page("elsewhere")


def test_the_prompts_of_the_bundled_model_are_linted():
    pytest.importorskip("tunix", reason="needs the gemma extra")
    report = harness.lint("gemma3-nano", sums())
    assert (report.n_docs, report.n_errors) == (6, 0)
    lines = repr(report).splitlines()
    assert [line.split(": ")[0] for line in lines[:3]] == ["template", "stops at", "prompt"]
    assert len(lines) <= MOST_LINES
    assert "template: " in report._repr_html_()
    assert report.to_frame("tokens")["id"].tolist() == [i for i, _ in report.tokens]
    with pytest.raises(harness.UserError, match="only a model's own files"):
        harness.lint("http://somewhere/v1,model=m")


def test_files_are_scored_anew_for_a_floor_where_golds_change(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, said in {"one": "2", "two": "3"}.items():
        Path(f"{name}.jsonl").write_text(json.dumps({"id": "1", "completion": f"The answer is {said}."}))

    def asked(target: str) -> harness.Task:
        doc = harness.Doc(id="1", question="1 + 1?", target=target)
        return harness.Task(name="sum", docs=(doc,), scorers=(harness.final_answer(),))

    def right(target: str) -> list[float | None]:
        return [run.accuracy.value for run in harness.noise_floor("one.jsonl", "two.jsonl", task=asked(target)).runs]

    assert right("2") == [1.0, 0.0]
    assert right("3") == [0.0, 1.0]
