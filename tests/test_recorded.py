"""Completions made elsewhere: every format is read, every mix-up is named in one line."""

from __future__ import annotations

import gzip
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.core.errors import UserError
from harness.core.records import Completion, Doc, Record
from harness.recorded import RecordedRow, match_to_docs, read_completions
from harness.recorded.gold import golds_agree
from harness.store.journal import Journal

DOCS = tuple(Doc(id=f"d-{i}", question=f"{i} + {i}?", target=str(2 * i)) for i in range(100))


def write_lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def plain(path: Path, n: int = 5) -> Path:
    return write_lines(path, [{"idx": i, "gold": str(2 * i), "completion": f"it is {2 * i}"} for i in range(n)])


def lm_eval_row(doc_id: int, text: str, chosen_filter: str) -> dict[str, Any]:
    return {
        "doc_id": doc_id,
        "doc": {"question": "?"},
        "target": f"so\n#### {2 * doc_id}",
        "arguments": {"gen_args_0": {"arg_0": f"Question {doc_id}", "arg_1": {"until": ["\n\n"]}}},
        "resps": [[text]],
        "filtered_resps": ["[invalid]"],
        "filter": chosen_filter,
    }


def inspect_sample(number: int, epoch: int = 1) -> dict[str, Any]:
    return {
        "id": number,
        "epoch": epoch,
        "input": f"{number}?",
        "target": str(2 * (number - 1)),
        "output": {
            "completion": f"{number} at {epoch}",
            "choices": [{"stop_reason": "max_tokens"}],
            "usage": {"input_tokens": 4, "output_tokens": 7},
        },
    }


def message(call: Callable[[], Any]) -> str:
    with pytest.raises(UserError) as caught:
        call()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_rows_are_matched_by_idx(tmp_path: Path) -> None:
    recorded = read_completions(plain(tmp_path / "a.jsonl"))
    matched = match_to_docs(recorded.rows, DOCS)
    assert recorded.kind == "plain"
    assert [(c.doc_id, c.text) for c in matched.completions[:2]] == [("d-0", "it is 0"), ("d-1", "it is 2")]


def test_docs_without_a_completion_are_listed(tmp_path: Path) -> None:
    matched = match_to_docs(read_completions(plain(tmp_path / "a.jsonl", 97)).rows, DOCS)
    assert matched.missing == ("d-97", "d-98", "d-99")


def test_rows_are_matched_by_id_in_any_order(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", [{"id": "d-7", "text": "b"}, {"id": "d-2", "text": "a"}])
    matched = match_to_docs(read_completions(path).rows, DOCS)
    assert [c.doc_id for c in matched.completions] == ["d-2", "d-7"]


def test_idx_means_the_row_in_the_data_where_docs_tell_it() -> None:
    docs = [Doc(id=f"d-{i}", question="?", target="1", metadata={"row": i}) for i in (30, 10)]
    rows = [RecordedRow(line=1, idx=10, text="ten"), RecordedRow(line=2, idx=30, text="thirty")]
    matched = match_to_docs(rows, docs)
    assert [(c.doc_id, c.text) for c in matched.completions] == [("d-30", "thirty"), ("d-10", "ten")]


def test_numeric_ids_are_row_numbers_where_no_doc_has_such_an_id(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", [{"id": 3, "text": "x"}])
    assert match_to_docs(read_completions(path).rows, DOCS).completions[0].doc_id == "d-3"


@pytest.mark.parametrize("name", ["completion", "text", "response", "output", "generated_text", "prediction"])
def test_usual_names_of_the_text_are_known(tmp_path: Path, name: str) -> None:
    assert read_completions(write_lines(tmp_path / "a.jsonl", [{"idx": 0, name: "x"}])).rows[0].text == "x"


def test_bom_crlf_blank_lines_and_gzip_are_read(tmp_path: Path) -> None:
    content = b'\xef\xbb\xbf{"idx": 0, "text": "a"}\r\n\r\n{"idx": 1, "text": "\\u2028b"}\r\n'
    (tmp_path / "a.jsonl").write_bytes(content)
    (tmp_path / "b.jsonl").write_bytes(gzip.compress(content))
    for name in ("a.jsonl", "b.jsonl"):
        rows = read_completions(tmp_path / name).rows
        assert [(r.line, r.idx, r.text) for r in rows] == [(1, 0, "a"), (3, 1, "\u2028b")]


def test_repeats_come_from_a_field_or_a_list(tmp_path: Path) -> None:
    rows = [{"idx": 0, "text": "a", "repeat": 0}, {"idx": 0, "text": "b", "repeat": 1}, {"idx": 1, "text": ["c", "d"]}]
    matched = match_to_docs(read_completions(write_lines(tmp_path / "a.jsonl", rows)).rows, DOCS)
    assert [(c.doc_id, c.repeat, c.text) for c in matched.completions] == [
        ("d-0", 0, "a"), ("d-0", 1, "b"), ("d-1", 0, "c"), ("d-1", 1, "d"),
    ]  # fmt: skip


def test_prefill_and_finish_are_kept(tmp_path: Path) -> None:
    row = {"idx": 0, "text": "a", "prefill": "<think>\n", "finish_reason": "max_tokens"}
    completion = match_to_docs(read_completions(write_lines(tmp_path / "a.jsonl", [row])).rows, DOCS).completions[0]
    assert (completion.reply, completion.finish) == ("<think>\na", "length")


def test_null_text_is_an_error_completion_and_counted(tmp_path: Path) -> None:
    recorded = read_completions(write_lines(tmp_path / "a.jsonl", [{"idx": 0, "text": None}, {"idx": 1, "text": ""}]))
    assert [r.finish for r in recorded.rows] == ["error", "stop"]
    said = "1 of 2 completions in a.jsonl failed where they were made: not scored"
    assert recorded.notices == (f"{said} (1 x the row has no text (first: doc '0'))",)


def test_duplicated_id_names_both_lines(tmp_path: Path) -> None:
    rows = [{"idx": 4, "text": "a"}, {"idx": 5, "text": "b"}, {"idx": 4, "text": "c"}]
    recorded = read_completions(write_lines(tmp_path / "a.jsonl", rows))
    assert "duplicated id 'd-4' on lines 1, 3" in message(lambda: match_to_docs(recorded.rows, DOCS))


@pytest.mark.parametrize("idx", [100, -1])
def test_idx_out_of_range_is_named(tmp_path: Path, idx: int) -> None:
    recorded = read_completions(write_lines(tmp_path / "a.jsonl", [{"idx": 0, "text": "a"}, {"idx": idx, "text": "b"}]))
    found = message(lambda: match_to_docs(recorded.rows, DOCS))
    assert f"line 2: idx {idx} is out of range: the docs are 0 to 99" in found


def test_partial_leaves_out_rows_of_other_docs(tmp_path: Path) -> None:
    recorded = read_completions(plain(tmp_path / "a.jsonl", 50))
    assert len(match_to_docs(recorded.rows, DOCS[:10], partial=True).completions) == 10


def test_mixed_up_idx_is_refused_with_an_example() -> None:
    rows = [RecordedRow(line=i + 1, idx=(i + 1) % 100, text="x", gold=str(2 * i)) for i in range(100)]
    found = message(lambda: match_to_docs(rows, DOCS, where="a.jsonl"))
    assert found.startswith("a.jsonl: mixed-up rows: the gold of 100 of 100")
    assert "line 1 says '0', doc 'd-1' has '2'" in found


def test_one_wrong_gold_in_a_hundred_is_enough() -> None:
    rows = [RecordedRow(line=i + 1, idx=i, text="x", gold=str(2 * i if i else 7)) for i in range(100)]
    assert "the gold of 1 of 100" in message(lambda: match_to_docs(rows, DOCS))


@pytest.mark.parametrize(
    ("gold", "target", "agree"),
    [
        ("2,125", "2125", True),
        ("18.0", "18", True),
        ("$5.50", "5.5", True),
        ("he has 6\n#### 1,006", "1006", True),
        (r"thus \boxed{\frac{1}{2}}", r"\frac{1}{2}", True),
        ("60", "42", False),
        ("Paris", "Rome", False),
        (r"\frac12", "0.5", None),
        ("long " * 50, "42", None),
        ("1/0", "0", None),
    ],
)
def test_golds_are_compared_as_numbers(gold: str, target: str, agree: bool | None) -> None:
    assert golds_agree(gold, target) is agree


@given(st.integers(-(10**12), 10**12))
def test_a_gold_with_thousands_commas_agrees(value: int) -> None:
    assert golds_agree(f"{value:,}", str(value)) is True
    assert golds_agree(f"{value:,}.00", str(value)) is True
    assert golds_agree(str(value + 1), str(value)) is False


def test_unknown_id_names_the_nearest() -> None:
    rows = [RecordedRow(line=1, id="d-1", text="a"), RecordedRow(line=2, id="dd-1", text="b")]
    assert "line 2: no doc has id 'dd-1'; did you mean 'd-1'?" in message(lambda: match_to_docs(rows, DOCS))


def test_wrong_columns_name_what_was_found_and_expected(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", [{"asked": "q", "completion": "c"}])
    with pytest.raises(UserError, match=r"a\.jsonl:1: no id column: found asked, completion") as caught:
        read_completions(path)
    assert "idx" in caught.value.tip
    assert "no completion column" in message(lambda: read_completions(write_lines(path, [{"idx": 0}])))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'{"idx": 0, "text": "a"}\n{"idx": 1, "te', "a.jsonl:2: not JSON"),
        (b'{"idx": 0, "text": "a"}\n[1]\n', "a.jsonl:2: expected an object, found list"),
        (b'{"idx": 0, "text": "a"}\n{"idx": 1, "text": "\xff"}\n', "a.jsonl:2: not UTF-8"),
        (b'\xff\xfe{\x00"\x00', "is UTF-16"),
        (b"", "a.jsonl is empty"),
        (b"\n\n", "a.jsonl has no rows"),
        (b'{"idx": 0, "text": 5}\n', "a.jsonl:1: 'text' is int"),
        (b'{"idx": 0, "text": "a", "repeat": "x"}\n', "a.jsonl:1: repeat is 'x'"),
        (b'{"id": null, "text": "a"}\n', "a.jsonl:1: id is None"),
        (b'{"text": ' + b"[" * 100_000 + b"\n", "a.jsonl:1: not JSON"),
        (b"\x1f\x8b\x08\x00broken", "a.jsonl"),
    ],
)
def test_damaged_files_are_one_clear_line(tmp_path: Path, content: bytes, expected: str) -> None:
    (tmp_path / "a.jsonl").write_bytes(content)
    assert expected in message(lambda: read_completions(tmp_path / "a.jsonl"))


@settings(deadline=None)  # the first Parquet or zip imports its reader
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("bytes") / "a.jsonl"
    path.write_bytes(content)
    with pytest.raises(UserError):
        read_completions(path)


def test_missing_file_names_the_nearest(tmp_path: Path) -> None:
    plain(tmp_path / "base_think.jsonl")
    assert "did you mean 'base_think.jsonl'?" in message(lambda: read_completions(tmp_path / "base_thnik.jsonl"))


def test_lm_eval_rows_of_several_filters_are_one_completion(tmp_path: Path) -> None:
    rows = [lm_eval_row(i, f"text {i}", name) for name in ("strict-match", "flexible-extract") for i in range(3)]
    recorded = read_completions(write_lines(tmp_path / "samples_gsm8k_2026.jsonl", rows))
    assert recorded.kind == "lm-eval"
    assert [(r.idx, r.text, r.prompt) for r in recorded.rows] == [(i, f"text {i}", f"Question {i}") for i in range(3)]
    assert len(match_to_docs(recorded.rows, DOCS).completions) == 3


def test_lm_eval_log_with_a_doc_twice_under_one_filter_is_a_duplicate(tmp_path: Path) -> None:
    recorded = read_completions(write_lines(tmp_path / "s.jsonl", [lm_eval_row(0, "a", "none")] * 2))
    assert "duplicated id" in message(lambda: match_to_docs(recorded.rows, DOCS))


def test_lm_eval_repeats_are_repeats(tmp_path: Path) -> None:
    row = lm_eval_row(0, "", "none") | {"resps": [["a", "b"]]}
    recorded = read_completions(write_lines(tmp_path / "s.jsonl", [row]))
    assert [(r.repeat, r.text) for r in recorded.rows] == [(0, "a"), (1, "b")]


@pytest.mark.parametrize("resps", [[["-3.2", "False"]], [[["-3.2", "False"]], [["-1.0", "True"]]]])
def test_lm_eval_log_likelihoods_are_refused(tmp_path: Path, resps: list[Any]) -> None:
    row = lm_eval_row(0, "", "none") | {"resps": resps}
    row["arguments"] = {"gen_args_0": {"arg_0": "Question", "arg_1": " Paris"}}
    path = write_lines(tmp_path / "s.jsonl", [row])
    assert "holds log-likelihoods, not generated text" in message(lambda: read_completions(path))


def test_batch_output_of_openai_and_vllm_is_read(tmp_path: Path) -> None:
    choice = {"message": {"role": "assistant", "content": "a"}, "finish_reason": "length"}
    rows: list[dict[str, Any]] = [
        {"id": "batch-1", "custom_id": "d-0", "response": {"body": {"choices": [choice]}}, "error": None},
        {"id": "batch-2", "custom_id": "d-1", "response": None, "error": {"message": "too long"}},
    ]
    recorded = read_completions(write_lines(tmp_path / "out.jsonl", rows))
    assert recorded.kind == "openai-batch"
    assert [(r.id, r.text, r.finish) for r in recorded.rows] == [("d-0", "a", "length"), ("d-1", "", "error")]


def test_lighteval_details_are_read(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    rows = [
        {
            "doc": {"id": str(i), "query": f"{i}?", "choices": [str(2 * i)], "gold_index": 0},
            "model_response": {"input": f"ask {i}", "text": [f"it is {2 * i}"], "output_tokens": [[5, 6]]},
            "metric": {"em": 1.0},
        }
        for i in (4, 2)
    ]
    path = tmp_path / "details_gsm8k_2026.parquet"
    parquet.write_table(pa.Table.from_pylist(rows), path)
    recorded = read_completions(path)
    assert recorded.kind == "lighteval"
    assert [(r.idx, r.gold, r.completion_tokens) for r in recorded.rows] == [(4, "8", 2), (2, "4", 2)]
    assert [c.text for c in match_to_docs(recorded.rows, DOCS).completions] == ["it is 4", "it is 8"]


def test_plain_parquet_and_csv_are_read(tmp_path: Path) -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"idx": [0, 1], "completion": ["a", "b"]})
    frame.to_parquet(tmp_path / "a.parquet")
    frame.to_csv(tmp_path / "a.csv", index=False)
    for name in ("a.parquet", "a.csv"):
        assert [(r.idx, r.text) for r in read_completions(tmp_path / name).rows] == [(0, "a"), (1, "b")]


@pytest.mark.parametrize("indent", [None, 2])
def test_inspect_json_log_is_read(tmp_path: Path, indent: int | None) -> None:
    samples = [inspect_sample(1), inspect_sample(2), inspect_sample(1, epoch=2)]
    log = {"version": 2, "status": "success", "eval": {"task": "gsm8k"}, "samples": samples}
    (tmp_path / "log.json").write_text(json.dumps(log, indent=indent))
    recorded = read_completions(tmp_path / "log.json")
    assert recorded.kind == "inspect"
    matched = match_to_docs(recorded.rows, DOCS)
    assert [(c.doc_id, c.repeat, c.finish) for c in matched.completions] == [
        ("d-0", 0, "length"), ("d-0", 1, "length"), ("d-1", 0, "length"),
    ]  # fmt: skip
    assert matched.completions[0].completion_tokens == 7


def test_inspect_eval_log_is_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "log.eval", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("header.json", "{}")
        for number in (1, 2):
            archive.writestr(f"samples/{number}_epoch_1.json", json.dumps(inspect_sample(number)))
    rows = read_completions(tmp_path / "log.eval").rows
    assert [(r.idx, r.text) for r in rows] == [(0, "1 at 1"), (1, "2 at 1")]


def test_inspect_sample_that_failed_is_an_error_completion(tmp_path: Path) -> None:
    sample = inspect_sample(1) | {"error": {"message": "the server went away"}}
    (tmp_path / "l.json").write_text(json.dumps({"status": "error", "eval": {}, "samples": [sample]}))
    (row,) = read_completions(tmp_path / "l.json").rows
    assert (row.finish, row.error) == ("error", "the server went away")


def test_damaged_inspect_log_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "log.eval").write_bytes(b"PK\x03\x04 and nothing more")
    assert "damaged Inspect log" in message(lambda: read_completions(tmp_path / "log.eval"))


def test_run_folder_of_ours_is_read_newest_record_of_a_key_first(tmp_path: Path) -> None:
    failed = Completion(doc_id="d-0", text="", finish="error", error="lost", prefill="<think>")
    retried = Completion(doc_id="d-0", text="a", prefill="<think>", completion_tokens=3)
    with Journal(tmp_path / "records.jsonl") as journal:
        for completion in (failed, retried):
            journal.append(Record(key="k", doc=DOCS[0], completion=completion, scores={}, metrics={}))
    for path in (tmp_path, tmp_path / "records.jsonl"):
        recorded = read_completions(path)
        assert recorded.kind == "run"
        assert match_to_docs(recorded.rows, DOCS).completions == (retried,)


def test_folder_with_one_log_is_read_and_with_two_is_refused(tmp_path: Path) -> None:
    write_lines(tmp_path / "samples_a.jsonl", [lm_eval_row(0, "x", "none")])
    assert read_completions(tmp_path).kind == "lm-eval"
    write_lines(tmp_path / "samples_b.jsonl", [lm_eval_row(0, "x", "none")])
    assert "holds 2 files of completions" in message(lambda: read_completions(tmp_path))


REAL_RUNS = (
    "base_b32_a", "base_kaggle_starter_prompt", "base_think", "lora_grpo_b1", "lora_grpo_b32", "sft_lr1e5",
    "sft_lr1e6_prefill",
)  # fmt: skip


@pytest.mark.parametrize("name", REAL_RUNS)
def test_real_outputs_match_their_docs(shared_data: Callable[[str], Path], name: str) -> None:
    from harness.data.questions import local_docs

    docs, _ = local_docs(str(shared_data("gsm8k/test.jsonl")), "gsm8k")
    recorded = read_completions(shared_data(f"gemma3_1b_it_outputs/{name}.jsonl"))
    matched = match_to_docs(recorded.rows, docs)
    assert (len(matched.completions), matched.missing) == (1319, ())
    shifted = docs[1:] + docs[:1]
    moved = [Doc(id=doc.id, question=doc.question, target=doc.target) for doc in shifted]
    assert "mixed-up rows" in message(lambda: match_to_docs(recorded.rows, moved))
