"""What `run --data` and training take besides a file: shards, globs, saved data sets, the hub."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.core.errors import UserError
from harness.data import sources
from harness.data.sources import read_source, source_label
from sft.data.sources import load_raw

ROWS = [{"question": f"What is {i} + {i}?", "answer": str(2 * i)} for i in range(6)]


def shard(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    for i in range(3):
        shard(tmp_path / "data" / f"test-0000{i}-of-00003.jsonl", ROWS[2 * i : 2 * i + 2])
    (tmp_path / "data" / "README.md").write_text("about")
    return tmp_path / "data"


def test_shards_are_one_table_in_the_order_of_their_names(harness, shards: Path) -> None:
    for spec in (str(shards), f"{shards}/test-*.jsonl"):
        assert read_source(spec) == ROWS == load_raw(spec)
    done = harness("run", "-t", "gsm8k", "--data", "data/test-*.jsonl", "-m", "scripted:careful", "--json")
    assert json.loads(done.out)["estimates"]["accuracy"]["n_docs"] == 6


def test_a_folder_of_several_tables_is_refused(shards: Path) -> None:
    shard(shards / "train-00000-of-00001.jsonl", ROWS)
    with pytest.raises(UserError, match="no shards of one table"):
        read_source(str(shards))
    assert read_source(f"{shards}/test*") == ROWS


def test_nothing_there_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for spec, said in ((f"{tmp_path}/empty", "holds no data"), (f"{tmp_path}/*.csv", "no file matches")):
        with pytest.raises(UserError, match=said):
            read_source(spec)
    with pytest.raises(UserError, match="no file at"):
        read_source(f"{tmp_path}/none.jsonl")


def test_a_saved_data_set_is_read_and_of_several_splits_one_must_be_named(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    made = datasets.Dataset.from_list(ROWS)
    made.save_to_disk(str(tmp_path / "one"))
    datasets.DatasetDict({"train": made.select([0]), "test": made}).save_to_disk(str(tmp_path / "two"))
    assert read_source(str(tmp_path / "one")) == ROWS == load_raw(str(tmp_path / "one"))
    with pytest.raises(UserError, match="holds several splits: test, train"):
        read_source(str(tmp_path / "two"))
    assert read_source(str(tmp_path / "two" / "test")) == ROWS


def test_the_hub_can_be_named_with_config_and_split(harness, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Any, ...]] = []

    def load(name: str, *, config: str | None, split: str) -> list[dict[str, str]]:
        asked.append((name, config, split))
        return ROWS

    monkeypatch.setattr(sources, "load_hub_rows", load)
    spec = "hub:me/sums,config=main"
    done = harness("run", "-t", "gsm8k", "--data", spec, "-m", "scripted:careful", "--json")
    document = json.loads(done.out)
    assert document["run"]["data"]["source"] == "hub:me/sums:test" == source_label(spec)
    assert document["estimates"]["accuracy"]["n_docs"] == 6
    load_raw(spec)
    read_source("hub:me/sums,split=dev")
    assert asked == [("me/sums", "main", "test"), ("me/sums", "main", "train"), ("me/sums", None, "dev")]
    with pytest.raises(UserError, match="did you mean 'split'"):
        read_source("hub:me/sums,splt=dev")


def test_a_glob_is_found_from_any_folder(tmp_path: Path, shards: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from harness.core.places import placed

    monkeypatch.chdir(tmp_path.parent)
    assert placed("data/test-*.jsonl", str(tmp_path)) == f"{tmp_path}/data/test-*.jsonl"
    assert placed("hub:me/sums,split=test", str(tmp_path)) == "hub:me/sums,split=test"
