"""The forgetting panel as a task: parts, prompts, scores, metrics, and texts that are weighed."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from compare_builders import run

from harness import load_task
from harness.core.backend import LogLikelihoodBackend, TokenCountingBackend
from harness.core.errors import UserError
from harness.core.records import Completion, GenerationSettings, MetricInfo, ModelInfo
from harness.runner.begin import build_task
from harness.runner.run import run_task
from harness.runner.scoring import metric_infos, score_completion
from harness.stats.estimate import estimate_metrics
from tasks.forgetting import PARTS
from tasks.forgetting.scoring import loose_readings


class Weigher:
    """A model that answers with the gold, and finds every byte of a text one bit surprising, give or take `spread`."""

    def __init__(self, task, bits=1.0, spread=0.0):
        self.targets = {doc.id: doc.target for doc in task.docs}
        self.bits, self.spread = bits, spread

    def describe(self):
        return ModelInfo(name=f"weigher-{self.bits}", fingerprint=f"weigher:{self.bits}")

    def generate(self, requests, settings):
        for request in requests:
            yield Completion(doc_id=request.doc_id, text=self.targets[request.doc_id])

    def log_likelihood(self, pairs):
        return [(-math.log(2) * self._bits_of(text) * len(text.encode()), False) for _, text in pairs]

    def _bits_of(self, text):
        return self.bits + self.spread * (len(text) % 5 - 2)

    def count_tokens(self, pairs):
        return [len(text.split()) for _, text in pairs]

    def close(self):
        pass


def ran(task, backend, folder):
    settings = GenerationSettings(max_new_tokens=task.max_new_tokens)
    about = {
        "task": task.name,
        "model": backend.describe(),
        "primary": task.primary,
        "metrics": metric_infos(task.scorers),
        "scorers": {scorer.name: scorer.identity for scorer in task.scorers},
    }
    folder.mkdir()
    return run_task(task, backend, settings, folder, replace(run(backend.describe().name), settings=settings, **about))


def reply_to(task, doc, text, **changes):
    return score_completion("k", doc, replace(Completion(doc_id=doc.id, text=text), **changes), task.scorers)


def first(task, part, **wanted):
    return next(
        doc
        for doc in task.docs
        if doc.metadata["part"] == part and all(doc.metadata[key] == value for key, value in wanted.items())
    )


def test_a_limit_keeps_all_parts():
    task = build_task("forgetting", {}, limit=12)
    assert [doc.metadata["part"] for doc in task.docs] == [*PARTS] * 4
    assert len({doc.cluster for doc in task.docs if doc.metadata["part"] == "text"}) == 4


def test_a_weighed_text_is_asked_for_after_nothing_and_the_others_as_one_turn():
    task = load_task("forgetting", {"n": 1})
    asked = {doc.metadata["part"]: task.prompt.render(doc) for doc in task.docs}
    last = [doc for doc in task.docs if doc.metadata["part"] == "text"][-1]
    assert asked["text"].pairs == (("", last.question),)
    assert asked["text"].messages == ()
    for part in ("instructions", "puzzles"):
        assert [m.role for m in asked[part].messages] == ["user"]
        assert not asked[part].pairs


def test_perfect_replies_and_one_bit_a_byte_are_measured_as_such(tmp_path):
    task = load_task("forgetting", {"n": 21})
    backend = Weigher(task)
    assert isinstance(backend, LogLikelihoodBackend)
    assert isinstance(backend, TokenCountingBackend)
    done, records = ran(task, backend, tmp_path / "r")
    found = {name: estimate.value for name, estimate in done.estimates.items()}
    for name in ("abilities", "instructions", "instructions_loose", "constraints", "puzzles", "word_puzzles"):
        assert found[name] == 1, name
    assert found["bits_per_byte"] == pytest.approx(1)
    texts = [doc.question for doc in task.docs if doc.metadata["part"] == "text"]
    n_bytes, n_tokens = sum(len(t.encode()) for t in texts), sum(len(t.split()) for t in texts)
    assert found["token_nll"] == pytest.approx(math.log(2) * n_bytes / n_tokens)
    assert done.estimates["bits_per_byte"].n_docs == len(texts) == 48
    assert done.estimates["bits_per_byte"].n_clusters == 12
    assert {r.scores["forgetting"].outcome for r in records} == {"correct", "measured"}


def test_a_small_change_in_bits_below_one_is_not_blurred_as_a_share_would_be(tmp_path):
    from harness.comparison.compare import compare

    task = load_task("plain_text")
    weighers = Weigher(task, 0.80), Weigher(task, 0.81, spread=0.001)
    runs = [ran(task, weigher, tmp_path / str(weigher.bits)) for weigher in weighers]
    found = compare(*runs[0], *runs[1]).differences["bits_per_byte"]
    assert found.value == pytest.approx(0.01, abs=5e-4)
    assert found.low > 0.009
    assert "Tango" not in found.method
    assert not found.metric.higher_is_better


def test_values_that_are_shares_still_get_the_intervals_of_shares(tmp_path):
    task = load_task("plain_text")
    _, records = ran(task, Weigher(task, 0.8), tmp_path / "r")
    share = MetricInfo(name="bits_per_byte", description="", scorer="forgetting", kind="ratio")
    assert estimate_metrics(records, [share])["bits_per_byte"].method.startswith("Wilson")


def test_a_broken_constraint_is_named_and_the_others_counted_as_kept():
    task = load_task("forgetting", {"n": 3})
    asked = [("bullets", {"n": 2}), ("no_digits", {}), ("avoid_word", {"word": "the"})]
    doc = first(task, "instructions")
    metadata = {**doc.metadata, "constraints": [{"kind": kind, "params": params} for kind, params in asked]}
    made = reply_to(task, replace(doc, metadata=metadata), "Two points:\n- one\n- two")
    assert made.scores["forgetting"].outcome == "wrong"
    assert made.scores["forgetting"].why == "bullets: 1 lines are no bullet point"
    assert made.metrics["instructions"] == made.metrics["abilities"] == made.metrics["kept_bullets"] == 0
    assert made.metrics["instructions_loose"] == made.metrics["kept_no_digits"] == 1
    assert made.metrics["constraints"] == (2, 3)
    assert made.metrics["puzzles"] is made.metrics["bits_per_byte"] is made.metrics["kept_title"] is None


def test_an_empty_reply_keeps_no_constraint_and_answers_no_puzzle():
    task = load_task("forgetting", {"n": 3})
    for part in ("instructions", "puzzles"):
        made = reply_to(task, first(task, part), " ")
        assert made.scores["forgetting"].outcome == "no_answer"
        assert made.metrics["abilities"] == 0


def test_a_reply_inside_a_trained_format_follows_only_loosely():
    task = load_task("instructions", {"n": 21})
    doc = first(task, "instructions", kind="sentences")
    for wrapped in (
        f"Question: {doc.question}\nReasoning: I will write. Then stop. Yes. No. Well. So.\nAnswer: {doc.target}",
        f"<reasoning>\nFirst. Then. So. And. Or. But.\n</reasoning>\n<answer>\n{doc.target}\n</answer>",
        f"Sure! Here you go.\n{doc.target}",
    ):
        made = reply_to(task, doc, wrapped)
        assert made.metrics["instructions"] == 0, wrapped
        assert made.metrics["instructions_loose"] == 1, wrapped


def test_emphasis_alone_is_forgiven_only_loosely():
    assert "one two" in list(loose_readings("**one** two"))
    assert next(iter(loose_readings("**one** two"))) == "**one** two"


def test_a_failed_or_unweighed_text_is_not_scored():
    task = load_task("plain_text")
    doc = task.docs[0]
    failed = reply_to(task, doc, "", finish="error", error="too long")
    silent = reply_to(task, doc, "")
    for made in (failed, silent):
        assert made.scores["forgetting"].outcome == "not_scored"
        assert made.metrics["bits_per_byte"] is None
    untold = reply_to(task, doc, "", log_likelihoods=((-100.0, False),))
    assert untold.metrics["token_nll"] is None
    assert untold.metrics["bits_per_byte"] is not None


def test_a_model_without_likelihoods_is_refused_before_anything_is_written(harness, tmp_path):
    done = harness("run", "--task", "forgetting", "-o", "n=2", "--model", "scripted:careful", "--out", "r")
    assert done.code == 2
    assert "gives no log-likelihoods" in done.err
    assert "-o parts=instructions,puzzles" in done.err
    assert not (tmp_path / "r" / "records.jsonl").read_text()
    assert harness(
        "run", "--task", "forgetting", "-o", "n=2", "-o", "parts=instructions,puzzles", "--model", "scripted:careful"
    ).code == 0  # fmt: skip


def test_parts_decide_metrics_and_what_a_comparison_is_decided_on():
    everything = {info.name for info in metric_infos(load_task("forgetting", {"n": 1}).scorers)}
    only_text = load_task("forgetting", {"parts": "text"})
    assert only_text.primary == "bits_per_byte"
    assert {info.name for info in metric_infos(only_text.scorers)} == {"bits_per_byte", "token_nll"}
    assert load_task("forgetting", {"n": 1, "parts": "puzzles"}).primary == "puzzles"
    assert {"abilities", "instructions", "puzzles", "bits_per_byte"} <= everything


@pytest.mark.parametrize(
    ("options", "message"),
    [({"parts": "instruction"}, "did you mean 'instructions'"), ({"n": 0}, "no docs"), ({"parts": ","}, "no docs")],
)
def test_options_that_make_no_panel_are_refused(options, message):
    with pytest.raises(UserError, match=message):
        load_task("forgetting", options)


def test_text_of_ones_own_is_cut_at_blank_lines(tmp_path):
    path = tmp_path / "own.txt"
    path.write_text("One paragraph,\nof two lines.\n\n\n" + "long " * 900, encoding="utf-8")
    task = load_task("plain_text", {"text": str(path)})
    assert [len(doc.question) for doc in task.docs] == [28, 2000, 2000, 499]
    assert task.data.source == f"file:{path}"
    with pytest.raises(UserError, match="cannot be read"):
        load_task("plain_text", {"text": str(tmp_path / "none.txt")})
    path.write_text(" \n\n ", encoding="utf-8")
    with pytest.raises(UserError, match="holds no text"):
        load_task("plain_text", {"text": str(path)})
