"""The pages in a real browser: opened from disk, clicked, searched, typed at, printed, and attacked.

Needs playwright and a Chromium; the accessibility tests also axe-core. `make test-pages` fetches axe-core and runs all
of them; AXE_CORE names the folder of another copy. Screenshots land in HARNESS_SCREENSHOTS, or in the test folder.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from report_runs import both, compared, doc, finished, kept, record, reply

from harness.comparison.compare import compare
from reports.history import write_history
from reports.write import write_comparison, write_run_report

pytestmark = pytest.mark.slow
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
READY = "document.documentElement.dataset.ready === 'true'"


@pytest.fixture(scope="module")
def browser():
    """A headless Chromium."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip(f"no browser: none of {', '.join(BROWSERS)} is installed, and CHROMIUM is not set")
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> Path:
    """The pages of the two small runs."""
    folder = tmp_path_factory.mktemp("pages")
    (folder / "train_metrics.jsonl").write_text(
        "".join(f'{{"step": {i}, "loss": {3 / (i + 1)}, "grad_norm": 1}}\n' for i in range(50)), encoding="utf-8"
    )
    overlaps = [{"doc_id": f"q/{i}", "kind": "exact", "share": 1.0, "places": [], "example": ""} for i in (3, 24)]
    found = {"train": "train.jsonl", "sets": {"gsm8k": {"n_docs": 40, "n_rows": 9, "ngram": 13, "overlaps": overlaps}}}
    (folder / "contamination.json").write_text(json.dumps(found), encoding="utf-8")
    comparison, before, after = compared()
    write_comparison(both(comparison, before, after, folder), folder)
    write_run_report(kept(comparison.candidate, after, folder), folder)
    write_history([(comparison.baseline, folder / "none"), (comparison.candidate, folder)], folder)
    return folder


PAGES = ("comparison.html", "report.html", "history.html")


class Opened:
    """A page with what it asked of the network and what went wrong in it."""

    def __init__(self, context, path: Path, address: str = "") -> None:
        self.page = context.new_page()
        self.requests: list[str] = []
        self.errors: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda message: self.errors.append(message.text))
        self.page.on("dialog", lambda dialog: (self.errors.append(dialog.message), dialog.dismiss()))
        self.page.goto(path.as_uri() + address)
        if context.java_script and self.page.locator("#data").count():
            self.until(READY)

    def until(self, condition: str) -> None:
        """Wait until a JavaScript expression holds; the page's own policy forbids Playwright's polling."""
        for _ in range(200):
            if self.page.evaluate(condition):
                return
            self.page.wait_for_timeout(25)
        raise AssertionError(f"never came true: {condition}")

    @property
    def ids(self) -> list[str]:
        """The questions listed."""
        return self.page.eval_on_selector_all("#list a", "links => links.map(link => link.dataset.id)")

    @property
    def shown(self) -> str:
        """The question whose traces are shown."""
        return self.page.inner_text("#detail .nav a")


@pytest.fixture
def open_page(browser) -> Iterator[object]:
    """Opens a page in a context of its own; `options` are the context's."""
    contexts = []

    def opener(path: Path, address: str = "", **options: object) -> Opened:
        context = browser.new_context(**({"viewport": {"width": 1280, "height": 900}} | options))
        context.java_script = options.get("java_script_enabled", True)
        contexts.append(context)
        return Opened(context, path, address)

    yield opener
    for context in contexts:
        context.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_asks_nothing_of_the_network_and_runs_clean(open_page, pages, name):
    opened = open_page(pages / name)
    opened.page.mouse.wheel(0, 4000)
    assert [url for url in opened.requests if not url.startswith("file:")] == []
    assert len(opened.requests) == 1
    assert opened.errors == []


def test_the_decision_stands_above_the_fold(open_page, pages):
    opened = open_page(pages / "comparison.html")
    box = opened.page.locator("#verdict").bounding_box()
    assert box["y"] < 300
    assert opened.page.locator("#gate").is_visible()


@pytest.mark.parametrize(("kind", "n"), [("both_right", 17), ("broken", 3), ("fixed", 11), ("both_wrong", 9)])
def test_a_cell_of_the_square_lists_its_questions(open_page, pages, kind, n):
    opened = open_page(pages / "comparison.html")
    opened.page.click(f"a.cell[data-show={kind}]")
    opened.until(f"document.querySelectorAll('#list a').length === {n}")
    assert opened.page.get_attribute(f"a.cell[data-show={kind}]", "aria-current") == "true"
    assert opened.shown == opened.ids[0]
    opened.until("Math.abs(document.querySelector('#questions').getBoundingClientRect().top) < 300")


def test_search_finds_words_of_replies_and_says_how_many(open_page, pages):
    opened = open_page(pages / "comparison.html")
    opened.page.fill("#find", "twice 37 NEEDED")
    opened.until("document.querySelectorAll('#list a').length === 1")
    assert opened.ids == ["q/37"]
    assert opened.page.inner_text("#count") == "1 of 40"
    opened.page.fill("#find", "nowhere to be found")
    opened.until("document.querySelector('#list .empty') !== null")
    assert opened.page.inner_text("#detail") == "Nothing to show."


def test_filters_combine_and_the_address_keeps_them(open_page, pages):
    opened = open_page(pages / "comparison.html")
    assert opened.page.inner_text("#flags").startswith("in either run:")
    opened.page.click("#flags [data-has=invalid]")
    opened.page.click("#kinds [data-show=fixed]")
    opened.until("document.querySelectorAll('#list a').length === 3")
    assert sorted(opened.ids) == ["q/20", "q/24", "q/28"]
    again = open_page(pages / "comparison.html", opened.page.evaluate("location.hash"))
    assert sorted(again.ids) == ["q/20", "q/24", "q/28"]
    assert again.page.get_attribute("#flags [data-has=invalid]", "aria-pressed") == "true"


def test_sorting_changes_the_order(open_page, pages):
    opened = open_page(pages / "comparison.html")
    opened.page.select_option("#sort", "id")
    opened.until("document.querySelector('#list a').dataset.id === 'q/0'")
    assert opened.ids[:3] == ["q/0", "q/1", "q/2"]


def test_a_deep_link_shows_its_question(open_page, pages):
    opened = open_page(pages / "comparison.html", "#q=q/24")
    assert opened.shown == "q/24"
    assert opened.page.get_attribute("#list a[data-id='q/24']", "aria-current") == "true"
    opened.page.goto(opened.page.url.split("#")[0] + "#q=q%2F5")
    opened.until("document.querySelector('#detail .nav a').textContent === 'q/5'")


def test_keys_go_to_the_next_and_the_previous_question(open_page, pages):
    opened = open_page(pages / "comparison.html", "#sort=id&q=q/3")
    for key, expected in (("j", "q/4"), ("ArrowRight", "q/5"), ("k", "q/4"), ("ArrowLeft", "q/3")):
        opened.page.keyboard.press(key)
        opened.until(f"document.querySelector('#detail .nav a').textContent === '{expected}'")
    opened.page.keyboard.press("/")
    opened.page.keyboard.type("j")
    assert opened.page.input_value("#find") == "j"


def test_back_returns_to_the_question_before(open_page, pages):
    opened = open_page(pages / "comparison.html", "#q=q/3")
    opened.page.click("#next")
    opened.until("document.querySelector('#detail .nav a').textContent !== 'q/3'")
    opened.page.go_back()
    opened.until("document.querySelector('#detail .nav a').textContent === 'q/3'")


def test_a_trace_points_at_the_error_the_answer_and_the_fault(open_page, pages):
    opened = open_page(pages / "comparison.html", "#q=q/24")
    first = opened.page.locator(".trace").first
    assert first.locator(".tag.i").first.inner_text() == "2 ✗ first error"
    assert "".join(first.locator(".st-i").all_inner_texts()) == "24 + 24 = 49"
    assert "48" in first.locator(".st-i").first.get_attribute("title")
    assert "48 ≠ 49" in first.locator(".aside").first.inner_text()
    assert first.locator("mark").inner_text() == "7"
    assert first.locator(".aside.rule").inner_text() == "the answer tags"
    assert "closed" in first.locator(".reply").inner_text()
    assert first.locator(".faults").inner_text() == "closed: no </answer>"


def test_changed_words_are_marked_and_can_be_hidden(open_page, pages):
    opened = open_page(pages / "comparison.html", "#q=q/24")
    assert opened.page.is_checked("#words")  # most of the text is the same
    changed = opened.page.locator(".trace >> nth=1 >> .changed")
    assert "48" in changed.all_inner_texts()
    opened.page.uncheck("#words")
    assert opened.page.locator(".changed").count() == 0


def test_words_of_two_texts_with_little_in_common_are_marked_on_request(open_page, tmp_path):
    before = [record(doc(i), "One thing or another, and nothing else.") for i in (1, 2)]
    after = [record(doc(i), "Completely different words stand here <answer>2</answer>") for i in (1, 2)]
    runs = finished("base", before), finished("tuned", after)
    write_comparison(both(compare(runs[0], before, runs[1], after), before, after, tmp_path), tmp_path)
    opened = open_page(tmp_path / "comparison.html", "#q=q/1")
    assert not opened.page.is_checked("#words")
    assert opened.page.locator(".changed").count() == 0
    opened.page.check("#words")
    assert opened.page.locator(".changed").count() > 0


def test_without_javascript_decision_tables_and_plots_are_there(open_page, pages):
    opened = open_page(pages / "comparison.html", java_script_enabled=False)
    assert opened.page.locator("#verdict").is_visible()
    assert opened.page.locator("[data-table=differences] svg.interval").first.is_visible()
    assert opened.page.locator("[data-table=losses] svg.fall").first.is_visible()
    assert opened.page.locator("#training svg.chart").count() == 2
    assert not opened.page.locator("#explorer").is_visible()
    assert "needs JavaScript" in opened.page.inner_text("#questions")


def test_repeats_of_a_question_can_be_read_one_by_one(open_page, tmp_path):
    records = [record(doc(i), reply(i, 2 * i + k), repeat=k) for i in (1, 2) for k in range(3)]
    write_run_report(kept(finished("base", records), records, tmp_path), tmp_path)
    opened = open_page(tmp_path / "report.html", "#q=q/1")
    for repeat, answer in (("1", "3"), ("2", "4"), ("0", "2")):
        opened.page.select_option("#detail select", repeat)
        assert opened.page.inner_text(".trace mark") == answer


def test_questions_of_the_training_data_can_be_listed(open_page, pages):
    opened = open_page(pages / "comparison.html")
    opened.page.click("#overlap a")
    opened.until("document.querySelectorAll('#list a').length === 2")
    assert sorted(opened.ids) == ["q/24", "q/3"]


def test_a_reply_of_line_ends_is_no_screen_of_nothing(open_page, tmp_path):
    records = [record(doc(1), "\n" * 400), record(doc(2), "so" + "\n" * 400 + "4"), record(doc(3), "")]
    write_run_report(kept(finished("base", records), records, tmp_path), tmp_path)
    opened = open_page(tmp_path / "report.html", "#q=q/1")
    assert opened.page.inner_text(".reply") == "Only 400 blank characters."
    opened.page.goto(opened.page.url.split("#")[0] + "#q=q/2")
    opened.until("document.querySelector('#detail .nav a').textContent === 'q/2'")
    assert opened.page.inner_text(".reply .ctl") == "400 line ends"
    assert opened.page.locator(".reply").bounding_box()["height"] < 300
    opened.page.goto(opened.page.url.split("#")[0] + "#q=q/3")
    opened.until("document.querySelector('#detail .nav a').textContent === 'q/3'")
    assert opened.page.inner_text(".reply") == "An empty reply."


OWN_TEXT = """e => [...e.childNodes].filter(n => !n.classList?.contains('aside')).map(n => n.textContent).join('')"""

HOSTILE = {
    "tags": "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">",
    "closing": "</script></div></main><script>document.title='owned'</script>",
    "address": "javascript:document.title='owned' [x](javascript:alert(1))",
    "entities": "&lt;b&gt;bold&lt;/b&gt; &amp;amp; &#x3c;script&#x3e;",
    "marks": "a\u202eb\u2066c\u200bd\x00e\u2028f\x1b[31m",
    "long": "x" * 1_000_000,
}


def test_nothing_that_a_model_wrote_can_run_or_hide(open_page, tmp_path):
    docs = {
        name: replace(doc(i), id=name, question=f"{name} {text[:200]}")
        for i, (name, text) in enumerate(HOSTILE.items())
    }
    before = [record(docs[name], text) for name, text in HOSTILE.items()]
    after = [record(docs[name], text + " and more") for name, text in HOSTILE.items()]
    runs = finished("<b>base</b>", before), finished('tuned" onload="alert(1)', after)
    write_comparison(both(compare(runs[0], before, runs[1], after), before, after, tmp_path), tmp_path)
    opened = open_page(tmp_path / "comparison.html")
    for name, text in HOSTILE.items():
        opened.page.goto(opened.page.url.split("#")[0] + f"#q={name}")
        opened.until(f"document.querySelector('#detail .nav a').textContent === '{name}'")
        shown = opened.page.locator(".trace .reply").first
        if name not in ("marks", "long"):
            assert shown.evaluate(OWN_TEXT) == text
    opened.page.goto(opened.page.url.split("#")[0] + "#q=marks")
    opened.until("document.querySelector('#detail .nav a').textContent === 'marks'")
    signs = opened.page.locator(".trace >> nth=0 >> .ctl").all_inner_texts()
    assert signs == ["U+202E", "U+2066", "U+200B", "U+0000", "U+2028", "U+001B"]
    opened.page.goto(opened.page.url.split("#")[0] + "#q=long")
    opened.page.locator(".trace button").first.click()
    assert len(opened.page.inner_text(".trace .reply >> nth=0")) >= 1_000_000
    assert "owned" not in opened.page.title()
    assert opened.errors == []
    assert opened.page.locator("main script, main img, main b b").count() == 0


@pytest.mark.parametrize(
    "attack",
    [
        "document.body.setAttribute('onclick', 'document.title = 1')",
        "document.body.innerHTML = '<img src=x onerror=alert(1)>'",
    ],
)
def test_the_policy_refuses_text_that_would_become_code(open_page, pages, attack):
    opened = open_page(pages / "comparison.html")
    refused = opened.page.evaluate(f"() => {{ try {{ {attack}; return ''; }} catch (error) {{ return error.name; }} }}")
    assert refused == "TypeError"


@pytest.mark.parametrize("name", PAGES)
def test_a_phone_shows_the_page_without_scrolling_sideways(open_page, pages, name):
    opened = open_page(pages / name, "#q=q/24", viewport={"width": 400, "height": 850})
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= 400
    cut = """[...document.querySelectorAll('.wide')].filter(e => e.scrollWidth > e.clientWidth + 1).map(
        e => e.firstElementChild.dataset.table)"""
    assert [table for table in opened.page.evaluate(cut) if table != "overlap"] == []


def test_dark_mode_and_print_change_the_colours(open_page, pages):
    ground = "getComputedStyle(document.body).backgroundColor"
    assert open_page(pages / "comparison.html").page.evaluate(ground) == "rgb(255, 255, 255)"
    dark = open_page(pages / "comparison.html", color_scheme="dark")
    assert dark.page.evaluate(ground) != "rgb(255, 255, 255)"
    dark.page.emulate_media(media="print")
    assert dark.page.evaluate(ground) == "rgb(255, 255, 255)"
    assert not dark.page.locator(".browse").is_visible()
    assert dark.page.locator("#verdict").is_visible()
    assert dark.page.pdf(format="A4").startswith(b"%PDF")


@pytest.fixture(scope="module")
def axe() -> str:
    """The source of axe-core, or a skip."""
    source = Path(os.environ.get("AXE_CORE", ".venv/axe/package")) / "axe.min.js"
    if not source.is_file():
        pytest.skip("axe-core is not there: `make test-pages` fetches it, or set AXE_CORE to its folder")
    return source.read_text(encoding="utf-8")


def serious_faults(opened: Opened, axe: str) -> list[tuple[str, str]]:
    """(rule, element) of what axe-core calls serious or critical, with every fold open."""
    opened.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    opened.page.evaluate(axe)
    found = opened.page.evaluate("axe.run()")
    assert found["passes"], "axe-core looked at nothing"
    return [
        (fault["id"], fault["nodes"][0]["html"])
        for fault in found["violations"]
        if fault["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("width", [400, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_no_serious_fault(open_page, pages, axe, name, scheme, width):
    view = {"color_scheme": scheme, "viewport": {"width": width, "height": 900}}
    assert serious_faults(open_page(pages / name, "#q=q/24", **view), axe) == []


def test_axe_finds_a_fault_that_is_put_in(open_page, pages, axe):
    opened = open_page(pages / "comparison.html")
    opened.page.evaluate(
        "document.querySelector('#find').closest('label').replaceWith(document.querySelector('#find'))"
    )
    opened.page.evaluate("document.querySelector('#find').removeAttribute('placeholder')")
    assert "label" in {rule for rule, _ in serious_faults(opened, axe)}


def test_screenshots_are_kept(open_page, pages, tmp_path):
    folder = Path(os.environ.get("HARNESS_SCREENSHOTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    for name in PAGES:
        for scheme, width in (("light", 1280), ("dark", 1280), ("light", 400)):
            view = {"color_scheme": scheme, "viewport": {"width": width, "height": 900}}
            opened = open_page(pages / name, "#q=q/24", **view)
            path = folder / f"{Path(name).stem}-{scheme}-{width}.png"
            opened.page.screenshot(path=path, full_page=True)
            assert path.stat().st_size > 5_000


@pytest.fixture(scope="module")
def real_page(tmp_path_factory) -> Path:
    """The comparison of two recorded runs of 1,319 questions, or a skip."""
    data = Path(
        os.environ.get("HARNESS_SHARED_DATA", Path(__file__).resolve().parent.parent.parent / "shared" / "data")
    )
    if not (data / "gemma3_1b_it_outputs").is_dir():
        pytest.skip(f"real data not at {data}; set HARNESS_SHARED_DATA to the folder that has it")
    runs = tmp_path_factory.mktemp("runs")
    for name in ("base_think", "sft_lr1e6_prefill"):
        command = [sys.executable, "-m", "harness.cli.main", "score", data / f"gemma3_1b_it_outputs/{name}.jsonl"]
        options = ["--task", "gsm8k", "--data", data / "gsm8k/test.jsonl", "-o", "format=reasoning-answer-tags"]
        scored = ["--prefill", "<reasoning>\\n", "--scorer", "step_validity", "--out", runs / name]
        subprocess.run([*command, *options, *scored], check=True, capture_output=True)
    command = [sys.executable, "-m", "harness.cli.main", "compare", runs / "base_think", runs / "sft_lr1e6_prefill"]
    subprocess.run(command, check=True, capture_output=True)
    return runs / "sft_lr1e6_prefill" / "comparison.html"


@pytest.mark.shared_data
def test_two_real_runs_make_one_small_offline_page_in_which_every_cell_works(open_page, real_page):
    assert real_page.stat().st_size < 4_000_000
    opened = open_page(real_page)
    assert opened.requests == [real_page.as_uri()]
    for kind in ("both_right", "broken", "fixed", "both_wrong"):
        shown = opened.page.inner_text(f"a.cell[data-show={kind}] b")
        opened.page.click(f"a.cell[data-show={kind}]")
        opened.until(f"document.querySelector('#count').textContent === '{shown} of 1,319'")
    opened.page.click("#kinds [data-show='']")
    opened.page.fill("#find", "vanishing points 100 widgets")
    opened.until("document.querySelector('#count').textContent === '0 of 1,319'")
    assert opened.errors == []


@pytest.mark.shared_data
def test_the_list_of_a_real_run_is_drawn_as_it_is_scrolled(open_page, real_page):
    opened = open_page(real_page)
    assert len(opened.ids) == 150
    opened.page.evaluate("document.querySelector('#list').scrollTop = 1e6")
    opened.until("document.querySelectorAll('#list a').length === 300")
    deep = open_page(real_page, "#sort=id&q=gsm8k-test-1318")
    assert deep.shown == "gsm8k-test-1318"
    assert deep.page.locator("#list a[aria-current]").is_visible()


@pytest.mark.shared_data
def test_axe_finds_no_serious_fault_in_a_real_page(open_page, real_page, axe):
    assert serious_faults(open_page(real_page, "#show=broken"), axe) == []
