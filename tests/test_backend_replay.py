"""Replayed completions answer by doc and repeat; what the file lacks is never a score."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.backends.open import open_backend
from harness.core.errors import UserError
from harness.core.records import Completion, Doc, GenerationSettings, Request
from harness.core.task import PromptTemplate, Task

DOCS = tuple(Doc(id=f"d-{i}", question=f"{i} + {i}?", target=str(2 * i)) for i in range(20))


def make_task(docs: tuple[Doc, ...] = DOCS, prefill: str = "") -> Task:
    return Task(docs=docs, scorers=(), prompt=PromptTemplate(prefill=prefill))


def write(path: Path, n: int = 20, repeats: int = 1, text: str = "it is {}") -> Path:
    rows = [
        {"idx": i, "repeat": r, "gold": str(2 * i), "completion": text.format(2 * i)}
        for i in range(n)
        for r in range(repeats)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def run(spec: str, task: Task, repeats: int = 1) -> list[Completion]:
    wanted = [
        Request(doc_id=d.id, repeat=r, prompt=task.prompt.render(d), seed=0, max_new_tokens=9)
        for d in task.docs
        for r in range(repeats)
    ]
    return list(open_backend(spec, task).generate(wanted, GenerationSettings()))


def test_each_request_gets_its_docs_completion(tmp_path: Path) -> None:
    completions = run(f"replay:{write(tmp_path / 'a.jsonl')}", make_task())
    assert [c.text for c in completions] == [f"it is {2 * i}" for i in range(20)]


def test_a_doc_that_the_file_lacks_is_an_error_completion(tmp_path: Path) -> None:
    completions = run(f"replay:{write(tmp_path / 'a.jsonl', n=19)}", make_task())
    assert [c.finish for c in completions] == ["stop"] * 19 + ["error"]
    assert completions[-1].error == "a.jsonl has no completion of doc 'd-19', repeat 0"


def test_a_repeat_that_the_file_lacks_is_an_error_completion(tmp_path: Path) -> None:
    completions = run(f"replay:{write(tmp_path / 'a.jsonl', repeats=2)}", make_task(DOCS[:1]), repeats=3)
    assert [c.finish for c in completions] == ["stop", "stop", "error"]


def test_a_limited_task_replays_its_docs_only(tmp_path: Path) -> None:
    completions = run(f"replay:{write(tmp_path / 'a.jsonl')}", make_task(DOCS[:3]))
    assert [c.doc_id for c in completions] == ["d-0", "d-1", "d-2"]


@pytest.mark.parametrize("text", ["it is {}", "<think>\nit is {}"])
def test_prefill_of_the_task_is_attached_once(tmp_path: Path, text: str) -> None:
    completions = run(f"replay:{write(tmp_path / 'a.jsonl', text=text)}", make_task(prefill="<think>\n"))
    assert completions[1].reply == "<think>\nit is 2"


def test_fingerprint_follows_the_texts_and_not_the_name(tmp_path: Path) -> None:
    task = make_task()
    first = open_backend(f"replay:{write(tmp_path / 'a.jsonl')}", task).describe()
    copy = open_backend(f"replay:{write(tmp_path / 'b.jsonl')},name=base", task).describe()
    other = open_backend(f"replay:{write(tmp_path / 'c.jsonl', text='{}')}", task).describe()
    assert (first.name, copy.name) == ("a", "base")
    assert first.fingerprint == copy.fingerprint != other.fingerprint


def test_completions_of_other_data_are_refused(tmp_path: Path) -> None:
    other = tuple(Doc(id=f"d-{i}", question="?", target=str(i + 100)) for i in range(20))
    with pytest.raises(UserError, match="mixed-up rows"):
        open_backend(f"replay:{write(tmp_path / 'a.jsonl')}", make_task(other))


def test_no_row_for_any_doc_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"id": "x-1", "text": "a"}\n')
    with pytest.raises(UserError, match="no row belongs to any of the 20 docs"):
        open_backend(f"replay:{tmp_path / 'a.jsonl'}", make_task())


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("replay:", "replay: needs a file"),
        ("replay:no-such.jsonl", "no file at no-such.jsonl"),
        ("replay:x.jsonl,nmae=a", "unknown option of replay: 'nmae'; did you mean 'name'?"),
    ],
)
def test_mistakes_in_the_model_are_one_clear_line(spec: str, expected: str) -> None:
    with pytest.raises(UserError) as caught:
        open_backend(spec, make_task())
    assert expected in str(caught.value)


def test_a_real_run_is_replayed(shared_data: Callable[[str], Path]) -> None:
    from harness.data.questions import local_docs

    docs, _ = local_docs(str(shared_data("gsm8k/test.jsonl")), "gsm8k")
    path = shared_data("gemma3_1b_it_outputs/base_think.jsonl")
    completions = run(f"replay:{path}", make_task(docs, prefill="<reasoning>\n"))
    assert len(completions) == 1319
    assert {c.finish for c in completions} == {"stop"}
    assert all(c.reply.startswith("<reasoning>\n") for c in completions)
