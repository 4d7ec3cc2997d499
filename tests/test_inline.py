"""What a notebook shows: golden text and HTML, tables, pictures, and model text that never becomes markup."""

from __future__ import annotations

import os
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report_runs import baseline_records, candidate_records, finished

from harness.api.report import report
from harness.audits.compared import ComparedRuns, compare_stored
from harness.audits.matrix import ComparedMany, adjusted
from harness.audits.probes.records import ProbeSummaries, ProbeSummary
from harness.audits.probes.summary import METRICS
from harness.core.errors import UserError
from harness.core.records import Record
from harness.gemma.lint.checks import Finding
from harness.gemma.lint.lint import Report
from harness.stats.estimate import estimate_metrics
from harness.store.folder import write_run
from harness.store.stored import StoredRun, StoredRuns
from reports.inline.lines import MOST_LINES, columns, fitted

FIXTURES = Path(__file__).parent / "fixtures" / "inline"
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)></pre></div>&lt;b&gt; $x$ \u202e\x00\ud800\ufffe]]>"


def run_of(name: str, records: list[Record] | None = None, **changes) -> StoredRun:
    """A finished run that has its records at hand and no folder."""
    found = baseline_records() if records is None else records
    return StoredRun(path=Path("runs") / name, run=finished(name, found, **changes), at_hand=found)


def compared(margin: float | None = 0.02) -> ComparedRuns:
    return compare_stored(run_of("base"), run_of("tuned", candidate_records()), margin=margin)


def matrix(names: tuple[str, ...] = ("base", "tuned", "third"), margin: float | None = None) -> ComparedMany:
    runs = [run_of(name, candidate_records() if i else None) for i, name in enumerate(names)]
    pairs = [compare_stored(*pair, margin=margin) for pair in combinations(runs, 2)]
    return ComparedMany(pairs=tuple(pairs), p_adjusted=adjusted(pairs))


SHOWN = {"run": run_of("base"), "comparison": compared(), "matrix": matrix()}


class Markup(HTMLParser):
    """Every tag with its attributes, and the text between them but for the style."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, frozenset[str]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, frozenset(name for name, _ in attrs)))

    def handle_data(self, data):
        self.text += "" if self.tags[-1][0] == "style" else data


def check_golden(name: str, text: str) -> None:
    """Compare with the stored one; HARNESS_UPDATE_GOLDEN=1 writes it anew."""
    path = FIXTURES / name
    if os.environ.get("HARNESS_UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SHOWN)
def test_the_text_is_the_golden_one(name):
    check_golden(f"{name}.txt", repr(SHOWN[name]) + "\n")


@pytest.mark.parametrize("name", SHOWN)
def test_the_html_is_the_golden_one(name):
    page = SHOWN[name]._repr_html_()
    check_golden(f"{name}.html", re.sub(r"(?s)(?<=<style>).*?(?=</style>)", "", page) + "\n")


@pytest.mark.parametrize("name", SHOWN)
def test_html_has_no_script_and_asks_the_network_for_nothing(name):
    page = SHOWN[name]._repr_html_()
    assert not re.search(r"<script|https?:|url\(|@import|\bon[a-z]+=", page)


def test_the_comparison_leads_with_verdict_and_gate():
    lines = repr(compared()).splitlines()
    assert lines[0] == "gsm8k · tuned against base · 40 docs, paired"
    assert lines[1] == compared().verdict
    assert lines[2].startswith("Gate passed: the candidate may ship. ")
    assert "fixed 11, broken 3" in lines


def test_labels_and_noise_are_told_in_text_and_html():
    made = replace(compared(), noise=("noise floor of tuned: 2.5% of answers flip",))
    made = replace(made, comparison=replace(made.comparison, labels=("settings differ: temperature",)))
    for shown in (repr(made), Markup(made._repr_html_()).text):
        assert "noise floor of tuned: 2.5% of answers flip" in shown
        assert "settings differ: temperature" in shown


def test_an_unfinished_run_and_docs_not_scored_are_told():
    records = baseline_records()
    records[0] = replace(records[0], metrics={**records[0].metrics, "accuracy": None})
    made = run_of("base", records)
    assert "1 doc not scored: the numbers are over the others" in repr(made)
    stopped = replace(made, run=replace(made.run, finished="", estimates={}))
    for shown in (repr(stopped), Markup(stopped._repr_html_()).text):
        assert "this run is not finished" in shown
        assert "48.7%" in shown  # 19 of the 39 that are scored: worked out, though the run has no estimates yet


def test_a_share_of_a_run_that_another_process_wrote_says_so():
    share = replace(run_of("base", []), elsewhere=True)
    assert "another process holds the numbers" in repr(share)
    assert "another process holds the numbers" in share._repr_html_()


@given(st.integers(0, 40), st.integers(0, 40), st.integers(1, 4))
def test_text_is_never_longer_than_fifteen_lines_and_loses_nothing_silently(n_rows, n_notes, n_head):
    table = columns([["metric", "n"], *([f"m{i}", "1"] for i in range(n_rows))])
    lines = fitted([f"h{i}" for i in range(n_head)], table, [f"note {i}" for i in range(n_notes)], "last").splitlines()
    assert len(lines) <= MOST_LINES
    assert lines[-1] == "last"
    shown = sum(line.startswith("m") for line in lines) - 1
    left = [int(found.group(1)) for line in lines if (found := re.match(r"and (\d+) more rows", line))]
    assert shown + sum(left) == n_rows


@pytest.mark.parametrize("name", SHOWN)
def test_text_of_a_record_has_at_most_fifteen_lines(name):
    assert len(repr(SHOWN[name]).splitlines()) <= MOST_LINES


def test_the_matrix_has_a_row_a_pair_with_p_adjusted_over_the_pairs():
    made = matrix()
    found = made.to_frame()
    assert list(found.baseline_run) == ["base", "base", "tuned"]
    assert list(found.p_adjusted) == pytest.approx(list(made.p_adjusted))
    assert found.p_adjusted[0] > found.p_value[0]
    assert "gate" not in Markup(made._repr_html_()).text
    assert "gate" in Markup(matrix(margin=0.02)._repr_html_()).text


def test_the_link_leads_to_the_page_of_this_comparison_and_to_no_other(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made, other = compared(), compare_stored(run_of("other"), run_of("tuned", candidate_records()))
    for side in (made.baseline, made.candidate):
        side.path.mkdir(parents=True)
        write_run(side.path, side.run)
    assert "writes a page" in made._repr_html_()
    report(made)
    assert '<a href="runs/tuned/comparison.html">' in made._repr_html_()
    assert "page: runs/tuned/comparison.html" in repr(made)
    assert "<a " not in other._repr_html_()


@pytest.mark.parametrize(
    ("name", "what"),
    [("run", "estimates"), ("run", "losses"), ("comparison", "forest"), ("comparison", "losses"), ("matrix", "forest")],
)
def test_a_picture_is_one_svg_that_can_be_saved(name, what, tmp_path):
    made = SHOWN[name].plot(what)
    assert ET.fromstring(made._repr_svg_()).tag.endswith("svg")
    assert made.save(tmp_path / "made" / "picture.svg").read_text(encoding="utf-8") == made.svg


def test_the_default_pictures_are_forest_and_estimates():
    assert SHOWN["comparison"].plot() == SHOWN["comparison"].plot("forest")
    assert SHOWN["run"].plot() == SHOWN["run"].plot("estimates")


def test_a_picture_is_not_written_under_the_name_of_another_format(tmp_path):
    with pytest.raises(UserError, match="written as SVG"):
        SHOWN["run"].plot().save(tmp_path / "picture.png")


@pytest.mark.parametrize("name", SHOWN)
def test_an_unknown_table_or_picture_is_one_clear_line(name):
    with pytest.raises(UserError, match="table 'nothing'"):
        SHOWN[name].to_frame("nothing")
    with pytest.raises(UserError, match="picture 'nothing'"):
        SHOWN[name].plot("nothing")


def written_with(text: str) -> ComparedRuns:
    """A comparison in which `text` stands wherever somebody else's text can stand."""

    def told(record: Record) -> Record:
        scores = {
            name: replace(score, answer=score.answer and score.answer + text, why=score.why and score.why + text)
            for name, score in record.scores.items()
        }
        doc = replace(record.doc, question=record.doc.question + text, target=record.doc.target + text)
        completion = replace(record.completion, text=record.completion.text + text)
        return replace(record, doc=doc, completion=completion, scores=scores)

    sides = [
        run_of(name, [told(record) for record in records])
        for name, records in (("base", baseline_records()), ("tuned", candidate_records()))
    ]
    for i, side in enumerate(sides):
        model = replace(side.run.model, name=side.run.model.name + text)
        data = replace(side.run.data, notice="notice" + text)
        sides[i] = replace(side, run=replace(side.run, model=model, data=data))
    return replace(compare_stored(*sides), noise=("noise" + text,))


def shown_by(made: ComparedRuns) -> list[str]:
    several = ComparedMany(pairs=(made, made), p_adjusted=(None, None))
    return [made._repr_html_(), made.candidate._repr_html_(), several._repr_html_()]


def pictures(made: ComparedRuns) -> list[str]:
    return [made.plot().svg, made.plot("losses").svg, made.candidate.plot().svg]


@settings(max_examples=25, deadline=None)
@given(st.text(min_size=1, max_size=40) | st.just(HOSTILE))
def test_no_text_of_a_model_or_a_data_set_becomes_markup(text):
    plain, hostile = written_with("x"), written_with(text)
    for harmless, page in zip(shown_by(plain), shown_by(hostile), strict=True):
        assert Markup(page).tags == Markup(harmless).tags
        page.encode("utf-8")
    for harmless, svg in zip(pictures(plain), pictures(hostile), strict=True):
        assert [e.tag for e in ET.fromstring(svg).iter()] == [e.tag for e in ET.fromstring(harmless).iter()]
    assert not set(repr(hostile)) & set("\x00\x1b\u202e")


def test_several_runs_are_a_line_each_and_never_too_many():
    few = StoredRuns([run_of("base"), run_of("tuned", candidate_records())])
    lines = repr(few).splitlines()
    assert lines[0] == "2 runs, newest first"
    assert lines[2].split()[:2] == ["base", "gsm8k"]
    assert len(lines) == 5
    assert "50.0%" in lines[2]
    assert few.to_frame()["value"].tolist() == [run.estimate().value for run in few]
    assert "50.0%" in Markup(few._repr_html_()).text
    many = repr(StoredRuns([few[0]] * 40)).splitlines()
    assert len(many) <= MOST_LINES
    assert "and 29 more rows" in many
    assert repr(StoredRuns()) == "no runs"


def test_an_unfinished_run_among_several_has_no_number():
    made = run_of("base")
    stopped = StoredRuns([replace(made, run=replace(made.run, finished="", estimates={}))])
    assert "unfinished" in repr(stopped)
    assert "%" not in repr(stopped).splitlines()[-2]
    assert stopped.to_frame()["value"].tolist() == [None]


def test_a_run_and_a_difference_are_one_line_each():
    made = compared()
    found = repr(made.difference())
    assert found.startswith("Difference in accuracy: 50.0% to 70.0%, +20.0 points [")
    assert found.endswith("40 docs paired")
    assert repr(made.baseline.run).startswith("Run base: gsm8k, ")
    assert "accuracy 50.0% [" in repr(made.baseline.run)
    assert repr(replace(made.baseline.run, finished="")).endswith("100 docs, not finished")
    assert "\n" not in found + repr(made.baseline.run)


def probed(reasoned_on: int, n: int = 8) -> ProbeSummaries:
    """A filler probe in which so many of `n` replies reasoned on."""
    infos = METRICS["filler"]
    others = {"changed": n - reasoned_on, "accuracy": n - reasoned_on, "accuracy_before": n - reasoned_on}
    records = baseline_records()[:n]
    rows = [
        replace(
            record,
            metrics={name: 1.0 if i < count else None for name, count in others.items()}
            | {"reasoned_on": float(i >= n - reasoned_on)},
        )
        for i, record in enumerate(records)
    ]
    summary = ProbeSummary(
        probe="filler",
        version="2",
        n_completions=n,
        n_probed=n,
        left_out={},
        n_failed=0,
        metrics=infos,
        estimates=estimate_metrics(rows, infos),
    )
    return ProbeSummaries((summary,))


def test_probes_say_their_numbers_and_why_some_are_undefined():
    for shown in (repr(probed(8)), Markup(probed(8)._repr_html_()).text):
        assert "filler: 8 of 8 completions probed" in shown
        why = "all 8 replies that could be read reasoned on"
        assert f"undefined: changed, accuracy, accuracy_before ({why})" in shown
    assert "undefined" not in repr(probed(3))
    assert "37.5%" in repr(probed(3))
    assert len(repr(ProbeSummaries(probed(3) * 4)).splitlines()) <= MOST_LINES
    with pytest.raises(UserError, match="table 'nothing'"):
        probed(3).to_frame("nothing")


def test_a_linted_prompt_is_short_and_its_text_no_markup():
    findings = tuple(Finding(check=f"c{i}", level="warning", message=HOSTILE, tip="t") for i in range(30))
    tokens = ((2, "<bos>"),)
    asked = {"text": HOSTILE, "tokens": tokens, "template": "the model's own", "stop_tokens": ((1, "<eos>"),)}
    made = Report(**asked, longest_prompt=9, n_docs=3, findings=findings)
    lines = repr(made).splitlines()
    assert lines[:2] == ["template: the model's own", "stops at: <eos> (1)"]
    assert len(lines) == MOST_LINES
    assert lines[-2:] == ["and 20 more rows", "30 warnings"]
    assert "<script" not in made._repr_html_()
    assert len(made.to_frame()) == 30
    assert repr(replace(made, findings=())).endswith("nothing to report")
