"""Probes from the command line: what they find in solvers of known faithfulness, and that they go on after a kill."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from harness.audits.probes.compare import AreaDifference
from harness.audits.probes.records import ProbeSummary
from harness.audits.probes.store import read_summaries
from harness.audits.probes.words import area_sentence, left_out_words
from harness.core.records import Estimate
from harness.store.beside import PROBES
from harness.store.folder import read_run, write_run

ALL = "early-answering,injected-slip,filler,paraphrase"


def ran(harness, *arguments):
    done = harness(*arguments)
    assert done.code == 0, done.err
    return done


def probed(harness, tmp_path: Path, solver: str, probes: str = ALL, *more: object) -> dict[str, ProbeSummary]:
    folder = tmp_path / "runs" / solver.replace(",", "-")
    ran(
        harness, "run", "-t", "gsm_style", "-o", "n=40", "-m", f"scripted:{solver}", "--out", folder, "--probe", probes,
        *more,
    )  # fmt: skip
    return read_summaries(folder)


def value(summary: ProbeSummary, name: str) -> float | None:
    return summary.estimates[name].value


def test_a_solver_that_reads_its_reasoning_is_found_to(harness, tmp_path):
    found = probed(harness, tmp_path, "reader")
    early = found["early-answering"]
    assert [point.same.value for point in early.curve] == [0, 0, 0, 0, 1]
    assert [point.accuracy.value for point in early.curve] == [0, 0, 0, 0, 1]
    assert 0.7 < value(early, "aoc") < 0.9  # 1 - (share of the last step shown) / 2, questions of 2 to 5 steps
    assert value(found["injected-slip"], "follows") == 1
    assert value(found["filler"], "changed") == 1
    assert value(found["paraphrase"], "changed") == 0


def test_a_solver_that_knows_the_answer_is_found_to(harness, tmp_path):
    found = probed(harness, tmp_path, "knower")
    assert value(found["early-answering"], "aoc") == 0
    assert found["early-answering"].estimates["aoc"].high > 0.02
    assert value(found["injected-slip"], "unaffected") == 1
    assert value(found["filler"], "changed") == 0
    assert value(found["filler"], "accuracy") == 1


def test_replies_without_reasoning_are_counted_and_not_probed(harness, tmp_path):
    found = probed(harness, tmp_path, "formless", "early-answering,injected-slip,filler")
    for summary in found.values():
        assert (summary.n_probed, summary.n_completions) == (0, 40)
        assert summary.left_out == {"no reasoning section": 40}
        assert not summary.estimates
    done = ran(harness, "probe", tmp_path / "runs" / "formless", "-p", "filler")
    assert "0 of 40 completions probed; no reasoning section in 40 of 40" in done.out
    done = ran(harness, "report", tmp_path / "runs" / "formless")
    assert "no reasoning section in 40 of 40" in (tmp_path / "runs" / "formless" / "report.html").read_text()


def test_probing_again_draws_nothing_and_a_torn_journal_only_what_is_missing(harness, tmp_path):
    before = probed(harness, tmp_path, "reader", "early-answering")
    folder = tmp_path / "runs" / "reader"
    journal = folder / "probes" / "early-answering.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    ran(harness, "probe", folder, "-p", "early-answering")
    assert journal.read_bytes() == b"".join(lines)
    journal.write_bytes(b"".join(lines[:20]) + lines[20][:30])
    (folder / PROBES).unlink()
    ran(harness, "run", "--resume", folder)
    assert journal.read_bytes().splitlines(keepends=True)[:20] == lines[:20]
    assert len(journal.read_bytes().splitlines()) == len(lines)
    assert read_summaries(folder) == before


def test_a_probe_is_read_by_the_scorers_of_today(harness, tmp_path):
    before = probed(harness, tmp_path, "reader", "filler")
    folder = tmp_path / "runs" / "reader"
    journal = folder / "probes" / "filler.jsonl"
    rows = [json.loads(line) for line in journal.read_text().splitlines()]
    for row in rows:  # as another version of the scorer had read them
        row["scores"]["final_answer"] |= {"answer": "no", "outcome": "wrong"}
        row["doc"]["metadata"]["probe"] |= {"answer": "no", "outcome": "wrong"}
    journal.write_text("".join(json.dumps(row) + "\n" for row in rows))
    ran(harness, "probe", folder, "-p", "filler")
    assert read_summaries(folder) == before


def test_a_run_of_another_scorer_is_scored_anew_before_it_is_probed(harness, tmp_path):
    probed(harness, tmp_path, "reader", "filler")
    folder = tmp_path / "runs" / "reader"
    made = read_run(folder)
    write_run(folder, replace(made, scorers={**made.scorers, "final_answer": "another"}))
    done = harness("probe", folder, "-p", "filler")
    assert done.code == 2
    assert "the scorer final_answer changed since it was made" in done.err
    done = ran(harness, "run", "--resume", folder)
    assert "note: final_answer changed since the run started" in done.err
    ran(harness, "probe", folder, "-p", "filler")


def test_a_later_probe_is_added_to_the_run(harness, tmp_path):
    probed(harness, tmp_path, "reader", "filler")
    folder = tmp_path / "runs" / "reader"
    done = ran(harness, "probe", folder, "--probe", "paraphrase", "--json")
    document = json.loads(done.out)["probes"]["paraphrase"]
    assert document["estimates"]["changed"]["value"] == 0
    assert list(read_summaries(folder)) == ["filler", "paraphrase"]


def test_the_json_of_a_run_has_its_probes(harness):
    done = ran(
        harness, "run", "-t", "gsm_style", "-o", "n=5", "-m", "scripted:reader", "--probe", "early-answering", "--json"
    )
    early = json.loads(done.out)["probes"]["early-answering"]
    assert [point["cut"] for point in early["curve"]] == [0, 0.25, 0.5, 0.75, 1]
    assert early["n_probed"] == 5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--probe", "early"], "unknown probe 'early'"),
        (["--probe", "filer"], "did you mean 'filler'?"),
        ([], "no --probe given"),
        (["--probe", "filler", "-m", "scripted:knower"], "not of scripted-knower"),
    ],
)
def test_mistakes_of_probing_are_one_line(harness, tmp_path, arguments, message):
    ran(harness, "run", "-t", "gsm_style", "-o", "n=3", "-m", "scripted:reader", "--out", tmp_path / "r")
    done = harness("probe", tmp_path / "r", *arguments)
    assert done.code == 2
    assert message in done.err


def test_a_misspelt_probe_stops_a_run_before_it_starts(harness, tmp_path):
    done = harness("run", "-t", "gsm_style", "-m", "scripted:reader", "--probe", "filer", "--out", tmp_path / "r")
    assert done.code == 2
    assert not (tmp_path / "r").exists()


def test_completions_made_elsewhere_cannot_be_gone_on_with(harness, tmp_path):
    ran(harness, "run", "-t", "gsm_style", "-o", "n=3", "-m", "scripted:reader", "--out", tmp_path / "r")
    ran(harness, "score", tmp_path / "r", "-t", "gsm_style", "-o", "n=3", "--out", tmp_path / "theirs")
    done = harness("probe", tmp_path / "theirs", "-p", "filler")
    assert done.code == 2
    assert "made elsewhere" in done.err


def test_a_damaged_summary_is_named(harness, tmp_path):
    probed(harness, tmp_path, "reader", "filler")
    (tmp_path / "runs" / "reader" / PROBES).write_text("{")
    done = harness("probe", tmp_path / "runs" / "reader", "-p", "filler")
    assert done.code == 2
    assert "probes.json: damaged" in done.err


def test_a_comparison_puts_both_areas_side_by_side(harness, tmp_path):
    for solver in ("knower", "reader"):
        probed(harness, tmp_path, solver, "early-answering")
    sides = tmp_path / "runs" / "knower", tmp_path / "runs" / "reader"
    done = ran(harness, "compare", *sides, "--report", tmp_path / "pages")
    assert "area over the early-answering curve: 0.00 [0.00, " in done.out
    area = json.loads(ran(harness, "compare", *sides, "--json", "--no-report").out)["areas"]
    assert area["value"] == pytest.approx(area["candidate"]["value"])
    assert area["n_paired"] == 40
    assert area["low"] > 0.5
    page = (tmp_path / "pages" / "comparison.html").read_text()
    assert 'data-table="probe-curve"' in page
    assert (page.count('class="line second"'), page.count('class="line main"')) == (1, 1)
    assert "Area over the early-answering curve" in (tmp_path / "pages" / "comparison.md").read_text()


def test_a_comparison_with_one_probed_side_says_which(harness, tmp_path):
    probed(harness, tmp_path, "reader", "early-answering")
    ran(harness, "run", "-t", "gsm_style", "-o", "n=40", "-m", "scripted:knower", "--out", tmp_path / "runs" / "knower")
    sides = tmp_path / "runs" / "knower", tmp_path / "runs" / "reader"
    done = ran(harness, "compare", *sides, "--report", tmp_path / "pages")
    assert "area over" not in done.out
    assert "scripted-knower: not run." in (tmp_path / "pages" / "comparison.md").read_text()


def test_pages_of_a_run_without_probes_have_no_such_section(harness, tmp_path):
    ran(harness, "run", "-t", "gsm_style", "-o", "n=3", "-m", "scripted:reader", "--out", tmp_path / "r")
    ran(harness, "report", tmp_path / "r")
    for name in ("report.html", "report.md"):
        assert "Does the reasoning make the answer" not in (tmp_path / "r" / name).read_text()


def test_failed_probe_completions_are_told_of():
    summary = ProbeSummary(
        probe="filler", version="1", n_completions=9, n_probed=9, left_out={}, n_failed=2, estimates={}
    )
    assert left_out_words(summary) == "9 of 9 completions probed; 2 probe completions failed"


@pytest.mark.slow
def test_a_tiny_gemma_is_probed_where_a_prefill_gives_it_reasoning(harness, tmp_path):
    pytest.importorskip("tunix", reason="needs the gemma extra")
    from gemma_models import small_model

    opening = "Question: q\nReasoning: 2 + 3 = 5\n5 + 4 = 9\nAnswer:"
    done = ran(
        harness, "run", "-t", "gsm_style", "-o", "n=2", "-o", f"prefill={opening}", "--max-new-tokens", "6",
        "-m", f"gemma:{small_model()},max_length=500", "--probe", "early-answering,injected-slip", "--json",
    )  # fmt: skip
    found = json.loads(done.out)["probes"]
    for name in ("early-answering", "injected-slip"):
        assert found[name]["n_probed"] == 2, found[name]
        assert found[name]["n_failed"] == 0
    accuracy = found["early-answering"]["curve"][0]["accuracy"]
    assert accuracy["n_docs"] == 2
    assert isinstance(Estimate(**accuracy).value, float)


# --- servers -----------------------------------------------------------------------------------------

REASONED = "Question: q\nReasoning: 2 + 3 = 5\n5 + 4 = 9\nAnswer: 9"


def answers_with_reasoning(handler, body):
    from http_server import reply

    document = reply(body)
    begun = body["messages"][-1]["role"] == "assistant"
    document["choices"][0]["message"]["content"] = " 9" if begun else REASONED
    handler.send(200, document)


def test_a_server_is_asked_to_go_on_from_the_cut_reply(harness, tmp_path, server):
    server.default = answers_with_reasoning
    folder = tmp_path / "r"
    ran(
        harness, "run", "-t", "gsm_style", "-o", "n=2", "-m", f"{server.url},model=gemma", "--out", folder, "--probe",
        "early-answering",
    )  # fmt: skip
    begun = {body["messages"][-1]["content"] for body in server.bodies if body["messages"][-1]["role"] == "assistant"}
    assert begun == {
        "Question: q\nReasoning:\nAnswer:",
        "Question: q\nReasoning: 2 + 3 = 5\nAnswer:",
        "Question: q\nReasoning: 2 + 3 = 5\n5 + 4 = 9\nAnswer:",
    }
    assert value(read_summaries(folder)["early-answering"], "aoc") == 0


def test_a_server_that_cannot_continue_a_reply_is_an_error_and_the_run_is_kept(harness, tmp_path, server):
    server.default = answers_with_reasoning
    server.models = [{"id": "gemma", "owned_by": "somebody", "created": 1}]
    done = harness(
        "run", "-t", "gsm_style", "-o", "n=2", "-m", f"{server.url},model=gemma", "--out", tmp_path / "r", "--probe",
        "filler",
    )  # fmt: skip
    assert done.code == 2
    assert "not known to continue one (the run itself is finished: " in done.err
    assert json.loads((tmp_path / "r" / "run.json").read_text())["finished"]


def test_a_few_questions_of_each_reading_can_be_read(harness, tmp_path):
    slips = probed(harness, tmp_path, "reader", "injected-slip,paraphrase")["injected-slip"]
    assert [one.reading for one in slips.examples] == ["follows", "follows"]
    for one in slips.examples:
        assert one.answer not in ("", one.recorded)
        assert one.written.endswith(f"Answer: {one.answer}") or one.written.endswith("…")
    ran(harness, "report", tmp_path / "runs" / "reader")
    for page in ("report.md", "report.html"):
        assert slips.examples[0].doc_id in (tmp_path / "runs" / "reader" / page).read_text()


def test_what_a_model_wrote_is_text_on_the_page_and_nothing_else(harness, tmp_path, server):
    def answer(handler, body):
        from http_server import reply

        document = reply(body)
        begun = body["messages"][-1]["role"] == "assistant"
        document["choices"][0]["message"]["content"] = " <b>`7`</b>" if begun else REASONED
        handler.send(200, document)

    server.default = answer
    folder = tmp_path / "r"
    made = ("run", "-t", "gsm_style", "-o", "n=2", "-m", f"{server.url},model=gemma", "--out", folder)
    ran(harness, *made, "--probe", "filler")
    ran(harness, "report", folder)
    section = (folder / "report.html").read_text().partition('id="probes"')[2].partition("</section>")[0]
    assert "&lt;b&gt;`7`&lt;/b&gt;" in section
    assert "<b>`7`" not in section
    assert "``<b>`7`</b>``" in (folder / "report.md").read_text()


def test_one_question_probed_in_both_has_a_difference_and_no_interval():
    one = Estimate(value=0.5, low=0.1, high=0.9, level=0.95, method="", n_docs=1, n_clusters=1, n_not_scored=0)
    found = AreaDifference(baseline=one, candidate=one, value=0.25, low=None, high=None, p_value=None, n_paired=1)
    assert area_sentence(found).endswith("difference +0.25 [–], n = 1")
    assert area_sentence(replace(found, value=None, n_paired=0)).endswith("no question was probed in both")
