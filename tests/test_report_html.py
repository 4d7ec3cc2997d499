"""The HTML pages: one offline file, the same numbers as Markdown and run.json, and nothing a model wrote can run."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from report_runs import baseline_records, both, compared, doc, finished, kept, record

from harness.comparison.compare import compare
from harness.core import words
from harness.store.folder import read_run, write_run
from reports.html import SCRIPTS, comparison_html, run_html, script, typeset
from reports.sections.training import read_training
from reports.view import comparison_view, run_view
from reports.write import write_comparison, write_run_report

HOSTILE = (
    "<script>document.title='owned'</script>",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    "&lt;b&gt; &amp; &#60;",
    "\u202ereversed\u2066 \u2028 \x00 \u200b",
    "]]> <!-- --> {{ 7*7 }} {% raw %}",
    "\ud800 lone surrogate",
)


class Page(HTMLParser):
    """The tables of a page by name, each a list of rows of cell texts, and every tag with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._table: list[list[str]] | None = None
        self._cell = False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.tags.append((tag, found))
        if tag == "table":
            self._table = self.tables.setdefault(found.get("data-table") or "", [])
        elif tag == "tr" and self._table is not None:
            self._table.append([])
        elif tag in ("td", "th") and self._table is not None:
            self._table[-1].append("")
            self._cell = True

    def handle_endtag(self, tag):
        if tag == "table":
            self._table = None
        elif tag in ("td", "th"):
            self._cell = False

    def handle_data(self, data):
        if self._cell and self._table:
            self._table[-1][-1] += data.replace("−", "-").replace("\u00a0", " ")  # pages set what Markdown pastes


def page_of_comparison(**changes) -> str:
    comparison, before, after = compared(**changes)
    return comparison_html(comparison_view(comparison, before, after), before, after)


def page_of_run(records, name="base") -> str:
    return run_html(run_view(finished(name, records), records), records)


def data_of(page: str) -> dict:
    found = re.search(r'<script type="text/plain" id="data">([A-Za-z0-9+/=]*)</script>', page)
    assert found
    return json.loads(gzip.decompress(base64.b64decode(found.group(1))))


def markdown_table(page: str, first: str) -> list[list[str]]:
    """Rows of the Markdown table whose head starts with `first`."""
    lines = page[page.index(f"| {first} |") :].splitlines()
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
    return [rows[0], *rows[2:]]


def test_html_markdown_and_run_json_agree(tmp_path):
    comparison, before, after = compared()
    for side, run in (("base", comparison.baseline), ("tuned", comparison.candidate)):
        (tmp_path / side).mkdir()
        write_run(tmp_path / side, run)
    write_comparison(both(comparison, before, after, tmp_path), tmp_path)
    html = Page((tmp_path / "comparison.html").read_text(encoding="utf-8"))
    markdown = markdown_table((tmp_path / "comparison.md").read_text(encoding="utf-8"), "metric")[1:]
    shown = html.tables["differences"][1:]
    assert [row[0] for row in shown] == [row[0] for row in markdown] == ["accuracy", "compliant"]
    for row, told in zip(shown, markdown, strict=True):
        assert [row[3], *row[5:]] == told[3:]  # difference, interval, p, adjusted p, n
        for column, side in ((1, "base"), (2, "tuned")):
            stored = read_run(tmp_path / side).estimates[row[0]]
            assert row[column] == words.value(stored.value, "binary")
            assert told[column] == words.estimate(stored, "binary")
        difference = comparison.differences[row[0]]
        assert row[3] == words.change(difference.value, "binary")


def test_losses_parts_and_square_agree_with_markdown(tmp_path):
    comparison, before, after = compared()
    write_comparison(both(comparison, before, after, tmp_path), tmp_path)
    html = Page((tmp_path / "comparison.html").read_text(encoding="utf-8"))
    markdown = (tmp_path / "comparison.md").read_text(encoding="utf-8")
    losses = [
        [row[0], *(re.sub(r"(\S+) (\S+)", r"\1 (\2)", cell) for cell in row[2:])] for row in html.tables["losses"][1:]
    ]
    assert losses == markdown_table(markdown, "completions")[1:]
    parts = [row for row in html.tables["slices"][1:] if len(row) > 1]
    assert [[*row[1:5], *row[6:]] for row in parts] == [row[1:] for row in markdown_table(markdown, "part")[1:]]
    primary = comparison.differences["accuracy"]
    square = [re.sub(r"\D", "", cell) for row in html.tables[""][1:] for cell in row[1:]]
    assert square == [str(n) for n in (primary.both_right, primary.broken, primary.fixed, primary.both_wrong)]


def test_a_run_page_agrees_with_its_estimates():
    records = baseline_records()
    run = finished("base", records)
    page = Page(run_html(run_view(run, records), records))
    shown = {row[0]: row for row in [*page.tables["estimates"][1:], *page.tables["diagnostics"][1:]]}
    kinds = {info.name: info.kind for info in run.metrics}
    assert set(shown) == set(run.estimates)
    for name, row in shown.items():
        found = run.estimates[name]
        assert row[1] == words.value(found.value, kinds[name])
        assert row[3] == words.interval(found.low, found.high, kinds[name])


def test_every_cell_of_the_square_counts_its_questions():
    questions = data_of(page_of_comparison())["questions"]
    comparison, _, _ = compared()
    primary = comparison.differences["accuracy"]
    counts = {kind: sum(q["k"] == kind for q in questions) for kind in ("both_right", "fixed", "broken", "both_wrong")}
    assert counts == {kind: getattr(primary, kind) for kind in counts}


def test_the_policy_allows_this_style_and_script_and_nothing_else():
    page = page_of_comparison()
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy
    rules = dict(rule.strip().split(" ", 1) for rule in policy.group(1).replace("&#39;", "'").split(";"))
    style = re.search(r"<style>(.*?)</style>", page, re.S)
    assert style
    for name, text in (("style-src", style.group(1)), ("script-src", script(*SCRIPTS))):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert rules[name] == f"'sha256-{digest}'"
    assert f"<script>{script(*SCRIPTS)}</script>" in page
    assert rules["default-src"] == "'none'"


@pytest.mark.parametrize("which", ["comparison", "run"])
def test_a_page_loads_nothing_and_holds_no_inline_handlers(which):
    page = page_of_comparison() if which == "comparison" else page_of_run(baseline_records())
    for tag, attributes in Page(page).tags:
        assert tag not in ("link", "iframe", "object", "embed", "base", "form")
        assert not {"src", "style", "srcdoc", "action"} & attributes.keys()
        assert not [name for name in attributes if name.startswith("on")]
        assert (attributes.get("href") or "#").startswith("#")
    assert "http://" not in page
    assert "https://" not in page


def test_scripts_never_write_markup():
    text = script(*SCRIPTS)
    for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "fetch("):
        assert word not in text
    assert "</script" not in text.lower()


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_is_data_wherever_it_comes_from(hostile):
    asked = replace(
        doc(1), id=f"id {hostile}", question=hostile, target=hostile, gold_reasoning=hostile, cluster=hostile
    )
    records = [record(asked, hostile), record(doc(2), "<answer>4</answer>")]
    page = page_of_run(records, name=f"model {hostile}")
    assert [tag for tag, _ in Page(page).tags].count("script") == 2  # ours and the data's
    assert not [tag for tag, _ in Page(page).tags if tag in ("img", "b", "i")]
    page.encode("utf-8")
    question = next(q for q in data_of(page)["questions"] if q["k"] == "wrong")
    assert question["s"][0][0]["x"] == hostile.replace("\ud800", "\ufffd")


def test_controls_and_bidi_marks_are_visible_without_javascript():
    page = page_of_run([record(doc(1), "x"), record(doc(2), "y")], name="a\u202eb\x00c")
    assert "a⟨U+202E⟩b␀c" in page
    assert "\u202e" not in page
    assert "\x00" not in page


def test_spans_are_in_units_of_the_browser():
    text = "😀😀\nSo 1 + 1 = 2.\n<answer>2</answer>"
    records = [record(doc(1), text), record(doc(2), "no")]
    shown = data_of(page_of_run(records))["questions"][0]["s"][0][0]
    units = text.encode("utf-16-le")
    start, end = shown["at"]
    assert units[2 * start : 2 * end].decode("utf-16-le") == "2"
    (_, first, _, _), (second, _, _, statements) = shown["v"]
    assert (first, second) == (4, 5)
    assert units[2 * statements[0][0] : 2 * statements[0][1]].decode("utf-16-le") == "1 + 1 = 2"


def test_pages_without_step_validity_say_right_and_wrong():
    records = [replace(r, scores={"final_answer": r.scores["final_answer"]}) for r in baseline_records()]
    page = Page(page_of_run(records))
    assert [row[0] for row in page.tables["losses"][1:]] == ["all", "wrong", "right"]


def test_repeats_are_kept_under_their_question():
    records = [record(doc(i), f"<answer>{2 * i if k else 0}</answer>", repeat=k) for i in (1, 2) for k in range(3)]
    questions = data_of(page_of_run(records))["questions"]
    assert [len(question["s"][0]) for question in questions] == [3, 3]


def test_training_curves_stand_where_the_run_folder_has_metrics(tmp_path):
    rows = [
        {"step": i, "loss": 2 / (i + 1), "learning_rate": 1e-4, "eval_loss": 1.5 if i % 5 == 0 else None}
        for i in range(20)
    ]
    lines = [json.dumps(row) for row in rows] + ['{"step": 20, "loss": 0.0']
    (tmp_path / "train_metrics.jsonl").write_text("\n".join(lines), encoding="utf-8")
    training = read_training(tmp_path / "train_metrics.jsonl")
    assert training is not None
    assert [label for label, _ in training.charts] == ["loss", "learning rate"]
    records = baseline_records()
    write_run_report(kept(finished("base", records), records, tmp_path), tmp_path)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.count('<svg class="chart"') == 2
    assert "ends at 0.1" in page
    assert "<span>0</span><span>step</span><span>19</span>" in page
    assert read_training(tmp_path / "none.jsonl") is None


def test_the_metric_probed_during_training_is_drawn_with_its_interval_and_n(tmp_path):
    rows = [
        {"step": i, "eval_loss": 1.0, "compliant": i / 10, "compliant_low": 0.0, "compliant_high": 1.0} for i in (0, 5)
    ]
    lines = "".join(json.dumps(row | {"compliant_docs": 64}) + "\n" for row in rows)
    (tmp_path / "train_metrics.jsonl").write_text(lines, encoding="utf-8")
    training = read_training(tmp_path / "train_metrics.jsonl", "compliant")
    assert training is not None
    assert training.probed is not None
    assert training.probed.points == ((0.0, 0.0), (5.0, 0.5))
    assert training.probed.ends == ((0.0, 1.0), (0.0, 1.0))
    comparison, before, after = compared()
    page = comparison_html(comparison_view(comparison, before, after), before, after, training)
    assert "compliant during training" in page
    assert "on 64 docs, with 95% intervals" in page
    assert '<polygon class="band main"' in page


def test_ten_thousand_logged_steps_are_thinned_to_what_a_chart_shows(tmp_path):
    path = tmp_path / "train_metrics.jsonl"
    path.write_text("".join(f'{{"step": {i}, "loss": {i}}}\n' for i in range(10_000)), encoding="utf-8")
    training = read_training(path)
    assert training is not None
    ((_, ((_, points),)),) = training.charts
    assert len(points) <= 401
    assert points[-1] == (9999.0, 9999.0)


def test_the_rendered_prompt_is_shown_with_its_token_ids():
    records = baseline_records()
    run = finished("base", records)
    example = {"text": "<start_of_turn>user\nWhat is <b>?", "token_ids": [2, 105, 2364]}
    run = replace(run, model=replace(run.model, detail={"example_prompt": example}))
    page = run_html(run_view(run, records), records)
    assert "&lt;start_of_turn&gt;user\nWhat is &lt;b&gt;?" in page
    assert "2 105 2364" in page


def test_equal_prompts_that_two_tokenizers_split_differently_are_both_shown():
    records = baseline_records()
    made = [finished(name, records) for name in ("base", "tuned")]
    first, second = (
        replace(run, model=replace(run.model, detail={"example_prompt": {"text": "Hello?", "token_ids": ids}}))
        for run, ids in zip(made, ([2, 7], [2, 8, 9]), strict=True)
    )
    prompts = comparison_view(compare(first, records, second, records), records, records).common.prompts
    assert [prompt.token_ids for prompt in prompts] == [(2, 7), (2, 8, 9)]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("-1.7 to +3.7", "−1.7 to +3.7"),
        ("+1.0 points [-1.7, +3.7], p", "+1.0 points [−1.7,\u00a0+3.7], p"),
        ("gemma-3-1b-it", "gemma-3-1b-it"),
        ("lr 1e-5", "lr 1e-5"),
    ],
)
def test_numbers_are_typeset_and_names_are_not(text, shown):
    assert typeset(text) == shown


def test_parts_are_folded_away_where_none_differs():
    page = page_of_comparison()
    opened = re.search(r"<section id=\"slices\">.*?<details( open)?>", page, re.S)
    comparison, before, after = compared()
    differing = comparison_view(comparison, before, after).common.slices.differing
    assert opened
    assert bool(opened.group(1)) == bool(differing)
    same = compare(comparison.baseline, before, comparison.baseline, before)
    alike = comparison_html(comparison_view(same, before, before), before, before)
    assert "shows a difference once adjusted" in alike
    assert re.search(r"<section id=\"slices\">.*?<details>", alike, re.S)


def test_packages_hold_the_templates_and_scripts():
    folder = Path(__file__).resolve().parent.parent / "reports"
    kinds = {path.suffix for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert kinds == {".py", ".j2", ".css", ".js", ".typed"}
