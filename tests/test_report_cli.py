"""`harness report`, `harness history` and the report that `harness compare` writes, from files to pages."""

from __future__ import annotations

import json
import webbrowser

import pytest
from report_runs import baseline_records, candidate_records, finished

from harness.store.folder import RECORDS_FILE, write_run
from harness.store.journal import Journal


@pytest.fixture
def runs(tmp_path):
    """A folder `runs` with the run folders base and tuned."""
    for name, records in (("base", baseline_records()), ("tuned", candidate_records())):
        folder = tmp_path / "runs" / name
        folder.mkdir(parents=True)
        write_run(folder, finished(name, records))
        with Journal(folder / RECORDS_FILE) as journal:
            journal.extend(records)
    return tmp_path / "runs"


def test_compare_writes_the_pages_into_the_candidates_folder(harness, runs):
    done = harness("compare", "base", "tuned")
    assert done.code == 0
    assert (runs / "tuned" / "comparison.html").is_file()
    assert (runs / "tuned" / "comparison.md").is_file()
    assert "wrote" in done.err
    assert "wrote" not in done.out


def test_compare_json_is_alone_on_standard_output(harness, runs):
    done = harness("compare", "base", "tuned", "--json")
    assert json.loads(done.out)["primary"] == "accuracy"


def test_compare_writes_nothing_when_told_so(harness, runs):
    assert harness("compare", "base", "tuned", "--no-report").code == 0
    assert not (runs / "tuned" / "comparison.html").exists()


def test_compare_writes_where_it_is_told_to(harness, runs, tmp_path):
    assert harness("compare", "base", "tuned", "--report", tmp_path / "pages").code == 0
    assert (tmp_path / "pages" / "comparison.html").is_file()
    assert not (runs / "tuned" / "comparison.html").exists()


def test_a_comparison_is_not_lost_where_its_report_cannot_be_written(harness, runs):
    (runs / "tuned" / "comparison.md").mkdir()
    done = harness("compare", "base", "tuned")
    assert done.code == 0
    assert "note: no report: cannot write" in done.err


def test_report_of_one_run_and_of_two(harness, runs):
    done = harness("report", "base", "--json")
    assert [path.rsplit("/")[-1] for path in json.loads(done.out)["written"]] == ["report.md", "report.html"]
    done = harness("report", "base", "tuned", "--out", "pages")
    assert done.out.split() == ["pages/comparison.md", "pages/comparison.html"]


def test_report_draws_the_candidates_training_wherever_it_is_written(harness, runs, tmp_path):
    (runs / "tuned" / "train_metrics.jsonl").write_text('{"step": 1, "loss": 2.5}\n', encoding="utf-8")
    harness("report", "base", "tuned", "--out", "pages")
    assert "ends at 2.5" in (tmp_path / "pages" / "comparison.html").read_text(encoding="utf-8")


def test_contamination_that_was_looked_for_is_part_of_provenance(harness, runs):
    overlap = {"doc_id": "q/3", "kind": "exact", "share": 1.0, "places": [], "example": "what is twice"}
    scores = {
        "every_doc": {"value": 0.55, "low": 0.45, "high": 0.65},
        "without_overlap": {"value": 0.5, "low": 0.4, "high": 0.6},
    }
    other_numbers = overlap | {"doc_id": "q/4", "kind": "numbers"}
    found = {
        "train": "data/train.jsonl",
        "sets": {"gsm8k": {"n_docs": 40, "n_rows": 9, "ngram": 13, "overlaps": [overlap, other_numbers]}},
        "run": {"metric": "accuracy", "scores": scores},
    }
    (runs / "base" / "contamination.json").write_text(json.dumps(found), encoding="utf-8")
    (runs / "tuned" / "contamination.json").write_text("torn {", encoding="utf-8")
    harness("report", "base", "tuned")
    page = (runs / "tuned" / "comparison.md").read_text(encoding="utf-8")
    told = (
        "1 of 40 docs overlap with train.jsonl; accuracy 55.0% [45.0% to 65.0%] with them, "
        "50.0% [40.0% to 60.0%] without"
    )
    assert f"| contamination | {told} | – |" in page


def test_open_shows_the_page(harness, runs, monkeypatch):
    opened = []
    monkeypatch.setattr(webbrowser, "open", lambda url: bool(opened.append(url)) or True)
    harness("report", "base", "--open")
    harness("history", "--open")
    assert [url.rsplit("/", 1)[-1] for url in opened] == ["report.html", "history.html"]
    assert all(url.startswith("file://") for url in opened)


def test_history_writes_its_page_when_asked(harness, runs):
    assert harness("history").code == 0
    assert not (runs / "history.html").exists()
    done = harness("history", "--page")
    assert "base" in done.out
    assert "tuned" in done.out
    assert "tuned" in (runs / "history.html").read_text(encoding="utf-8")


def test_three_runs_are_one_line_of_error(harness, runs):
    done = harness("report", "base", "tuned", "base")
    assert done.code == 2
    assert done.err.startswith("error: 3 runs given")


def test_lm_eval_stands_beside_our_scorer_on_request(harness, runs, tmp_path):
    pytest.importorskip("lm_eval", reason="lm-eval is not installed")
    assert harness("report", "base", "tuned", "--out", "pages", "--also", "lm-eval").code == 0
    page = (tmp_path / "pages" / "comparison.md").read_text(encoding="utf-8")
    assert "| base | lm_eval_strict | 40 | 0 | 20 | 0 | 20 |" in page  # strict wants '#### N', which no reply has
    assert "| tuned | lm_eval_flexible | 40 | 28 | 0 | 0 | 12 |" in page
    assert 'data-table="agreement"' in (tmp_path / "pages" / "comparison.html").read_text(encoding="utf-8")


def test_a_misspelt_other_scorer_is_one_line_of_error(harness, runs):
    done = harness("report", "base", "--also", "lmeval")
    assert done.code == 2
    assert "did you mean" in done.err


def test_the_gate_is_shown_and_its_margin_can_be_set(harness, runs):
    harness("report", "base", "tuned", "--margin", "0")
    assert "Gate at a margin of 0.0 points: **pass**" in (runs / "tuned" / "comparison.md").read_text(encoding="utf-8")
    done = harness("compare", "base", "tuned", "--json")
    assert json.loads(done.out)["gate"] is None  # asked for only with --gate
