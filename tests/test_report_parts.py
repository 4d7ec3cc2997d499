"""What pages are made of: fates, parts of the data, axes, agreement of scorers, provenance, history."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_runs import METRICS, baseline_records, candidate_records, compared, doc, finished, record, reply

from harness.comparison.compare import compare
from harness.core.records import GenerationSettings, MetricInfo, Score
from harness.core.words import counted
from reports import charts, svg
from reports.history import history_html
from reports.html import comparison_html
from reports.markdown import comparison_page, run_page
from reports.plots import waterfall
from reports.sections.agreement import agreements, disagrees
from reports.sections.fates import LOSSES, fate, fates
from reports.sections.provenance import facts
from reports.sections.slices import comparison_slices, run_slices
from reports.view import comparison_view, run_view, side_names
from reports.visible import browser_offsets, visible


def with_scores(made, **scores):
    return replace(made, scores={**made.scores, **scores})


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (record(doc(3), reply(3, 6)), "right"),
        (record(doc(3), reply(3, 6, slip=True)), "right_invalid"),
        (record(doc(3), reply(3, 7)), "wrong"),
        (record(doc(3), reply(3, 7, slip=True)), "wrong_invalid"),
        (record(doc(3), "Twice 3 is", finish="length"), "truncated"),
        (record(doc(3), reply(3, 6), finish="length"), "right"),
        (record(doc(3), ""), "no_answer"),
        (
            with_scores(record(doc(3), "hm"), structure=Score(value=0.0, outcome="wrong", answer="six-ish")),
            "unparsable",
        ),
        (with_scores(record(doc(3), "x"), final_answer=Score(value=None, outcome="not_scored")), "not_scored"),
    ],
)
def test_a_completion_has_the_fate_of_its_first_fault(made, expected):
    assert fate(made) == expected


def test_every_completion_is_counted_once():
    for records in (baseline_records(), candidate_records()):
        found = fates(records)
        assert sum(found.counts.values()) == found.total == len(records)
        assert found.rows()[-1][2] == found.counts["right"]
        assert [row[0] for row in found.rows()] == list(LOSSES)


def test_the_waterfall_ends_at_what_is_right_and_sound():
    rows = waterfall([fates(baseline_records()), fates(candidate_records())])
    assert rows[0].counts == (40, 40)
    assert rows[-1].label == "right and sound"
    assert rows[-1].counts == (20, 27)
    assert rows[0].counts[0] - sum(row.counts[0] for row in rows[1:-1]) == rows[-1].counts[0]


def test_parts_cover_their_group_and_intervals_widen_with_their_number():
    found = comparison_slices(baseline_records(), candidate_records(), METRICS[0])
    sizes = Counter[str]()
    for row in found.rows:
        sizes[row.group] += row.n_docs
        assert row.low <= row.value <= row.high
        assert row.value == pytest.approx(row.candidate - row.baseline)
        assert 0 <= row.p_adjusted <= 1
    assert sizes["steps to the answer"] == 40
    assert found.level == pytest.approx(1 - 0.05 / len(found.rows))


def test_a_part_of_too_few_docs_is_left_out():
    records = baseline_records()
    found = run_slices(records, METRICS[0])
    assert all(row.n_docs >= 8 for row in found.rows)
    assert "size of the answer" not in {row.group for row in found.rows}  # 5 docs under 10: one part is no group


def test_a_part_with_nothing_below_the_fraction_line_is_undefined():
    info = MetricInfo(name="cost", description="words per right answer", scorer="final_answer", kind="ratio")
    records = [
        replace(made, doc=replace(made.doc, cluster=f"c{i // 10}"), metrics={"cost": (10.0, float(i >= 20))})
        for i, made in enumerate(baseline_records())
    ]
    found = {row.label: row for row in comparison_slices(records, records, info).rows if row.group == "template"}
    assert found["c0"].value is found["c0"].baseline is found["c0"].p_adjusted is None
    assert found["c3"].value == 0.0
    assert {row.label: row.value for row in run_slices(records, info).rows}["c0"] is None


def test_a_gate_on_a_number_without_a_range_is_told_in_its_units():
    comparison, before, after = compared()
    sides = [replace(side, primary="words") for side in (comparison.baseline, comparison.candidate)]
    made = compare(sides[0], before, sides[1], after, margin=0.5)
    view = comparison_view(made, before, after)
    for page in (comparison_page(view), comparison_html(view, before, after)):
        assert "A loss of up to 0.50 is tolerated" in page
        assert "50.0 points" not in page


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=8))
def test_every_end_of_an_interval_lies_on_the_axis_in_order(ends):
    axis = svg.difference_axis(ends)
    places = [axis.place(end) for end in sorted(ends)]
    assert places == sorted(places)
    assert all(svg.MARGIN <= place <= 100 - svg.MARGIN for place in places)
    assert axis.place(0) == pytest.approx(50)
    assert max(map(abs, ends)) <= axis.high + 1e-9
    assert all(axis.low <= tick <= axis.high for tick in axis.ticks)


def test_drawings_hold_numbers_only():
    drawn = svg.interval(svg.share_axis(), 50, 40, 60, tone="plain", solid=True)
    assert 'cx="50.00%"' in drawn
    one = charts.Series(name="loss", points=((0.0, 1.0),))
    assert "nan" not in charts.chart([one], charts.scale_of([1.0]), (0.0, 0.0), ("0", "step", "0"))


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=6), st.booleans())
def test_the_scale_of_a_chart_holds_its_values_at_a_few_even_gridlines(values, from_zero):
    scale = charts.scale_of(values, from_zero=from_zero)
    slack = 1e-9 * max(1.0, *map(abs, values))
    assert scale.low - slack <= min(values)
    assert max(values) <= scale.high + slack
    assert 2 <= len(scale.ticks) <= 6
    steps = [after - before for before, after in pairwise(scale.ticks)]
    assert all(step == pytest.approx(steps[0], rel=1e-3) for step in steps)
    if from_zero:
        assert scale.low <= 0


def test_labels_of_a_chart_are_text_even_where_they_look_like_markup():
    line = charts.Series(name="loss", points=((0.0, 1.0), (1.0, 2.0)))
    drawn = charts.chart([line], charts.scale_of([1.0, 2.0]), (0.0, 1.0), ("<b>", "step", "1"))
    assert "&lt;b&gt;" in drawn


@given(st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=30))
def test_offsets_count_what_a_browser_counts(text):
    place = browser_offsets(text)
    for i in range(len(text) + 1):
        assert place(i) == len(text[:i].encode("utf-16-le")) // 2


def test_visible_text_shows_what_hides():
    assert visible("a\x00\u202e\u200b\nb\tc") == "a␀⟨U+202E⟩⟨U+200B⟩\nb\tc"


def test_disagreeing_scorers_are_counted_and_named():
    right, wrong = Score(value=1.0, outcome="correct"), Score(value=0.0, outcome="wrong")
    records = [
        with_scores(record(doc(1), reply(1, 2)), lm_eval_strict=wrong),
        with_scores(record(doc(2), reply(2, 4)), lm_eval_strict=right),
        with_scores(record(doc(3), reply(3, 9)), lm_eval_strict=right),
        with_scores(
            record(doc(4), "x"), final_answer=Score(value=None, outcome="not_scored"), lm_eval_strict=right
        ),  # what we could not score is no disagreement
    ]
    (found,) = agreements(records)
    assert (found.both_right, found.only_ours, found.only_theirs, found.both_wrong) == (1, 1, 1, 0)
    assert found.doc_ids == ("q/1", "q/3")
    assert found.n == 3
    assert [disagrees(made) for made in records] == [True, False, True, False]
    assert agreements(baseline_records()) == []


def test_provenance_names_settings_tokens_and_what_differs():
    records = [record(doc(i), reply(i, 2 * i), prompt_tokens=10, completion_tokens=20 + i) for i in range(4)]
    first = finished("base", records, settings=GenerationSettings(temperature=0.7, top_p=0.9, repeats=2, seed=3))
    second = finished("tuned", records)
    rows = {fact.name: fact for fact in facts([first, second], [records, records])}
    assert rows["settings"].values == (
        "temperature 0.7, top-p 0.9, top-k 0, at most 512 new tokens, 2 repeats, seed 3",
        "greedy, at most 512 new tokens, seed 0",
    )
    assert rows["settings"].differs
    assert rows["completion tokens"].values[0] == "86 (22 a completion)"
    assert not rows["data hash"].differs
    assert "tokenizer" not in rows  # neither run knows one


def test_runs_of_one_model_are_told_apart_by_id():
    records = baseline_records()
    first, second = finished("m", records), replace(finished("m", records), id="m-2")
    assert side_names([first, second]) == ("m (m)", "m (m-2)")


def test_a_path_is_called_by_its_last_folder_that_says_something():
    records = baseline_records()
    runs = [finished(f"/runs/a/arms/{arm}/model", records) for arm in ("reasoning-answer", "answer-only")]
    assert side_names(runs) == ("reasoning-answer", "answer-only")
    same = [finished(f"/runs/{run}/arms/answer-only/model", records) for run in ("a", "b")]
    assert side_names(same) == ("/runs/a/arms/answer-only/model", "/runs/b/arms/answer-only/model")
    assert side_names([finished("google/gemma-3-1b-it", records)]) == ("google/gemma-3-1b-it",)
    assert side_names([finished("t/arms/answer-only/model", records)]) == ("answer-only",)


def test_a_comparison_shows_form_and_reasoning_beside_its_primary_metric_at_a_glance():
    comparison, before, after = compared()
    assert [d.metric.name for d in comparison_view(comparison, before, after).glance] == ["accuracy", "compliant"]


def test_history_lists_runs_links_pages_and_draws_checkpoints(tmp_path):
    records = baseline_records()
    found = []
    for i, step in enumerate((100, 200)):
        run = finished(f"run{i}", records)
        run = replace(run, model=replace(run.model, detail={"training_step": step}))
        (tmp_path / run.id).mkdir()
        found.append((run, tmp_path / run.id))
    (tmp_path / "run1" / "report.html").write_text("x", encoding="utf-8")
    (tmp_path / "run1" / "comparison.html").write_text("x", encoding="utf-8")
    (tmp_path / "runs").mkdir()
    for run, folder in found:
        (tmp_path / "runs" / run.id).symlink_to(folder)
    found = [(run, tmp_path / "runs" / run.id) for run, _ in found]
    page = history_html(found, tmp_path / "runs")
    assert '<a href="run1/report.html">run1</a>' in page
    assert 'href="run1/comparison.html">compared</a>' in page
    assert '<th scope="row">run0</th>' in page
    assert "step 100: 50.0%, step 200: 50.0%" in page
    assert page.count("50.0%") >= 4


@pytest.mark.parametrize(
    ("swapped", "margin", "said"),
    [
        (False, 0.02, "Gate passed: the candidate may ship"),
        (True, 0.0, "Gate failed: do not ship"),
        (True, 0.15, "Gate inconclusive: not shown either way"),
    ],
)
def test_a_gate_says_whether_the_candidate_may_ship(swapped, margin, said):
    comparison, before, after = compared()
    sides = [(comparison.baseline, before), (comparison.candidate, after)]
    (base, base_records), (candidate, records) = reversed(sides) if swapped else sides
    made = compare(base, base_records, candidate, records, margin=margin)
    view = comparison_view(made, base_records, records)
    for page in (comparison_page(view), comparison_html(view, base_records, records)):
        assert page.count(said) == 1
        assert page.count("Gate ") == 1


def test_one_doc_is_no_docs():
    assert [counted(n, "doc") for n in (0, 1, 2, 1319)] == ["0 docs", "1 doc", "2 docs", "1,319 docs"]
    records = baseline_records()[:1]
    page = run_page(run_view(finished("base", records), records))
    assert " on 1 doc" in page
    assert "1 docs" not in page
