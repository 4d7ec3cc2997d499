"""The front door's verbs for runs: names or objects in, records out, nothing printed."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import harness
from harness.backends.scripted.backend import ScriptedBackend
from harness.core.records import Completion, GenerationSettings, ModelInfo, Request
from harness.store.folder import RECORDS_FILE
from reports.inline.lines import MOST_LINES


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def run() -> harness.StoredRun:
    return harness.evaluate("two_digit_addition", "scripted:careful", limit=6)


def sums() -> harness.Task:
    docs = tuple(harness.Doc(id=str(i), question=f"What is {i} + {i}?", target=str(2 * i)) for i in range(1, 5))
    return harness.Task(name="sums", docs=docs, scorers=(harness.final_answer(),))


class Parrot:
    """A backend of the user's own: says the same to everything, and counts how often it was asked and closed."""

    def __init__(self, says: str = "The answer is 4.") -> None:
        self.says, self.asked, self.closed = says, 0, 0

    @classmethod
    def from_spec(cls, name: str, options: object, task: object) -> Parrot:
        return cls()

    def describe(self) -> ModelInfo:
        return ModelInfo(name="parrot", fingerprint=f"says {self.says}")

    def generate(self, requests: list[Request], settings: GenerationSettings) -> Iterator[Completion]:
        for request in requests:
            self.asked += 1
            yield Completion(doc_id=request.doc_id, repeat=request.repeat, text=self.says)

    def close(self) -> None:
        self.closed += 1


def test_a_task_by_name_becomes_a_run_in_a_folder_of_its_own(run):
    assert run.path.parent == Path("runs")
    assert (run.path / "run.json").is_file()
    assert run.estimate().n_docs == run.estimate("accuracy").n_docs == len(run.records) == 6
    assert run.run.invocation["task"] == "two_digit_addition"
    assert run.run.invocation["limit"] == 6


def test_the_run_folder_is_that_of_the_command(run, harness, monkeypatch):
    done = harness("run", "--task", "two_digit_addition", "--model", "scripted:careful", "--limit", 6, "--out", "typed")
    assert done.code == 0
    typed = json.loads(Path("typed/run.json").read_text())
    verb = json.loads((run.path / "run.json").read_text())
    for document in (typed, verb):
        document["identity"]["seal"] = ""  # over all that differs
    differs = {key for key in typed if typed[key] != verb[key]}
    assert differs <= {"id", "command", "started", "finished"}
    assert typed["invocation"] == verb["invocation"]


def test_verbs_print_nothing(run, capsys):
    other = harness.evaluate("two_digit_addition", "scripted:slip,rate=0.5", limit=6, probes=["injected-slip"])
    found = harness.compare(run, other, margin=0.1)
    harness.report(found, "pages")
    harness.list_runs()
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "")


def test_a_task_and_a_backend_may_be_objects():
    parrot = Parrot()
    made = harness.evaluate(sums(), parrot)
    assert [record.scores["final_answer"].outcome for record in made.records] == ["wrong", "correct", "wrong", "wrong"]
    assert made.run.task == "sums"
    assert made.run.model.name == "parrot"
    assert (parrot.asked, parrot.closed) == (4, 0), "a backend that was handed over is its owner's to close"


def test_options_of_a_task_that_is_an_object_are_refused():
    with pytest.raises(harness.UserError, match="already built"):
        harness.evaluate(sums(), Parrot(), options={"n": 3})


def test_an_object_that_is_no_model_is_refused():
    with pytest.raises(harness.UserError, match="a dict is no model"):
        harness.evaluate(sums(), {})


def test_a_run_of_objects_goes_on_only_with_the_same_objects():
    made = harness.evaluate(sums(), Parrot())
    lines = (made.path / RECORDS_FILE).read_text().splitlines(keepends=True)
    (made.path / RECORDS_FILE).write_text("".join(lines[:2]))
    with pytest.raises(harness.UserError, match="no name leads back to"):
        harness.resume(made)
    parrot = Parrot()
    again = harness.resume(made, task=sums(), model=parrot)
    assert parrot.asked == 2
    assert [r.key for r in again.records] == [r.key for r in made.records]
    with pytest.raises(harness.UserError, match="another model, prompt or settings"):
        harness.resume(made, task=sums(), model=Parrot("The answer is 5."))


def test_resume_takes_an_id_a_folder_or_a_run(run):
    for name in (run, run.path, run.id, run.id[:-2]):
        again = harness.resume(name)
        assert again.id == run.id
        assert again.records == run.records


def test_a_run_is_read_as_it_was_made(run):
    again = harness.load_run(run.id)
    assert again.run == run.run
    assert list(again.records) == list(run.records)
    assert [made.id for made in harness.list_runs()] == [run.id]
    with pytest.raises(harness.UserError, match="unknown run 'nothing'"):
        harness.load_run("nothing")
    with pytest.raises(harness.UserError, match="unknown metric 'acuracy'; did you mean 'accuracy'"):
        run.estimate("acuracy")


def test_a_run_that_cannot_be_read_is_told_of_and_hides_no_other(run, caplog):
    broken = Path("runs/broken")
    broken.mkdir()
    (broken / "run.json").write_text("{")
    assert [made.id for made in harness.list_runs()] == [run.id]
    assert "left out: runs/broken/run.json: damaged" in caplog.text


def test_two_runs_become_a_verdict_with_a_gate(run):
    other = harness.evaluate("two_digit_addition", "scripted:slip,rate=0.9", limit=6)
    found = harness.compare(run, other, margin=0.02)
    assert found.verdict == found.comparison.verdict
    assert found.gate is not None
    assert found.difference() == found.difference("accuracy")
    assert found.difference().value is not None
    assert len(found.flips) == found.difference().broken
    assert harness.compare(run.id, other.path).gate is None
    with pytest.raises(harness.UserError, match="are one run"):
        harness.compare(run, run.path)


def test_several_runs_become_every_pair_with_holms_p(run):
    others = [harness.evaluate("two_digit_addition", f"scripted:slip,rate={rate}", limit=6) for rate in (0.5, 0.9)]
    found = harness.compare(run, *others)
    assert [(p.baseline.id, p.candidate.id) for p in found.pairs] == [
        (run.id, others[0].id),
        (run.id, others[1].id),
        (others[0].id, others[1].id),
    ]
    for pair, adjusted in zip(found.pairs, found.p_adjusted, strict=True):
        assert adjusted >= pair.difference().p_value


def test_pages_of_a_run_and_of_a_comparison_are_written(run):
    other = harness.evaluate("two_digit_addition", "scripted:slip,rate=0.5", limit=6)
    assert [path.name for path in harness.report(run)] == ["report.md", "report.html"]
    written = harness.report(harness.compare(run, other), "pages", csv="records.csv")
    assert [str(path) for path in written] == ["pages/comparison.md", "pages/comparison.html", "records.csv"]
    assert all(path.is_file() for path in written)
    by_name = harness.report([run.id, other.id], "again")
    assert by_name[0].read_text() == written[0].read_text()
    with pytest.raises(harness.UserError, match="3 runs given"):
        harness.report([run, other, run])


def test_completions_made_elsewhere_are_scored():
    task = sums()
    lines = [json.dumps({"id": doc.id, "completion": f"It is {doc.target}."}) for doc in task.docs[:3]]
    Path("elsewhere.jsonl").write_text("\n".join(lines))
    made = harness.score("elsewhere.jsonl", task, note="asked plainly")
    assert made.run.model.name == "elsewhere"
    assert made.run.prompt_note == "asked plainly"
    assert made.estimate().value == 1.0
    assert made.run.n_expected == 4
    with pytest.raises(harness.UserError, match=r"nowhere\.jsonl"):
        harness.score("nowhere.jsonl", task)


def test_what_changes_how_a_result_is_read_is_a_warning_and_what_does_not_is_none(caplog):
    with caplog.at_level(logging.INFO, logger="harness"):
        harness.evaluate("two_digit_addition", "scripted:careful", limit=2)
        assert caplog.messages == []
        Path("one.jsonl").write_text(json.dumps({"id": "1", "completion": "2"}))
        harness.score("one.jsonl", sums())
    (record,) = [r for r in caplog.records if "have no completion" in r.message]
    assert record.levelno == logging.WARNING


def test_progress_is_told_of_every_doc_in_order():
    told: list[harness.Progress] = []
    harness.evaluate("two_digit_addition", "scripted:careful", limit=4, on_progress=told.append)
    assert [(p.done, p.total) for p in told] == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]
    assert {p.stage for p in told} == {"two_digit_addition"}
    assert told[-1].record is not None
    assert told[-1].record.metrics[told[-1].primary] == 1.0


def test_an_interrupt_says_where_the_run_goes_on():
    class Stopping(Parrot):
        def generate(self, requests: list[Request], settings: GenerationSettings) -> Iterator[Completion]:
            yield from super().generate(requests[:2], settings)
            raise KeyboardInterrupt

    with pytest.raises(harness.Stopped) as stopped:
        harness.evaluate(sums(), Stopping(), out="cut")
    assert stopped.value.folder == Path("cut")
    said = 'stopped; go on with: harness run --resume cut, or in Python: harness.resume("cut")'
    assert stopped.value._render_traceback_() == [str(stopped.value)] == [said]
    assert isinstance(stopped.value, KeyboardInterrupt)
    assert len(harness.resume("cut", task=sums(), model=Parrot()).records) == 4


def test_a_probe_is_made_of_a_run_and_kept_with_it(run):
    assert run.probes == {}
    (summary,) = found = harness.probe(run, ["injected-slip"])
    assert repr(found).startswith(f"injected-slip: {summary.n_probed} of {summary.n_completions} completions probed")
    assert len(repr(found).splitlines()) <= MOST_LINES
    assert "completions probed" in found._repr_html_()
    assert found.to_frame()["metric"].tolist() == list(summary.estimates)
    assert harness.load_run(run.id).probes["injected-slip"] == summary
    with pytest.raises(harness.UserError, match="no --probe given"):
        harness.probe(run, [])


def test_sampling_is_an_object_and_k_are_numbers():
    sampling = harness.Sampling(temperature=0.7, repeats=2, seed=3)
    made = harness.evaluate("two_digit_addition", "scripted:careful", limit=2, sampling=sampling, k=[1, 2])
    assert len(made.records) == 4
    assert {"pass@1", "pass@2"} <= made.estimates.keys()
    assert made.run.invocation["k"] == "1,2"
    with pytest.raises(harness.UserError, match="more than --repeats"):
        harness.evaluate("two_digit_addition", "scripted:careful", limit=2, k=[3])
    with pytest.raises(harness.UserError, match="--top-p 2"):
        harness.evaluate("two_digit_addition", "scripted:careful", sampling=replace(sampling, top_p=2.0))


def test_a_backend_class_of_ours_may_be_handed_over_open():
    task = harness.load_task("two_digit_addition", {"n": 3})
    backend = ScriptedBackend.from_spec("careful", {}, task)
    assert harness.evaluate(task, backend).estimate().value == 1.0


def test_one_name_where_several_are_taken_is_one_name():
    made = harness.evaluate("two_digit_addition", "scripted:careful", limit=2, scorers="step_validity")
    assert "step_validity" in made.run.scorers
    with pytest.raises(harness.UserError, match="unknown --allow 'datum'"):
        harness.compare(made, harness.evaluate("two_digit_addition", "scripted:careful", limit=2), allow="datum")


def test_a_task_function_that_was_not_called_is_told():
    @harness.task
    def products() -> harness.Task:
        return sums()

    with pytest.raises(harness.UserError, match="a function is no task") as refused:
        harness.evaluate(products, "scripted:careful")
    assert refused.value.tip == "call it: products()"
    with pytest.raises(harness.UserError, match="--limit '5'"):
        harness.evaluate("two_digit_addition", "scripted:careful", limit="5")


def test_two_scorers_of_one_name_are_refused_before_one_hides_the_other():
    twice = replace(sums(), scorers=(harness.final_answer(), harness.final_answer()))
    with pytest.raises(harness.UserError, match="two metrics are called 'accuracy'"):
        harness.evaluate(twice, Parrot())


def test_a_k_that_is_no_whole_number_is_refused_before_anything_is_drawn():
    parrot = Parrot()
    for k in (0, 1.5):
        with pytest.raises(harness.UserError, match="expected whole numbers"):
            harness.evaluate(sums(), parrot, k=[k])
    assert parrot.asked == 0


def test_pages_of_one_run_are_not_written_into_another(run):
    other = harness.evaluate("two_digit_addition", "scripted:slip,rate=0.5", limit=6)
    with pytest.raises(harness.UserError, match="is the folder of another run"):
        harness.report(run, other.path)
    found = harness.compare(run, other)
    with pytest.raises(harness.UserError, match="compared already"):
        harness.report(found, margin=0.02)
    assert harness.report(found, run.path)


def test_a_run_whose_folder_changed_since_it_was_read_gives_no_other_runs_records(run):
    old = harness.load_run(run.path)
    record = json.loads((run.path / "run.json").read_text())
    lazy = replace(old, at_hand=None)
    (run.path / "run.json").write_text(json.dumps(record | {"started": "2020-01-01T00:00:00Z"}))
    with pytest.raises(harness.UserError, match="changed since it was read"):
        _ = lazy.records
