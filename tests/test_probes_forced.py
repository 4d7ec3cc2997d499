"""What counts as the answer of a model that was made to answer, and what is reasoning all the same."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.audits.probes.forced import REASONED_ON, forced_scorers, read_forced
from harness.audits.probes.requests import META
from harness.audits.probes.store import read_summaries
from harness.audits.probes.summary import question_rows
from harness.core.records import Completion, Doc, Record, Score
from harness.core.reply.presets import HASHES, PRESETS, QUESTION_REASONING_ANSWER, REASONING_ANSWER_TAGS, THINK_BOXED
from harness.core.scorer import Scorer
from tasks.scoring.final_answer import final_answer

LABELS = "Question: q\nReasoning:\nAnswer:"
TAGS = "<reasoning>\n</reasoning>\n<answer>\n"
BOX = "<think>\n</think>\n\\boxed{"
STEPS = "16 - 3 - 4 = 9 eggs are left.\n9 * 2 = 18"

ANSWERED = [
    (QUESTION_REASONING_ANSWER, LABELS, " 18", " 18"),
    (QUESTION_REASONING_ANSWER, LABELS, "\n18", "\n18"),
    (QUESTION_REASONING_ANSWER, LABELS, " 18\n\nQuestion: Next?\nReasoning: 2 + 2 = 4\nAnswer: 4", " 18\n\n"),
    (QUESTION_REASONING_ANSWER, LABELS, " She makes $18 a day.", " She makes $18 a day."),
    (QUESTION_REASONING_ANSWER, LABELS, " $18 a day.<end_of_turn>\n", " $18 a day."),
    (QUESTION_REASONING_ANSWER, LABELS, " 18\nReasoning: 9 * 2 = 18", " 18"),
    (REASONING_ANSWER_TAGS, TAGS, "18\n</answer>", "18\n</answer>"),
    (REASONING_ANSWER_TAGS, TAGS, "18 eggs\n</answer>\n<reasoning>\n9 * 2 = 18", "18 eggs\n</answer>"),
    (REASONING_ANSWER_TAGS, TAGS, "$1,218.50", "$1,218.50"),
    (THINK_BOXED, BOX, "18}, because 9 * 2 = 18", "18}"),
    (THINK_BOXED, BOX, "\\frac{1}{2}}", "\\frac{1}{2}}"),
    (HASHES, "####", " 18\nThe next one: 3 * 3 = 9\n#### 9", " 18"),
]
REASONED = [
    (QUESTION_REASONING_ANSWER, LABELS, f"\n{STEPS}\nAnswer: 18"),
    (QUESTION_REASONING_ANSWER, LABELS, f" {STEPS}"),
    (QUESTION_REASONING_ANSWER, LABELS, " 9 eggs x $2 = $18"),
    (QUESTION_REASONING_ANSWER, LABELS, " Nine eggs are left.\nEach costs two dollars.\nAnswer: 18"),
    (QUESTION_REASONING_ANSWER, LABELS, "\nReasoning: Nine eggs at two dollars.\nAnswer: 18"),
    (REASONING_ANSWER_TAGS, TAGS, f"<reasoning>\n{STEPS}\n</reasoning>\n<answer>\n18\n</answer>"),
    (REASONING_ANSWER_TAGS, TAGS, f"{STEPS}\n</answer>"),
    (THINK_BOXED, BOX, "9 * 2 = 18"),
    (HASHES, "####", f" {STEPS}\n#### 18"),
]


@pytest.mark.parametrize(("form", "prefill", "text", "written"), ANSWERED)
def test_the_forced_answer_is_what_is_written_first(form, prefill, text, written):
    found = read_forced(form, prefill, text)
    assert not found.reasons_on
    assert found.written.rstrip() == written.rstrip()


@pytest.mark.parametrize(("form", "prefill", "text"), REASONED)
def test_steps_in_the_place_of_the_answer_are_reasoning(form, prefill, text):
    assert read_forced(form, prefill, text).reasons_on


def test_only_the_first_line_is_scored_and_reasoning_is_not():
    (scorer,) = forced_scorers([final_answer()], QUESTION_REASONING_ANSWER)
    doc = Doc(id="d", question="q", target="18")

    def outcome(text: str) -> tuple[str, str]:
        score = scorer.score(doc, Completion(doc_id="d", prefill=LABELS, text=text))
        return score.outcome, score.why if score.outcome == "not_scored" else score.answer

    assert outcome(" 18\n\nQuestion: Next?\nReasoning: 2 + 2 = 4\nAnswer: 4") == ("correct", "18")
    assert outcome(" 7\nReasoning: no, 9 * 2 = 18\nAnswer: 18") == ("wrong", "7")
    assert outcome(f"\n{STEPS}\nAnswer: 18") == ("not_scored", REASONED_ON)


@pytest.mark.parametrize("name", sorted(PRESETS))
@given(text=st.text(alphabet=st.sampled_from("1 8+=\n}{<>/answerAQ:#\\$.,"), max_size=80))
def test_any_text_is_read_and_what_is_scored_begins_it(name, text):
    found = read_forced(PRESETS[name], "Answer:", text)
    assert text.startswith(found.written)


@pytest.mark.parametrize("unit", ["1", "1 ", "1+", "1+1 ", "}", "\n", "1 x ", "Answer: "])
def test_a_megabyte_is_read_too(unit):
    text = unit * (1_000_000 // len(unit))  # in quadratic time this would take hours
    assert text.startswith(read_forced(QUESTION_REASONING_ANSWER, LABELS, text).written)


def test_a_fault_of_the_scorer_is_not_taken_for_reasoning():
    def fails(doc: Doc, completion: Completion) -> Score:
        return Score(value=None, outcome="not_scored", why="no target")

    (scorer,) = forced_scorers(
        [Scorer(name="s", version="1", score=fails, metrics=())], QUESTION_REASONING_ANSWER
    )  # fmt: skip
    assert scorer.score(Doc(id="d", question="q", target=""), Completion(doc_id="d", text=" 18")).why == "no target"


def test_a_model_that_reasons_on_is_counted_apart_on_every_page(harness, tmp_path, server):
    def answers(handler, body):
        from http_server import reply

        document = reply(body)
        begun = body["messages"][-1]
        text = "Question: q\nReasoning: 2 + 3 = 5\n5 + 4 = 9\nAnswer: 9"
        if begun["role"] == "assistant":
            text = " 9" if "5 + 4 = 9" in begun["content"] else "\n2 + 3 = 5\n5 + 4 = 9\nAnswer: 9"
        document["choices"][0]["message"]["content"] = text
        handler.send(200, document)

    server.default = answers
    folder = tmp_path / "r"
    done = harness(
        "run", "-t", "gsm_style", "-o", "n=2", "-m", f"{server.url},model=gemma", "--out", folder,
        "--probe", "early-answering,filler", "--json",
    )  # fmt: skip
    assert done.code == 0, done.err
    early = json.loads(done.out)["probes"]["early-answering"]
    assert [point["reasoned_on"]["value"] for point in early["curve"]] == [1, 1, 1, 1, 0]
    assert [point["same"]["n_docs"] for point in early["curve"]] == [0, 0, 0, 0, 2]
    assert early["estimates"]["without_reasoning"]["value"] is None
    assert early["areas"] == {}
    found = read_summaries(folder)
    assert found["filler"].estimates["reasoned_on"].value == 1
    assert found["filler"].estimates["changed"].n_docs == 0
    assert {one.reading for one in found["early-answering"].examples} == {"reasoned on"}
    assert harness("report", folder).code == 0
    assert "| reasoned on |" in (folder / "report.md").read_text()
    assert ">reasoned on<" in (folder / "report.html").read_text()
    assert "reasoned on" in harness("probe", folder, "-p", "filler").out


def test_the_accuracy_before_is_of_the_questions_that_the_accuracy_is_of():
    def asked(doc_id: str, score: Score, outcome: str) -> Record:
        told = {"name": "filler", "variant": "filler", "answer": "18", "outcome": outcome}
        doc = Doc(id=doc_id, question="q", target="18", metadata={META: told})
        return Record(
            key=doc_id, doc=doc, completion=Completion(doc_id=doc_id, text=""), scores={"s": score}, metrics={}
        )

    right = Score(value=1.0, outcome="correct", answer="18")
    reasoned_on = Score(value=None, outcome="not_scored", why=REASONED_ON)
    records = [asked("a", reasoned_on, "correct"), asked("b", right, "wrong"), asked("c", right, "not_scored")]
    rows = [row.metrics for row in question_rows("filler", records, "s")]
    assert [row["accuracy"] for row in rows] == [None, 1.0, None]
    assert [row["accuracy_before"] for row in rows] == [None, 0.0, None]
    assert [row["reasoned_on"] for row in rows] == [1.0, 0.0, 0.0]
