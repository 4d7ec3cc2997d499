"""The journal loses nothing that was written, repairs a torn line and names a corrupt one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core.errors import UserError
from harness.core.records import Completion, Doc, Record
from harness.store.journal import Journal, encode_line, latest_by_key, read_records


def record(index: int, text: str = "4", finish: str = "stop") -> Record:
    doc = Doc(id=f"d{index}", question="2+2?", target="4")
    completion = Completion(doc_id=doc.id, text=text, finish=finish)
    return Record(key=f"k{index}", doc=doc, completion=completion, scores={}, metrics={})


def write(path, records):
    with Journal(path) as journal:
        for one in records:
            journal.append(one)


def test_what_is_appended_is_read_back_in_order(tmp_path):
    path = tmp_path / "records.jsonl"
    written = [record(i) for i in range(5)]
    write(path, written)
    assert list(read_records(path)) == written


def test_a_record_is_on_disk_before_the_journal_is_closed(tmp_path):
    path = tmp_path / "records.jsonl"
    journal = Journal(path)
    journal.append(record(0))
    assert list(read_records(path)) == [record(0)]
    journal.close()


@given(cut=st.integers(min_value=1, max_value=10_000))
def test_a_cut_at_any_byte_costs_at_most_the_last_line(tmp_path_factory, cut):
    path = tmp_path_factory.mktemp("cut") / "records.jsonl"
    whole = [record(i, text="x" * i) for i in range(6)]
    data = "".join(map(encode_line, whole)).encode()
    cut = min(cut, len(data))
    path.write_bytes(data[:cut])
    kept = data[:cut].count(b"\n")
    write(path, whole[kept:])
    assert list(read_records(path)) == whole


def test_a_corrupt_line_is_named_by_its_number(tmp_path):
    path = tmp_path / "records.jsonl"
    path.write_text(encode_line(record(0)) + '{"key": "k1", "doc"\n' + encode_line(record(2)))
    with pytest.raises(UserError, match=r"records\.jsonl:2: not a record"):
        list(read_records(path))


def test_a_line_that_is_json_but_no_record_is_named_too(tmp_path):
    path = tmp_path / "records.jsonl"
    path.write_text(encode_line(record(0)) + "[1, 2]\n")
    with pytest.raises(UserError, match=r":2: not a record"):
        list(read_records(path))


def test_a_retry_supersedes_the_failure_before_it():
    failed, retried = record(0, text="", finish="error"), record(0, text="4")
    assert latest_by_key([failed, record(1), retried]) == {"k0": retried, "k1": record(1)}


def test_lone_surrogates_in_model_text_survive(tmp_path):
    path = tmp_path / "records.jsonl"
    write(path, [record(0, text="bad \udc80 text")])
    assert next(read_records(path)).completion.text == "bad \udc80 text"


def test_line_separators_in_model_text_stay_in_their_line(tmp_path):
    path = tmp_path / "records.jsonl"
    write(path, [record(0, text="a\u2028b\x85c\r\nd"), record(1)])
    assert [r.completion.text for r in read_records(path)] == ["a\u2028b\x85c\r\nd", "4"]
