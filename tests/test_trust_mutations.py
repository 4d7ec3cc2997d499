"""Whatever becomes of a field of a run folder: one line says so, or every number is what it was."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from folders import shared_folder
from hypothesis import given, settings
from hypothesis import strategies as st

import harness as front
from harness.core.errors import UserError

OLD = Path(__file__).parent / "fixtures" / "old_runs" / "kept"
TAKEN_AWAY = object()
ODD: list[Any] = [
    TAKEN_AWAY, None, True, -1, 0, 1, 2, 3.5, 1e308, float("nan"), float("inf"), 10**400, "", "x", "\ud800", "0" * 5000,
    [], [[]], [None, 1.0], [1.0, 0.0], {}, {"x": {"y": []}},
]  # fmt: skip
"""What a field may become."""


def places(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where a document holds something."""
    items = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for key, value in items:
        yield (*path, key)
        yield from places(value, (*path, key))


def mutated(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The document with another value at a place, or without it."""
    holder = document
    for key in path[:-1]:
        holder = holder[key]
    if value is TAKEN_AWAY:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return document


def new_run(folder: Path, rate: float) -> Path:
    made = front.evaluate("two_digit_addition", f"scripted:slip,rate={rate},seed=1", options={"n": 12}, out=folder)
    return made.path


@pytest.fixture(scope="module")
def sealed() -> tuple[Path, Path]:
    root = shared_folder("mutations")
    return new_run(root / "base", 0.2), new_run(root / "cand", 0.7)


def numbers(baseline: Path, candidate: Path) -> Any:
    """All that a comparison says in numbers, and what the runs themselves say."""
    found = front.compare(baseline, candidate, margin=0.02)
    told = [(name, d.value, d.low, d.high, d.p_value) for name, d in found.differences.items()]
    return told, found.gate, {name: (e.value, e.n_docs) for name, e in found.candidate.estimates.items()}


def numbers_or_refusal(baseline: Path, candidate: Path) -> Any:
    said: list[str] = []
    try:
        return numbers(baseline, candidate)
    except UserError as error:
        said.append(error.message)
    assert said[0]
    assert "\n" not in said[0]
    return "refused"


def with_file(folder: Path, name: str, change: Callable[[str], str]) -> Path:
    copy = shared_folder("mutated") / folder.name
    shutil.copytree(folder, copy)
    (copy / name).write_text(change((copy / name).read_text()), encoding="utf-8", errors="surrogatepass")
    return copy


def dumped(document: Any) -> str:
    return json.dumps(document, ensure_ascii=True)


def as_written(record: Any) -> str:
    """As a journal has it."""
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"))


@settings(max_examples=120)
@given(data=st.data())
def test_a_mutated_run_json_is_refused_in_one_line_or_says_the_same(sealed, data):
    base, cand = sealed
    found = compared_with_mutated_run(base, cand, data)
    assert found in ("refused", numbers(base, cand))


@settings(max_examples=120)
@given(data=st.data())
def test_a_mutated_run_json_of_before_is_one_line_or_gives_the_numbers_of_its_records(data):
    found = compared_with_mutated_run(OLD / "base", OLD / "tuned", data)
    if found != "refused":
        values = {name: value for name, value, *_ in found[0]}
        assert values.items() <= {name: value for name, value, *_ in numbers(OLD / "base", OLD / "tuned")[0]}.items()


def compared_with_mutated_run(base: Path, cand: Path, data: st.DataObject) -> Any:
    document = json.loads((cand / "run.json").read_text())
    path = data.draw(st.sampled_from(list(places(document))))
    value = data.draw(st.sampled_from(ODD))
    copy = with_file(cand, "run.json", lambda _: dumped(mutated(document, path, value)))
    found = numbers_or_refusal(base, copy)
    shutil.rmtree(copy.parent)
    return found


@settings(max_examples=120)
@given(data=st.data())
@pytest.mark.parametrize("pair", ["sealed", "old"])
def test_a_mutated_record_is_refused_in_one_line_or_says_the_same(sealed, pair, data):
    base, cand = sealed if pair == "sealed" else (OLD / "base", OLD / "tuned")
    lines = (cand / "records.jsonl").read_text().splitlines()
    number = data.draw(st.integers(0, len(lines) - 1))
    record = json.loads(lines[number])
    path = data.draw(st.sampled_from(list(places(record))))
    value = data.draw(st.sampled_from(ODD))
    before, lines[number] = lines[number], as_written(mutated(record, path, value))
    copy = with_file(cand, "records.jsonl", lambda _: "\n".join(lines) + "\n")
    found = numbers_or_refusal(base, copy)
    shutil.rmtree(copy.parent)
    if pair == "sealed" and lines[number] != before:
        assert found == "refused"
    assert found in ("refused", numbers(base, cand))


@pytest.mark.parametrize("file", ["run.json", "records.jsonl"])
@pytest.mark.parametrize("text", ["", "null", "[]", "[" * 100_000, "{}", "\x00", '{"a":' * 5000, "1e999", '"x"\n'])
def test_a_file_that_is_something_else_altogether_is_one_line(sealed, file, text):
    copy = with_file(sealed[1], file, lambda _: text + "\n")
    assert numbers_or_refusal(sealed[0], copy) == "refused"
    with pytest.raises(UserError):
        front.report(copy)
    assert front.list_runs(copy.parent) == []
