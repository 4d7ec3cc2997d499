"""Overlap of training data with evaluation sets: what is found, how strongly, and what is left alone."""

from __future__ import annotations

import json

import pytest
import typer
from compare_builders import record, run
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from harness.audits.contamination import KINDS, find_overlaps, texts_of, with_and_without, words_of
from harness.cli.contamination import contamination
from harness.core.errors import UserError
from harness.core.records import Completion, Doc, MetricInfo, Record
from harness.data.rows import read_rows
from harness.store.folder import write_run
from harness.store.journal import encode_line

LONG = "Ana has 3 boxes of 12 pens and gives away 5 of the pens to her friend Ben. How many pens are left?"
OTHER = "A train leaves the station at noon and travels at 60 miles an hour for three hours without a stop."


def doc(question: str, doc_id: str = "1") -> Doc:
    return Doc(id=doc_id, question=question, target="31")


def kinds(question: str, *texts: str, ngram: int = 13) -> list[str]:
    found = find_overlaps([{"text": text} for text in texts], [doc(question)], ngram=ngram)
    return [one.kind for one in found.overlaps]


def test_same_question_is_exact_despite_case_and_punctuation():
    assert kinds(
        LONG, "ana has 3 boxes, of 12 pens; and gives away 5 of the pens (to her friend BEN) how many pens are left"
    ) == ["exact"]


def test_question_inside_a_longer_text_is_contained():
    assert kinds(LONG, f"Solve it. {LONG} Let us think.") == ["contained"]
    assert kinds("What is 17 + 25?", "Question: what is 17 25 Answer: 42") == ["contained"]


def test_thirteen_words_in_a_row_are_an_overlap_and_twelve_are_not():
    words = LONG.split()
    assert kinds(LONG, "X " + " ".join(words[2:15]) + " Y") == ["ngram"]
    assert kinds(LONG, "X " + " ".join(words[2:14]) + " Y") == []
    assert kinds(LONG, "X " + " ".join(words[2:14]) + " Y", ngram=12) == ["ngram"]


def test_other_numbers_are_told_apart_and_not_counted():
    found = find_overlaps([{"q": LONG.replace("3", "7").replace("12", "20").replace("5", "6")}], [doc(LONG)])
    assert [one.kind for one in found.overlaps] == ["numbers"]
    assert found.doc_ids() == frozenset()
    assert found.doc_ids(with_numbers=True) == {"1"}


def test_short_question_is_not_found_by_a_part_of_it():
    assert kinds("What is 17 + 25?", "what is 17 and more") == []
    assert kinds("Why?", "But why? I do not know.") == []


def test_unrelated_text_does_not_overlap():
    assert kinds(LONG, OTHER, "") == []


def test_strongest_kind_wins_and_its_rows_are_named():
    rows = [{"q": "X " + " ".join(LONG.split()[2:16])}, {"m": [{"content": LONG}]}, {"q": LONG}]
    (found,) = find_overlaps(rows, [doc(LONG)]).overlaps
    assert found.kind == "exact"
    assert [(place.row, place.column) for place in found.places] == [(1, "m[0].content"), (2, "q")]
    assert found.share == 1.0


def test_share_counts_the_question_s_runs_that_were_met():
    n_grams = len(words_of(LONG)) - 12
    (found,) = find_overlaps([{"q": "X " + " ".join(LONG.split()[:14])}], [doc(LONG)]).overlaps
    assert found.share == pytest.approx(2 / n_grams)


def test_every_text_of_a_nested_row_is_read():
    row = {"a": "x", "b": [{"c": "y"}, "z"], "n": 3, "raw": b"no"}
    assert list(texts_of(row)) == [("a", "x"), ("b[0].c", "y"), ("b[1]", "z")]


def test_thousands_commas_do_not_hide_a_number():
    assert words_of("It costs $1,200.50 -- RIGHT?") == ("it", "costs", "1200.50", "right")
    assert words_of("") == ()


def test_ngrams_too_short_to_mean_anything_are_refused():
    with pytest.raises(UserError, match="n-grams of 2 words say nothing"):
        find_overlaps([], [], ngram=2)


words = st.lists(
    st.sampled_from(["the", "a", "of", "one", "two", "3", "4", "pens", "boxes", "left", "are", "how"]),
    min_size=1,
    max_size=40,
)


@given(question=words, before=words, after=words)
def test_a_copied_question_is_always_found(question, before, after):
    text = " ".join(question)
    assert kinds(text, text) == ["exact"]
    found = kinds(text, " ".join([*before, *question, *after]))
    assert found in ([], ["contained"], ["exact"], ["numbers"]) if len(question) < 3 else found == ["contained"]


@given(question=words, text=words, size=st.integers(3, 8))
def test_kinds_agree_with_a_plain_search(question, text, size):
    found = kinds(" ".join(question), " ".join(text), ngram=size)
    grams = {tuple(text[at : at + size]) for at in range(len(text) - size + 1)}
    shares = any(tuple(question[at : at + size]) in grams for at in range(len(question) - size + 1))
    if shares:
        assert found[0] in ("exact", "contained", "ngram")
    elif found and len(question) >= size:
        assert found == ["numbers"]
    assert set(found) <= set(KINDS)


def test_score_with_and_without_the_overlapping_docs():
    info = MetricInfo(name="accuracy", description="", scorer="s", kind="binary")
    records = [
        Record(
            key=str(n),
            doc=doc("q", str(n)),
            completion=Completion(doc_id=str(n), text=""),
            scores={},
            metrics={"accuracy": float(n < 6)},
        )
        for n in range(10)
    ]
    split = with_and_without(records, info, frozenset("012"))
    assert (split.every_doc.value, split.without_overlap.n_docs) == (0.6, 7)
    assert split.without_overlap.value == pytest.approx(3 / 7)
    assert split.overlap_only.value == 1.0
    assert with_and_without(records, info, frozenset()).overlap_only.value is None


def run_command(*arguments: str):
    app = typer.Typer()
    app.command()(contamination)
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False)


def test_command_lists_what_overlaps(tmp_path):
    train, held = tmp_path / "train.jsonl", tmp_path / "eval.jsonl"
    train.write_text(json.dumps({"text": LONG}) + "\n" + json.dumps({"text": OTHER}) + "\n")
    questions = [LONG, "Quite another question about nothing at all?"]
    held.write_text("".join(json.dumps({"question": q, "answer": "1"}) + "\n" for q in questions))
    shown = run_command(str(train), str(held))
    assert shown.exit_code == 0
    assert "1 of 2 docs (50.0%) overlap with 2 training rows" in shown.stdout
    assert "eval-0" in shown.stdout
    document = json.loads(run_command(str(train), str(held), "--json").stdout)
    assert document["sets"][str(held)]["overlaps"][0]["kind"] == "exact"


def test_command_prints_a_run_with_and_without_the_overlap(tmp_path):
    train, held = tmp_path / "train.jsonl", tmp_path / "eval.jsonl"
    train.write_text(json.dumps({"text": LONG}) + "\n")
    held.write_text("".join(json.dumps({"question": q, "answer": "1"}) + "\n" for q in (LONG, OTHER)))
    folder = tmp_path / "base"
    folder.mkdir()
    write_run(folder, run())
    scored = [record("eval-0", {"accuracy": 1.0}), record("eval-1", {"accuracy": 0.0})]
    (folder / "records.jsonl").write_text("".join(encode_line(one) for one in scored))
    shown = run_command(str(train), str(held), "--run", str(folder)).stdout
    assert "every doc        50.00" in shown
    assert "without overlap  0.00" in shown
    assert "overlap only     100.00" in shown
    (folder / "records.jsonl").write_text(encode_line(record("other-0", {"accuracy": 1.0})))
    with pytest.raises(UserError, match="run base has none of the docs compared"):
        run_command(str(train), str(held), "--run", str(folder))


def test_gsm8k_training_questions_hold_three_runs_of_the_test_set(shared_data):
    rows = read_rows(shared_data("gsm8k/train.jsonl"))
    tests = read_rows(shared_data("gsm8k/test.jsonl"))
    found = find_overlaps(
        [{"question": row["question"]} for row in rows], [doc(row["question"], row["id"]) for row in tests]
    )
    assert {kind: found.count(kind) for kind in KINDS} == {"exact": 0, "contained": 0, "ngram": 3, "numbers": 0}
