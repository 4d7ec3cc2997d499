"""What a user's own task raises: one line with task, function, file and line; a scorer's fault never loses the run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.core.blame import blaming, failure
from harness.core.errors import UserError

HEAD = """from harness import Doc, PromptTemplate, Task, task
from harness.core.records import Score
from harness.core.scorer import Scorer, value_metric, Metric

DOCS = tuple(Doc(id=f"q{i}", question=f"What is {i} + 1?", target=str(i + 1)) for i in range(4))

def metrics(scorer="judge"):
    return (value_metric("accuracy", scorer, "right"),)

"""
TASK = """
@task
def mine() -> Task:
    '''Mine.'''
    return Task(docs=DOCS, scorers=(Scorer(name="judge", version="1", score=judge, metrics=metrics()),))
"""


@pytest.fixture
def run(harness, tmp_path):
    """Runs a task of this code, of which the line marked `# here` breaks; returns how it ended, and that line."""

    def run(code: str, *before: str):
        text = HEAD + code
        (tmp_path / "mine.py").write_text(text)
        line = next((i for i, each in enumerate(text.splitlines(), 1) if each.endswith("# here")), 0)
        return harness(*before, "run", "--task", "mine", "-m", "scripted:careful", "--json"), line

    return run


def records(done) -> dict:
    folder = Path(json.loads(done.out)["run"]["path"])
    lines = map(json.loads, (folder / "records.jsonl").read_text().splitlines())
    return {record["doc"]["id"]: record for record in lines}


DOCS_FAIL = """
def load():
    return {}["rows"]  # here

@task
def mine() -> Task:
    '''Mine.'''
    return Task(docs=load(), scorers=())
"""
PROMPT_FAILS = """
class Mine(PromptTemplate):
    def render(self, doc):
        return doc.metadata["hint"]  # here

@task
def mine() -> Task:
    '''Mine.'''
    return Task(docs=DOCS, prompt=Mine(), scorers=(Scorer(name="j", version="1", score=None, metrics=metrics("j")),))
"""


def test_a_task_function_that_raises_is_one_line_with_function_file_and_line(run):
    done, line = run(DOCS_FAIL)
    assert done.code == 2
    assert done.err.splitlines()[0] == f"error: task 'mine': load() failed at mine.py:{line}: KeyError: 'rows'"
    assert "Traceback" not in done.err


def test_a_prompt_that_raises_names_the_doc_and_leaves_no_run_behind(run, tmp_path):
    done, line = run(PROMPT_FAILS)
    assert done.code == 2
    first = done.err.splitlines()[0]
    assert first == f"error: task 'mine', prompt of doc 'q0': render() failed at mine.py:{line}: KeyError: 'hint'"
    assert list((tmp_path / "runs").iterdir()) == []


def test_debug_shows_the_traceback_before_the_line(run):
    done, line = run(DOCS_FAIL, "--debug")
    assert done.code == 2
    assert f'mine.py", line {line}, in load' in done.err
    assert done.err.index("Traceback") < done.err.index("\nerror: task 'mine'")


def test_a_scorer_that_fails_on_one_doc_leaves_it_unscored_and_is_named(run):
    code = """
def judge(doc, completion):
    if doc.id == "q2":
        1 / 0  # here
    return Score(value=1.0, outcome="correct")
"""
    done, line = run(code + TASK)
    assert done.code == 0
    accuracy = json.loads(done.out)["estimates"]["accuracy"]
    assert (accuracy["value"], accuracy["n_docs"], accuracy["n_not_scored"]) == (1.0, 3, 1)
    assert records(done)["q2"]["scores"]["judge"]["outcome"] == "not_scored"
    assert "scorer 'judge' failed on 1 of 4 completions, which it leaves unscored; first on doc 'q2':" in done.err
    assert f"judge() failed at mine.py:{line}: ZeroDivisionError: division by zero" in done.err


@pytest.mark.parametrize("given", ["1.0", "None"])
def test_a_scorer_that_gives_no_score_is_named(run, given):
    done, _ = run(f"\ndef judge(doc, completion):\n    return {given}\n" + TASK)
    assert done.code == 2, "nothing could be scored"
    assert json.loads(done.out)["estimates"]["accuracy"]["n_not_scored"] == 4
    assert f"it gave {type(eval(given)).__name__}, not a Score" in done.err


def test_a_metric_that_raises_leaves_the_completion_unscored(run):
    code = """
def read(doc, scores):
    if doc.id == "q1":
        raise LookupError("no weight")  # here
    return 1.0

def metrics():
    plain = value_metric("accuracy", "judge", "right")
    return (Metric(info=plain.info, read=read),)

def judge(doc, completion):
    return Score(value=1.0, outcome="correct")
"""
    done, line = run(code + TASK)
    assert done.code == 0
    found = records(done)
    assert [found[doc]["metrics"]["accuracy"] for doc in sorted(found)] == [1.0, None, 1.0, 1.0]
    assert found["q1"]["scores"]["judge"]["outcome"] == "not_scored"
    assert f"read() failed at mine.py:{line}: LookupError: no weight" in done.err


def test_a_task_function_that_returns_no_task_says_what_it_returned(run):
    done, _ = run("\n@task\ndef mine() -> Task:\n    '''Mine.'''\n")
    assert done.code == 2
    assert "task 'mine': mine() returned NoneType, not a Task" in done.err


def test_a_metric_of_a_scorer_that_the_task_lacks_is_refused(run):
    done, _ = run(
        "\ndef judge(doc, completion):\n    return None\n"
        + TASK.replace("metrics=metrics()", 'metrics=metrics("jugde")')
    )
    assert done.code == 2
    assert "scorer of the metric 'accuracy', task 'mine': 'jugde'; did you mean 'judge'?" in done.err


def test_a_file_that_does_not_import_says_where(run):
    done, line = run("\nimport no_such_package_at_all  # here\n" + TASK)
    assert done.code == 2
    assert (
        f"mine.py does not import: ModuleNotFoundError: No module named 'no_such_package_at_all' (at mine.py:{line})"
        in (done.err)
    )


def test_a_users_mistake_keeps_its_own_words():
    with pytest.raises(UserError, match=r"^no such file$"), blaming("task 'x'"):
        raise UserError("no such file")


def test_the_place_is_the_users_own_line_and_not_the_librarys():
    with pytest.raises(ValueError, match="Expecting") as caught:
        json.loads("{")
    said = failure(caught.value)
    assert said.startswith("test_the_place_is_the_users_own_line_and_not_the_librarys() failed at ")
    assert "test_own_code_fails.py:" in said
