"""The runner draws what the journal lacks, never mixes models, and never turns a failure into a score."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.core.errors import UserError
from harness.core.records import Completion, DataInfo, Doc, GenerationSettings, ModelInfo, Run, Score
from harness.core.scorer import Scorer, value_metric
from harness.core.task import Task
from harness.runner.begin import check_task
from harness.runner.requests import request_seed, requests_of
from harness.runner.run import run_task
from harness.runner.scoring import metric_infos

GREEDY = GenerationSettings(max_new_tokens=8)


def exact(doc, completion):
    right = completion.reply.strip() == doc.target
    return Score(value=float(right), outcome="correct" if right else "wrong", answer=completion.reply)


EXACT = Scorer(name="exact", version="1", score=exact, metrics=(value_metric("accuracy", "exact", "exact match"),))


def task(n=6, scorers=(EXACT,)):
    docs = tuple(Doc(id=f"d{i}", question=f"{i}+1?", target=str(i + 1)) for i in range(n))
    return Task(name="toy", docs=docs, scorers=scorers)


class Backend:
    """Answers from the docs; fails or stops where it is told to."""

    def __init__(self, fingerprint="f", fail=(), stop_after=None, seconds=None):
        self.fingerprint, self.fail, self.stop_after, self.asked = fingerprint, set(fail), stop_after, []

    def describe(self):
        return ModelInfo(name="toy", fingerprint=self.fingerprint)

    def generate(self, requests, settings):
        for number, request in enumerate(reversed(requests)):  # finishing order is not asking order
            if number == self.stop_after:
                raise KeyboardInterrupt
            self.asked.append((request.doc_id, request.repeat))
            if request.doc_id in self.fail:
                yield Completion(doc_id=request.doc_id, repeat=request.repeat, text="", finish="error", error="down")
            else:
                yield Completion(doc_id=request.doc_id, repeat=request.repeat, text=str(int(request.doc_id[1:]) + 1))

    def close(self):
        pass


def new_run(made: Task, settings=GREEDY) -> Run:
    return Run(
        id="r",
        task=made.name,
        task_version="1",
        task_options={},
        data=DataInfo(source="toy", docs_hash="h", n_docs=len(made.docs)),
        prompt_hash="",
        prompt_note="",
        scorers={},
        primary="accuracy",
        metrics=metric_infos(made.scorers),
        model=ModelInfo(name="toy", fingerprint="f"),
        settings=settings,
        versions={},
        git_sha="",
        command="",
        invocation={},
        started="",
    )


def execute(folder, backend, made=None, settings=GREEDY):
    made = made or task()
    return run_task(made, backend, settings, folder, new_run(made, settings))


def test_every_doc_is_drawn_scored_and_estimated(tmp_path):
    run, records = execute(tmp_path, Backend())
    assert [r.doc.id for r in records] == [f"d{i}" for i in range(6)]
    assert run.estimates["accuracy"].value == 1.0
    assert run.estimates["accuracy"].n_docs == 6
    assert run.finished


def test_an_interrupted_run_goes_on_without_repeating_a_completion(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        execute(tmp_path, Backend(stop_after=4))
    second = Backend()
    run, records = execute(tmp_path, second)
    assert len(second.asked) == 2
    assert len(records) == 6
    assert run.estimates["accuracy"].n_docs == 6


def test_a_failed_completion_is_not_scored_and_is_drawn_again_on_resume(tmp_path):
    run, records = execute(tmp_path, Backend(fail=["d3"]))
    assert run.estimates["accuracy"].n_docs == 5
    assert run.estimates["accuracy"].n_not_scored == 1
    assert records[3].scores["exact"].outcome == "not_scored"
    second = Backend()
    run, records = execute(tmp_path, second)
    assert second.asked == [("d3", 0)]
    assert run.estimates["accuracy"].n_docs == 6


def test_a_resumed_run_is_judged_by_one_version_of_each_scorer(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        execute(tmp_path, Backend(stop_after=4))
    strict = replace(EXACT, version="2", score=lambda doc, completion: Score(value=0.0, outcome="wrong"))
    second, made = Backend(), task(scorers=(strict,))
    run, records = run_task(made, second, GREEDY, tmp_path, replace(new_run(made), scorers={"exact": strict.identity}))
    assert len(second.asked) == 2
    assert run.scorers == {"exact": strict.identity}
    assert {r.scores["exact"].outcome for r in records} == {"wrong"}
    assert run.estimates["accuracy"].value == 0.0


def test_a_refused_resume_leaves_the_run_as_it_was(tmp_path):
    execute(tmp_path, Backend())
    before = (tmp_path / "run.json").read_bytes()
    with pytest.raises(UserError, match="another model, prompt or settings"):
        execute(tmp_path, Backend(), settings=replace(GREEDY, max_new_tokens=9))
    assert (tmp_path / "run.json").read_bytes() == before


def test_two_models_never_share_an_entry(tmp_path):
    execute(tmp_path, Backend(fingerprint="one"))
    with pytest.raises(UserError, match="records of another model"):
        execute(tmp_path, Backend(fingerprint="two"))


@pytest.mark.parametrize(
    "change", [{"temperature": 0.5}, {"max_new_tokens": 9}, {"seed": 1}, {"top_k": 3}, {"stop": ("x",)}]
)
def test_each_setting_is_part_of_the_key(change):
    model, made = ModelInfo(name="m", fingerprint="f"), task()
    keys = {p.key for p in requests_of(made, model, GREEDY)}
    assert keys.isdisjoint(p.key for p in requests_of(made, model, replace(GREEDY, **change)))


def test_more_repeats_keep_the_keys_of_the_first_ones():
    model, made = ModelInfo(name="m", fingerprint="f"), task()
    few = {p.key for p in requests_of(made, model, replace(GREEDY, repeats=2))}
    assert few < {p.key for p in requests_of(made, model, replace(GREEDY, repeats=3))}


def test_a_request_seed_depends_on_doc_and_repeat_alone():
    assert request_seed(0, "a", 1) == request_seed(0, "a", 1)
    assert len({request_seed(s, d, r) for s in range(3) for d in "ab" for r in range(3)}) == 18


def test_a_scorer_that_raises_leaves_the_completion_unscored(tmp_path):
    def broken(doc, completion):
        raise RuntimeError("boom")

    scorer = Scorer(name="bad", version="1", score=broken, metrics=(value_metric("accuracy", "bad", ""),))
    run, records = execute(tmp_path, Backend(), task(scorers=(scorer,)))
    assert run.estimates["accuracy"].value is None
    assert run.estimates["accuracy"].n_not_scored == 6
    assert "boom" in records[0].scores["bad"].why


def test_a_score_that_is_no_number_leaves_the_completion_unscored(tmp_path):
    def diverged(doc, completion):
        return Score(value=float("nan") if doc.id == "d2" else 1.0, outcome="correct")

    odd = Scorer(name="odd", version="1", score=diverged, metrics=(value_metric("accuracy", "odd", "odd"),))
    run, records = execute(tmp_path, Backend(), task(scorers=(odd,)))
    assert (run.estimates["accuracy"].value, run.estimates["accuracy"].n_not_scored) == (1.0, 1)
    why = "odd gave nan, which is no number"
    assert records[2].scores["odd"] == Score(value=None, outcome="not_scored", why=why, detail={"fault": why})


def test_a_backend_that_gives_no_reply_is_recorded_as_a_failure(tmp_path):
    class Silent(Backend):
        def generate(self, requests, settings):
            yield from list(super().generate(requests, settings))[:2]

    _, records = execute(tmp_path, Silent())
    assert sum(r.completion.error == "the backend gave no reply" for r in records) == 4


def test_a_reply_that_was_not_asked_for_adds_nothing(tmp_path):
    class Chatty(Backend):
        def generate(self, requests, settings):
            yield Completion(doc_id="other", text="1")
            for completion in super().generate(requests, settings):
                yield completion
                yield completion

    _, records = execute(tmp_path, Chatty())
    assert len(records) == 6


def test_progress_counts_what_was_found_and_what_was_drawn(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        execute(tmp_path, Backend(stop_after=2))
    seen = []
    made = task()
    run_task(made, Backend(), GREEDY, tmp_path, new_run(made), on_progress=seen.append)
    assert [(p.done, p.resumed) for p in seen] == [(2, 2), (3, 2), (4, 2), (5, 2), (6, 2)]


def test_a_duplicated_id_is_refused_before_anything_runs():
    made = task()
    with pytest.raises(UserError, match=r"duplicated id 'd0' \(docs 1 and 7\)"):
        check_task(replace(made, docs=(*made.docs, made.docs[0])))


def test_a_task_without_docs_is_refused():
    with pytest.raises(UserError, match="has no docs"):
        check_task(replace(task(), docs=()))
