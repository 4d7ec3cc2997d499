"""The tables of a plan: no name and no digit is lost in a terminal of 80 columns."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

pytest.importorskip("rich")

from rich.console import Console

from harness.cli.show import plan as plan_show
from harness.hardware.records import Figures
from harness.hardware.roofline import StepTime
from harness.hardware.topology import GIB
from sft.planning.decide import Choice, Verdict
from sft.planning.document import DecodePlan, PlanDocument, TrainingPlan
from sft.planning.tasks import TaskSize, task_time

FIGURES = Figures(
    arguments_bytes=12.34 * GIB,
    temporaries_bytes=13.45 * GIB,
    outputs_bytes=0.0,
    aliased_bytes=0.0,
    peak_bytes=14.56 * GIB,
    flops=1e12,
    accessed_bytes=1234.5e9,
    network_bytes=123.4e9,
)
TRAINING = TrainingPlan(
    topology="v5e:16x16",
    kinds=("TPU v5 lite",),
    n_devices=256,
    choice=Choice(method="qlora", remat="decoder", batch_rows=4096, micro_batches=1, fsdp=256, tp=1),
    verdict=Verdict(needed_bytes=15.67 * GIB, capacity_bytes=31.25 * GIB),
    figures=FIGURES,
    update=StepTime(compute=1.5, memory=1.25, network=0.5),
    tokens=4_000_000.0,
    updates=12_345,
    flops=1234.5e12,
)
DECODING = DecodePlan(
    topology="v6e:16x16",
    n_devices=256,
    rows=1024,
    span=4096,
    verdict=Verdict(needed_bytes=33.25 * GIB, capacity_bytes=31.25 * GIB),
    figures=replace(FIGURES, accessed_bytes=12.34e9),
    step=StepTime(compute=0.0123, memory=0.0987, network=0.0),
)


def printed(monkeypatch: pytest.MonkeyPatch, document: PlanDocument) -> str:
    stream = io.StringIO()
    monkeypatch.setattr("harness.cli.show.console.out", lambda: Console(width=80, file=stream, highlight=False))
    plan_show.print_plan(document)
    return stream.getvalue()


def document(**changes: object) -> PlanDocument:
    length = {"steps": 12_345, "n_arms": 1, "how": "measured", "about": "", "row_length": 1024}
    settings = {"train": {"batch_rows": 4096}}
    return PlanDocument(model="m", layers=26, compiled_layers=(2, 8), length=length, settings=settings, **changes)


def test_a_narrow_terminal_shows_every_name_and_number_of_a_large_run(monkeypatch):
    text = printed(monkeypatch, document(training=(TRAINING,)))
    sizes = ("12.34", "13.45", "14.56", "15.67", "31.25")
    update = ("compute", "1234.5", "123.4", "1,500 to 3,250")
    run = ("12,345", "1.23M to 2.67M", "5 h 8 min to 11 h 8 min", "1,317 to 2,853")
    for written in (*sizes, *update, *run):
        assert written in text, written
    assert text.count("v5e:") == 3
    assert text.count("qlora") == 3


@pytest.mark.parametrize(("peak_gib", "said"), [(24.9, False), (25.1, True), (27.1, True), (27.3, False)])
def test_what_may_not_fit_at_the_level_of_a_run_is_said(monkeypatch, peak_gib, said):
    made = replace(TRAINING, verdict=Verdict(needed_bytes=1.15 * peak_gib * GIB, capacity_bytes=31.25 * GIB))
    text = " ".join(printed(monkeypatch, document(training=(made,))).split())
    assert ("fits narrowly" in text) == said
    assert ("too little on each device" in text) == (peak_gib > 27.2)
    assert "fits narrowly" not in printed(monkeypatch, document(training=(made,), as_run=True))
    here = replace(made, topology="cpu:1")
    assert "fits narrowly" not in printed(monkeypatch, document(training=(here,)))


def test_a_narrow_terminal_shows_every_number_of_decoding_and_what_is_missing(monkeypatch):
    text = printed(monkeypatch, document(decoding=(DECODING,)))
    for written in ("memory", "256 x 1024", "33.25", "31.25", "12.34", "99 to 111", "2.36M to 2.66M"):
        assert written in text, written
    assert "1024 rows a device: 2.00 GiB too little on each device" in text


@pytest.mark.parametrize(("docs", "rounds"), [(1, 1), (1024, 1), (1319, 2), (2049, 3)])
def test_replies_of_the_whole_budget_take_whole_rounds(docs, rounds):
    made = replace(DECODING, rows=256, n_devices=4)
    took = task_time(TaskSize(task="t", docs=docs, prompt_tokens=10, max_new_tokens=100), made)
    assert took.low_seconds == pytest.approx(rounds * 100 * made.step.low)
    assert took.high_seconds == pytest.approx(rounds * 100 * made.step.high)
