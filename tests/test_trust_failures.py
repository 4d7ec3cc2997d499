"""A failure is never a score: what failed is counted, shown, and cannot carry a candidate through the gate."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest
from compare_builders import ACCURACY, STEPS, TOKENS, accuracy_records, record, run
from hypothesis import given
from hypothesis import strategies as st

from harness.comparison.compare import compare
from harness.core.records import Completion, GenerationSettings, Record, Score
from harness.core.scorer import FAULT
from tasks.scoring.answer.latex_process import LatexProcess

FAILED = Completion(doc_id="", text="", finish="error", error="no reply within 5 s")


def failed(doc_id: str, *, repeat: int = 0) -> Record:
    """A record as the runner writes it where the server gave no reply."""
    return replace(record(doc_id, {"accuracy": None}, repeat=repeat), completion=replace(FAILED, doc_id=doc_id))


def refused(doc_id: str, why: str, **detail: str) -> Record:
    """A completion that came, and that its scorer gave no verdict on."""
    score = Score(value=None, outcome="not_scored", why=why, detail=detail)
    return record(doc_id, {"accuracy": None}, scores={"final_answer": score})


def judge(baseline, candidate, *, margin=0.02, info=ACCURACY, repeats=1):
    asked = GenerationSettings(repeats=repeats, temperature=1.0 if repeats > 1 else 0.0)
    primary = replace(info, name="accuracy", scorer="final_answer")
    runs = [run(name, metrics=(primary,), settings=asked) for name in ("base", "cand")]
    return compare(runs[0], baseline, runs[1], candidate, margin=margin)


def sampled(right: int, wrong: int, *, lose_wrong: bool, n_docs: int = 200) -> list[Record]:
    """`right` completions a doc and `wrong` ones; those are lost in transit where `lose_wrong`."""
    records = []
    for i in range(n_docs):
        for repeat in range(right + wrong):
            fine = record(f"d{i:04}", {"accuracy": float(repeat < right)}, repeat=repeat)
            records.append(failed(f"d{i:04}", repeat=repeat) if lose_wrong and repeat >= right else fine)
    return records


def test_wrong_completions_that_failed_do_not_carry_a_worse_candidate_through_the_gate():
    base, worse = sampled(3, 1, lose_wrong=False), sampled(2, 2, lose_wrong=False)
    assert judge(base, worse, repeats=4).gate.outcome == "fail"
    found = judge(base, sampled(2, 2, lose_wrong=True), repeats=4)
    assert found.gate.outcome == "inconclusive"
    assert "the 400 failed completions of the others could undo it" in found.gate.why
    assert any(label.startswith("cand: 400 of 800 completions failed") for label in found.labels)


def test_repeats_that_are_simply_not_there_count_as_failed():
    base = sampled(3, 1, lose_wrong=False)
    few = [r for r in sampled(2, 2, lose_wrong=True) if r.completion.finish != "error"]
    assert judge(base, few, repeats=4).gate.outcome == "inconclusive"


def test_one_failed_repeat_that_cannot_turn_the_gate_leaves_it():
    base, better = sampled(2, 2, lose_wrong=False), sampled(3, 1, lose_wrong=False)
    better[5] = failed(better[5].doc.id, repeat=better[5].completion.repeat)
    found = judge(base, better, repeats=4)
    assert found.gate.outcome == "pass"
    assert any("1 of 800 completions" in label for label in found.labels)


def test_docs_that_both_runs_failed_on_are_told_of_and_make_the_gate_inconclusive():
    fine = accuracy_records([1.0, 0.0] * 400)
    lost = [failed(f"lost{i}") for i in range(1200)]
    found = judge([*fine, *lost], [*fine, *lost])
    assert found.gate.outcome == "inconclusive"
    assert "the 1,200 docs that failed in both could undo it" in found.gate.why
    assert "1,200 docs failed in both runs: left out" in found.labels


def test_a_doc_that_no_reply_could_answer_is_the_fault_of_the_data_and_lost_to_neither_run():
    fine = accuracy_records([1.0, 0.0] * 400)
    unanswerable = [refused(f"bad{i}", "the doc has no gold answer") for i in range(200)]
    assert judge([*fine, *unanswerable], [*fine, *unanswerable]).gate.outcome == "pass"


def test_a_scorer_that_crashed_in_both_runs_decides_nothing():
    fine = accuracy_records([1.0, 0.0] * 400)
    crashed = [refused(f"bad{i}", "scorer final_answer: KeyError", **{FAULT: "KeyError"}) for i in range(200)]
    assert judge([*fine, *crashed], [*fine, *crashed]).gate.outcome == "inconclusive"


@pytest.mark.parametrize(("info", "value"), [(TOKENS, 7.0), (STEPS, (3.0, 4.0))])
def test_what_is_lost_of_a_metric_without_a_range_leaves_the_gate_inconclusive(info, value):
    info = replace(info, higher_is_better=True)
    better = (4.0, 4.0) if isinstance(value, tuple) else 9.0

    def doc(i, value):
        wobble = (i % 3) / 10
        moved = (value[0] - wobble, value[1]) if isinstance(value, tuple) else value + wobble
        return record(f"d{i}", {"accuracy": moved})

    base, cand = [doc(i, value) for i in range(300)], [doc(i + 1, better) for i in range(300)]
    cand = [replace(c, key=b.key, doc=b.doc) for c, b in zip(cand, base, strict=True)]
    assert judge(base, cand, info=info, margin=0.0).gate.outcome == "pass"
    cand[7] = failed("d7")
    assert judge(base, cand, info=info, margin=0.0).gate.outcome == "inconclusive"


def test_one_value_out_of_range_does_not_switch_the_guard_off():
    base, cand = accuracy_records([1.0, 0.0] * 150), accuracy_records([1.0] * 150)
    cand = [replace(c, doc=b.doc) for c, b in zip(cand, base[::2], strict=True)]
    assert judge(base, cand).gate.outcome == "inconclusive"
    cand[0] = replace(cand[0], metrics={"accuracy": 1.0000001})
    assert judge(base, cand).gate.outcome == "inconclusive"


@given(
    lost=st.sets(st.integers(0, 119), max_size=40),
    both=st.sets(st.integers(0, 119), max_size=10),
    rate=st.sampled_from([0.3, 0.5, 0.7]),
)
def test_a_decision_holds_whichever_way_the_lost_completions_had_gone(lost, both, rate):
    before = [float(i % 10 < 5) for i in range(120)]
    after = [float(i % 10 < 10 * rate) for i in range(120)]
    base, cand = accuracy_records(before), accuracy_records(after)
    holes = [failed(r.doc.id) if i in lost else r for i, r in enumerate(cand)]
    base_holes = [failed(r.doc.id) if i in both & lost else r for i, r in enumerate(base)]
    decided = judge(base_holes, holes, margin=0.05).gate.outcome
    if decided == "inconclusive":
        return
    for way in (0.0, 1.0):
        filled = [record(r.doc.id, {"accuracy": way}) if i in lost else r for i, r in enumerate(cand)]
        base_filled = [record(r.doc.id, {"accuracy": 1 - way}) if i in both & lost else r for i, r in enumerate(base)]
        d = judge(base_filled, filled, margin=0.05).differences["accuracy"]
        assert (d.value > -0.05) == (decided == "pass")


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="the clock alone limits a comparison here")
def test_a_helper_that_is_killed_from_outside_gives_no_verdict():
    pytest.importorskip("math_verify")
    process = LatexProcess(seconds=30.0)
    try:
        assert process.equal("\\sqrt{50}", "5\\sqrt{2}")
        assert process._process is not None
        asked = process._ask

        def killed(question, seconds):
            os.kill(process._process.pid, signal.SIGKILL)
            return asked(question, seconds)

        process._ask = killed
        with pytest.raises(RuntimeError, match="was ended from outside"):
            process.equal("\\sqrt{50}", "5\\sqrt{2}")
        process._ask = asked
        assert process.equal("\\sqrt{50}", "5\\sqrt{2}")
    finally:
        process.close()


def test_failed_samples_of_a_recorded_file_are_counted(harness):
    rows = [f'{{"id": "{i}", "completion": ["Answer: 4", null, null, null]}}' for i in range(1, 31)]
    Path("d.jsonl").write_text(
        "\n".join(f'{{"id": "{i}", "question": "What is 2 + 2?", "answer": "4"}}' for i in range(1, 31))
    )
    Path("c.jsonl").write_text("\n".join(rows))
    done = harness("score", "c.jsonl", "-t", "gsm8k", "--data", "d.jsonl", "--out", "r")
    assert done.code == 0, done.err
    assert "90 of 120 completions in c.jsonl failed" in done.err
    assert harness("score", "c.jsonl", "-t", "gsm8k", "--data", "d.jsonl", "--out", "again").code == 0
    gated = harness("compare", "r", "again", "--gate", "--no-report")
    assert gated.code == 4
    assert "90 of 120 completions failed or have no verdict on accuracy" in " ".join(gated.out.split())
