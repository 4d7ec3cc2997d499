"""Odd cells and odd files of questions: read rightly, or refused with the row; alike for evaluation and training."""

from __future__ import annotations

import datetime
import gzip
import json
import math
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from harness.core.errors import UserError
from harness.data.cells import cell_text
from harness.data.questions import local_docs
from harness.data.rows import read_rows
from harness.recorded.gold import golds_agree
from sft.data.normalise.rows import load_raw, normalise

LONG = 20.0
"""Seconds: not a speed, but the line between work that grows with the text and work that does not end."""


def docs_of(path: Path) -> list[tuple[str, str]]:
    return [(str(doc.question), doc.target) for doc in local_docs(str(path), "mine")[0]]


def table(path: Path, **columns: list[Any]) -> Path:
    pd.DataFrame(columns).to_parquet(path)
    return path


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"question": ["1+1?", None], "answer": ["2", "3"]}, "row 2: empty question"),
        ({"question": ["1+1?", "2+2?"], "answer": ["2", None]}, "row 2: empty answer"),
        ({"question": ["1+1?", "2+2?"], "answer": [2.0, math.nan]}, "row 2: empty answer"),
        ({"question": ["1+1?"], "answer": [b"2"]}, "row 1: the answer is a value of type bytes"),
        ({"question": ["1+1?"], "answer": [datetime.date(2026, 1, 2)]}, "row 1: the answer is a value of type date"),
        ({"question": ["1+1?"], "answer": [{"value": "2"}]}, "row 1: the answer is a value of type dict"),
        ({"question": [["a", "b"]], "answer": ["2"]}, "row 1: the question is a list of 2"),
        ({"question": ["1+1?"], "answer": [[]]}, "row 1: empty answer"),
        ({"question": ["1+1?"], "answer": ["2"], "id": [None]}, "row 1: empty id"),
    ],
)
def test_a_cell_that_is_no_text_is_refused_with_its_row(tmp_path: Path, columns: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError) as caught:
        docs_of(table(tmp_path / "a.parquet", **columns))
    assert said in caught.value.message


def test_null_and_nan_are_never_the_text_nan(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"question": "3+4?", "answer": NaN}\n')
    with pytest.raises(UserError, match="row 1: empty answer"):
        docs_of(tmp_path / "a.jsonl")
    path = table(tmp_path / "b.parquet", question=["3+4?", "1?"], answer=["7", "1"], note=[math.nan, 2.0])
    assert [dict(doc.metadata) for doc in local_docs(str(path), "b")[0]] == [{"row": 0}, {"row": 1, "note": 2.0}]


def test_whole_numbers_beside_a_null_stay_whole(tmp_path: Path) -> None:
    import pyarrow as pa
    from pyarrow.parquet import write_table

    rows = [{"question": "3+4?", "answer": 7, "level": 1}, {"question": "1?", "answer": 1, "level": None}]
    write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    assert read_rows(tmp_path / "a.parquet") == rows


def test_of_several_right_answers_the_first_is_the_gold_as_in_score(tmp_path: Path) -> None:
    assert docs_of(table(tmp_path / "a.parquet", question=["3+4?"], answer=[["7", "8"]])) == [("3+4?", "7")]


@pytest.mark.parametrize("gold", ["inf", "nan", "1e999", "NaN", "-inf"])
def test_a_gold_that_reads_like_no_number_is_a_text(harness, tmp_path: Path, gold: str) -> None:
    rows = [{"question": "What is the limit?", "answer": gold}, {"question": "What is 2 + 2?", "answer": "4"}]
    (tmp_path / "d.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert docs_of(tmp_path / "d.jsonl")[0] == ("What is the limit?", gold)
    for name in ("a", "b"):
        model = "scripted:careful" if name == "a" else "scripted:echo"
        assert harness("run", "-t", "gsm8k", "--data", "d.jsonl", "-m", model, "--out", name).code == 0
    assert harness("report", "a").code == 0
    assert harness("compare", "a", "b").code == 0


@pytest.mark.parametrize("name", ["shift.csv", "shift.tsv", "shift.csv.gz"])
@pytest.mark.parametrize(("row", "said"), [("3+5?|8|note", "3 fields"), ("3+5?", "1 field,")])
def test_a_row_that_does_not_fit_the_header_is_refused_with_its_line(
    tmp_path: Path, name: str, row: str, said: str
) -> None:
    text = f"question|answer\n3+4?|7\n\n{row}\n".replace("|", "\t" if "tsv" in name else ",").encode()
    (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    for read in (lambda: docs_of(tmp_path / name), lambda: load_raw(str(tmp_path / name))):
        with pytest.raises(UserError) as caught:
            read()
        assert f"{name}:4: {said}" in caught.value.message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('question,answer\n3+4?,"7\n3+5?,8\n', "not a table"),
        ("question,answer,answer\n3+4?,7,8\n", "two columns are named 'answer'"),
    ],
)
def test_a_table_that_is_none_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(UserError, match=said):
        read_rows(tmp_path / "a.csv")


def test_quoted_commas_and_lines_a_mark_and_an_index_are_a_table_as_any_other(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes('\ufeff,question,answer\r\n0,"3, and\n4?","7 ""or"" so"\r\n'.encode())
    assert read_rows(tmp_path / "a.csv") == [{"column 1": "0", "question": "3, and\n4?", "answer": '7 "or" so'}]


@pytest.mark.parametrize("name", ["a.json.gz", "a.JSON.GZ", "a.jsonl.gz", "a.parquet.gz"])
def test_packed_files_of_any_kind_are_read(tmp_path: Path, name: str) -> None:
    rows = [{"question": "3+4?", "answer": "7"}]
    texts = {"json": json.dumps(rows).encode(), "jsonl": json.dumps(rows[0]).encode()}
    if "parquet" in name:
        texts["parquet"] = table(tmp_path / "p.parquet", question=["3+4?"], answer=["7"]).read_bytes()
    (tmp_path / name).write_bytes(gzip.compress(texts[name.lower().split(".")[1]]))
    assert docs_of(tmp_path / name) == [("3+4?", "7")]


@pytest.mark.parametrize("placeholder", ["<noinput>", "< noinput >", "N/A", "None", "<NOINPUT>", ""])
def test_a_placeholder_for_no_input_is_no_part_of_the_question(placeholder: str) -> None:
    row = {"instruction": "What is 3 + 4?", "input": placeholder, "output": "3 + 4 = 7\n#### 7"}
    assert normalise([row], "x").samples[0].question == "What is 3 + 4?"


def test_training_reads_cells_as_evaluation_does() -> None:
    row = {"question": "What is 3 + 4?", "solution": "3 + 4 = 7", "answer": ["7", "8"]}
    assert normalise([row], "x").samples[0].answer == "7"
    assert cell_text(["7", "8"]) == "7"


@pytest.mark.parametrize(
    "row",
    [
        {"question": "q", "answer": "2 + 3 = 5. So it is.\nThe answer" + "\n" * 60 + "X\nY"},
        {"question": "q", "answer": "The answer" + " is: " * 35 + "\nX\nY"},
        {"text": "### Question:" + " " * 50_000 + "x"},
        {"text": "Q:" + "\n" * 50_000 + "x"},
        {"text": "Q: a" + "\n A" * 20_000},
        {"question": "q", "answer": "5" + "\n" * 50_000 + "!"},
    ],
)
def test_no_row_holds_the_preparation_up(row: dict[str, Any]) -> None:
    started = time.perf_counter()
    normalise([row], "x")
    assert time.perf_counter() - started < LONG  # each of them took more than 40 s


def test_no_gold_holds_a_match_up() -> None:
    started = time.perf_counter()
    for gold in ("####x" + " " * 50_000 + "y", "\\boxed{a}" + " " * 50_000 + "b", "\\boxed{" * 20_000):
        golds_agree(gold, "7")
    assert time.perf_counter() - started < LONG
