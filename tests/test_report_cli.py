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


def overlap(doc_id, kind="exact"):
    return {"doc_id": doc_id, "kind": kind, "share": 1.0, "places": [], "example": "what is twice"}


def contaminated(folder, *overlaps):
    found = {"n_docs": 40, "n_rows": 9, "ngram": 13, "overlaps": overlaps}
    document = {"train": "data/train.jsonl", "sets": {"gsm8k": found}, "run": None}
    (folder / "contamination.json").write_text(json.dumps(document), encoding="utf-8")


def test_the_metric_is_told_with_and_without_the_docs_of_the_training_data(harness, runs):
    # base is right on 0 to 19, tuned on 3 to 30; a question with other numbers (q/20) is a new one
    contaminated(runs / "base", overlap("q/0"), overlap("q/3"), overlap("q/25"), overlap("q/20", "numbers"))
    (runs / "tuned" / "contamination.json").write_text("torn {", encoding="utf-8")
    harness("report", "base", "tuned")
    page = (runs / "tuned" / "comparison.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith(("| without those", "| only those"))]
    assert [row.split(" [")[0] for row in rows] == [
        "| without those that overlap | 37 | 48.6%",
        "| only those that overlap | 3 | 66.7%",
    ]
    assert ["| 70.3% [" in rows[0], "| 66.7% [" in rows[1]] == [True, True]
    assert ["| +21.6 [" in rows[0], "| +0.0 [" in rows[1]] == [True, True]
    assert "| contamination | 3 of 40 docs overlap with train.jsonl | – |" in page
    html = (runs / "tuned" / "comparison.html").read_text(encoding="utf-8")
    assert 'data-table="overlap"' in html
    assert "3 of 40 questions overlap with the training data" in html


def test_a_run_is_told_with_and_without_the_docs_of_the_training_data(harness, runs):
    contaminated(runs / "base", overlap("q/0"), overlap("q/3"), overlap("q/25"))
    harness("report", "base")
    page = (runs / "base" / "report.md").read_text(encoding="utf-8")
    assert "| without those that overlap | 37 | 48.6% [" in page
    assert "| only those that overlap | 3 | 66.7% [" in page


def test_no_overlap_is_a_fact_and_no_section(harness, runs):
    contaminated(runs / "base", overlap("q/20", "numbers"))
    harness("report", "base")
    page = (runs / "base" / "report.md").read_text(encoding="utf-8")
    assert "| contamination | 0 of 40 docs overlap with train.jsonl |" in page
    assert "without those that overlap" not in page


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


def test_what_also_found_lies_beside_the_run_and_is_shown_without_asking_again(harness, runs, tmp_path):
    pytest.importorskip("lm_eval", reason="lm-eval is not installed")
    replies = [{"id": f"gsm8k-{i}", "completion": "#### 1"} for i in range(3)]
    questions = [{"question": f"What is {i} + 0 apples?", "answer": f"It is {i}.\n#### {i}"} for i in range(3)]
    for name, rows in (("replies", replies), ("test", questions)):
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (tmp_path / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    options = ("--task", "gsm8k", "--data", "test.jsonl", "--also", "lm-eval", "--out", runs / "scored")
    assert harness("score", "replies.jsonl", *options).code == 0
    assert harness("report", "scored").code == 0
    page = (runs / "scored" / "report.md").read_text(encoding="utf-8")
    assert "| replies | lm_eval_strict | 3 | 1 | 0 | 0 | 2 |" in page
    (runs / "scored" / "lm_eval.json").write_text("torn {", encoding="utf-8")
    assert harness("report", "scored").code == 0
    assert "lm_eval_strict" not in (runs / "scored" / "report.md").read_text(encoding="utf-8")


def test_a_misspelt_other_scorer_is_one_line_of_error(harness, runs):
    done = harness("report", "base", "--also", "lmeval")
    assert done.code == 2
    assert "did you mean" in done.err


def test_the_gate_is_shown_and_its_margin_can_be_set(harness, runs):
    harness("report", "base", "tuned", "--margin", "0")
    page = (runs / "tuned" / "comparison.md").read_text(encoding="utf-8")
    assert "**Gate passed: the candidate may ship.** No loss is tolerated (--margin);" in page
    done = harness("compare", "base", "tuned", "--json")
    assert json.loads(done.out)["gate"] is None  # asked for only with --gate
