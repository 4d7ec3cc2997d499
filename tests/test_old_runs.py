"""Run folders that an earlier commit wrote are resumed, compared and rendered as that commit did, byte for byte.

They stand for the folders on people's disks; `fixtures/old_runs/README.md` says how they were made, and why never anew.
"""

from __future__ import annotations

import base64
import difflib
import gzip
import hashlib
import json
import re
import shlex
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.core.scorer import Scorer

OLD = Path(__file__).parent / "fixtures" / "old_runs"
KEPT, EXPECTED = OLD / "kept", OLD / "expected"
SHOWN_LINES = 60
"""Of a difference."""
LONGEST = 400
"""Characters of one line of a difference."""

MOVING = {
    "started": r'"[^"]+"',
    "finished": r'"[^"]+"',
    "git_sha": r'"[^"]*"',
    "versions": r"\{[^}]*\}",
}
"""What differs between two makings of one run (when, at which commit, with which packages), and how it is written in
run.json. Pages and comparisons of old runs repeat what the old run.json says: nothing in them may move."""


def normalised(run_json: str) -> str:
    """A run.json with the name of each moving value in its place; a run that is not finished stays so."""
    for name, written in MOVING.items():
        run_json = re.sub(rf'(?<="{name}": ){written}', f'"<{name}>"', run_json)
    return run_json


def without_additions(run_json: str) -> str:
    """A run.json that was written today as the old commit would have: runs are given an identity since."""
    return re.sub(r',\n  "identity": \{[^}]*\}', "", run_json)


def unpacked(page: str) -> str:
    """An HTML page as text in which a difference can be read: its data one value a line, style and script as a hash."""
    page = re.sub(r"(?<=<style>).*?(?=</style>)", _digest, page, flags=re.DOTALL)
    page = re.sub(r"(?<=<script>).*?(?=</script>)", _digest, page, flags=re.DOTALL)
    return re.sub(r'(?<=id="data">)[^<]*', _data, page)


def _digest(found: re.Match[str]) -> str:
    return hashlib.sha256(found.group().encode()).hexdigest()


def _data(found: re.Match[str]) -> str:
    document = json.loads(gzip.decompress(base64.b64decode(found.group())))
    return "\n" + json.dumps(document, ensure_ascii=False, indent=0, separators=(",", ":")) + "\n"


def without_runs(comparison_json: str) -> str:
    """What `compare --json` printed, less the two runs: their names stand in their place."""
    document = json.loads(comparison_json)
    for side in ("baseline", "candidate"):
        document[side] = document[side]["run"]["id"]
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def diff(name: str, before: str, after: str) -> str:
    """What became of the text called `name`, cut to what a person reads; empty where nothing did."""
    if before == after:
        return ""
    lines = list(
        difflib.unified_diff(before.splitlines(), after.splitlines(), f"{name} of old", "today", n=1, lineterm="")
    )
    shown = [line[:LONGEST] for line in lines[:SHOWN_LINES]]
    more = [f"... {len(lines) - SHOWN_LINES} lines more"] if len(lines) > SHOWN_LINES else []
    return "\n".join([*shown, *more]) or f"{name}: line ends differ"


def difference(name: str, seen: str) -> str:
    """What `seen` has otherwise than the expected output `name`."""
    return diff(name, (EXPECTED / name).read_text(encoding="utf-8"), seen)


def check(name: str, seen: str) -> None:
    """Fail with a diff where `seen` is not the expected output; `seen` is left in the test's folder."""
    found = difference(name, seen)
    if found:
        Path(name).write_text(seen, encoding="utf-8")
        pytest.fail(f"{found}\n\nwhat was seen is in {Path(name).resolve()}", pytrace=False)


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """A copy of the old folders, where commands look for runs."""
    return Path(shutil.copytree(KEPT, tmp_path / "runs"))


@pytest.fixture
def ran(harness, runs, monkeypatch):
    """Runs a command that must succeed beside the old folders; gives what it printed, without colours."""
    for forced in ("FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(forced, raising=False)

    def run(*arguments: object) -> str:
        done = harness(*arguments)
        assert done.code == 0, done.err
        return done.out

    return run


def check_file(old: Path, new: Path) -> None:
    """Fail with a diff where a file of a run folder is not what it was; of run.json what may move is left out."""
    before, after = old.read_text(encoding="utf-8"), new.read_text(encoding="utf-8")
    if new.name == "run.json":
        before, after = normalised(before), normalised(after)
    found = diff(new.name, before, after)
    if found:
        pytest.fail(found, pytrace=False)


def document(name: str) -> dict[str, Any]:
    """An old run.json as commands print it: the run, and its estimates beside it."""
    run = json.loads((KEPT / name / "run.json").read_text(encoding="utf-8"))
    del run["format"]
    return {"estimates": run.pop("estimates"), "run": run}


# --- resumed -----------------------------------------------------------------------------------------


VERSIONS = {"final_answer": "2", "step_validity": "1", "structure": "2"}
"""Of the scorers at the commit of the old runs."""


@pytest.fixture
def scorers_as_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scorers name the versions of then: a newer one has what was drawn scored anew, which other tests hold, and that
    would hide what else a resume changes."""
    own = Scorer.identity.fget

    def identity(scorer: Scorer) -> str:
        return own(replace(scorer, version=VERSIONS.get(scorer.name, scorer.version)))

    monkeypatch.setattr(Scorer, "identity", property(identity))


@pytest.mark.usefixtures("scorers_as_then")
def test_a_stopped_run_draws_what_it_lacks_and_what_had_failed(ran, runs):
    old = (KEPT / "stopped" / "records.jsonl").read_text(encoding="utf-8")
    whole_lines = old[: old.rindex("\n") + 1]
    assert '"finish":"error"' in whole_lines
    assert whole_lines != old
    ran("run", "--resume", "stopped")
    journal = (runs / "stopped" / "records.jsonl").read_text(encoding="utf-8")
    assert journal.startswith(whole_lines)
    check("drawn.jsonl", journal[len(whole_lines) :])


@pytest.mark.usefixtures("scorers_as_then")
def test_a_stopped_run_ends_as_one_that_nobody_stopped(ran, runs):
    before = document("stopped")["run"]
    ran("run", "--resume", "stopped")
    check_file(EXPECTED / "resumed.json", runs / "stopped" / "run.json")
    after = json.loads((runs / "stopped" / "run.json").read_text(encoding="utf-8"))
    assert after["started"] == before["started"]
    assert after["finished"] > before["finished"] == ""


@pytest.mark.usefixtures("scorers_as_then")
@pytest.mark.parametrize("name", ["base", "tuned"])
def test_a_finished_run_is_estimated_and_probed_as_it_was_and_drawn_no_further(ran, runs, name):
    if (KEPT / name / "lm_eval.json").exists():
        pytest.importorskip("lm_eval", reason="lm-eval is not installed")
    for made_again in ("probes.json", "lm_eval.json"):
        (runs / name / made_again).unlink(missing_ok=True)
    ran("run", "--resume", name)
    for old in sorted((KEPT / name).iterdir()):
        check_file(old, runs / name / old.name)


@pytest.mark.usefixtures("scorers_as_then")
def test_completions_made_elsewhere_are_scored_as_they_were(harness, tmp_path):
    shutil.copy(OLD / "elsewhere.jsonl", tmp_path)
    command = document("elsewhere")["run"]["command"]
    assert harness(*shlex.split(command)[1:]).code == 0
    made = tmp_path / "runs" / "elsewhere"
    run_json = (made / "run.json").read_text(encoding="utf-8")
    (made / "run.json").write_text(without_additions(run_json), encoding="utf-8")
    records = (made / "records.jsonl").read_text(encoding="utf-8")
    (made / "records.jsonl").write_text(re.sub(r',"check":"[0-9a-f]{8}"(?=}$)', "", records, flags=re.M), "utf-8")
    for name in ("run.json", "records.jsonl"):
        check_file(KEPT / "elsewhere" / name, made / name)


# --- compared and listed -----------------------------------------------------------------------------

PRINTED = {
    "compare.txt": ("compare", "base", "tuned", "--no-report"),
    "compare_elsewhere.txt": ("compare", "tuned", "elsewhere", "--no-report", "--allow", "prompt,settings"),
    "history.txt": ("history",),
}


@pytest.mark.parametrize("name", PRINTED)
def test_what_is_printed_of_old_runs_is_what_was(ran, name):
    check(name, ran(*PRINTED[name]))


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("compare.txt", "noise floor of scripted-slip: no answer flips by numerics alone"),
        ("compare_elsewhere.txt", "noise floor of elsewhere: "),
    ],
)
def test_the_old_noise_floors_are_found(ran, name, sentence):
    assert sentence in ran(*PRINTED[name])


def test_the_comparison_as_json_is_what_it_was(ran):
    printed = ran("compare", "base", "tuned", "--json", "--no-report")
    sides = json.loads(printed)
    assert sides["baseline"] == document("base")
    assert sides["candidate"] == document("tuned")
    check("compare.json", without_runs(printed))


def test_history_as_json_is_the_old_run_files_newest_first(ran):
    listed = []
    for name in ("stopped", "elsewhere", "tuned", "base"):
        old = document(name)
        listed.append({"run": old["run"] | {"path": f"runs/{name}"}, "estimates": old["estimates"]})
    expected = json.dumps({"runs": listed}, ensure_ascii=False, indent=2) + "\n"
    assert diff("history --json", expected, ran("history", "--json")) == ""


# --- rendered ----------------------------------------------------------------------------------------

PAGES = {
    "comparison": ("base", "tuned"),
    "report_base": ("base",),
    "report_elsewhere": ("elsewhere",),
    "report_stopped": ("stopped",),
}
HTML = {"comparison", "report_base"}
"""Pages that are kept as HTML too; the others would add kilobytes and no section."""


@pytest.mark.parametrize("name", PAGES)
def test_the_pages_of_old_runs_are_what_they_were(ran, name):
    ran("report", *PAGES[name], "--out", "pages")
    page = Path("pages", "comparison" if name == "comparison" else "report")
    check(f"{name}.md", page.with_suffix(".md").read_text(encoding="utf-8"))
    if name in HTML:
        check(f"{name}.page.txt", unpacked(page.with_suffix(".html").read_text(encoding="utf-8")))


# --- the guard itself --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "old", "new", "name"),
    [
        ("base/records.jsonl", '"accuracy":0.0', '"accuracy":1.0', "compare.txt"),
        ("tuned/run.json", '"n_docs": 9', '"n_docs": 8', "history.txt"),
        ("elsewhere/records.jsonl", '"accuracy":1.0', '"accuracy":0.0', "compare_elsewhere.txt"),
        ("noise/*/noise.json", '"n_docs": 9', '"n_docs": 8', "compare.txt"),
    ],
)
def test_one_number_changed_in_an_old_folder_is_refused_or_shows(harness, runs, file, old, new, name):
    for path in runs.glob(file):
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
    done = harness(*PRINTED[name])
    refused = done.code == 2 and "do not follow from its records" in done.err
    assert refused or "\n+" in difference(name, done.out)


def test_only_what_a_second_making_may_change_is_passed_over():
    text = (KEPT / "base" / "run.json").read_text(encoding="utf-8")
    before, after = json.loads(text), json.loads(normalised(text))
    assert {key for key in before if before[key] != after[key]} == set(MOVING)
