"""What is said of a configuration that does not fit, over a compiler that counts by a formula."""

from __future__ import annotations

import doctest
from collections.abc import Sequence
from dataclasses import replace

import pytest

pytest.importorskip("tunix", reason="needs the gemma extra")

import sft.planning.run_length
from harness.api.plan import searches
from harness.cli.show.plan import does_not_fit
from harness.core.errors import UserError
from harness.gemma.model.config import sizes_of
from harness.hardware.records import Compiled, Figures, Job
from harness.hardware.topology import GIB, parse_topology
from sft.config import resolve
from sft.planning.published import PUBLISHED
from sft.planning.run_length import RunLength
from sft.planning.study import Study
from sft.planning.training import search, training, with_nearest

CHIP = parse_topology("v5e:1x1")
CAPACITY = 15.75


class Formula(Study):
    """0.1 GiB a layer and row of a device, three times as much for full training, four times without remat."""

    words = "Used {:.2f}G of 15.75G hbm. Exceeded hbm capacity by some."

    def compiled(self, programs: Sequence[Sequence[Job]]) -> list[list[Compiled]]:
        self.seen = [*getattr(self, "seen", []), *programs]
        return [[self._outcome(job) for job in jobs] for jobs in programs]

    def _outcome(self, job: Job) -> Compiled:
        train = job.arguments["train"]
        rows = train["batch_rows"] // train["micro_batches"] // job.fsdp
        gib = 0.1 * rows * job.layers * (3 if train["method"] == "full" else 1)
        gib *= 4 if train["remat"] == "none" else 1
        if gib > CAPACITY:
            return Compiled(too_large=self.words.format(gib))
        numbers = dict.fromkeys(("arguments_bytes", "temporaries_bytes", "outputs_bytes", "aliased_bytes"), 1.0)
        return Compiled(
            figures=Figures(**numbers, peak_bytes=gib * GIB, flops=1e12, accessed_bytes=1e9, network_bytes=0.0)
        )


def study(size: str, rows: int, remat: str = "decoder", method: str = "lora") -> Formula:
    settings = {"model.base": "-", "data.source": "-", "train.batch_rows": rows, "train.remat": remat}
    settings |= {"train.method": method}
    length = RunLength(
        how="estimated", about="", row_length=1024, n_positions=1024, fill=1.0, mean_tokens=100.0, steps=10, n_arms=1,
        rows=10.0 * rows,
    )  # fmt: skip
    text = PUBLISHED[size]
    return Formula(config=resolve(("test", settings)).config, text=text, sizes=sizes_of(text), length=length)


@pytest.mark.parametrize(
    "words",
    [
        "RESOURCE_EXHAUSTED: Used {:.2f}G of 15.75G hbm. Exceeded hbm capacity by some.",
        "the total memory required for HLO temporaries ({:.2f}G) exceeds available HBM (15.75G).",
    ],
)
def test_what_a_refusal_at_fewer_layers_names_is_carried_on_to_the_models_depth(words, monkeypatch):
    monkeypatch.setattr(Formula, "words", words)
    made = study("1b", rows=8)
    (plan,) = training(made, [(CHIP, made.choice(CHIP, "full"))])  # 8 layers of 8 rows: 19.2 GiB, refused
    assert not plan.verdict.fits
    assert plan.figures is None
    needed = 1.15 * 0.1 * 3 * 8 * 26
    assert plan.verdict.needed_bytes / GIB == pytest.approx(needed, rel=1e-3)
    assert f"{needed - CAPACITY:.2f} GiB too little" in does_not_fit(plan)


def test_the_nearest_is_the_same_update_in_parts_where_that_fits():
    made = study("1b", rows=2)
    (plan,) = training(made, [(CHIP, made.choice(CHIP, "full"))])
    assert not plan.verdict.fits
    assert with_nearest(made, plan, CHIP).nearest.startswith("full, 2 rows in 2 micro-batches")


def test_methods_whose_weights_alone_are_too_large_are_not_compiled():
    made = study("4b", rows=2)
    (plan,) = training(made, [(CHIP, made.choice(CHIP, "full"))])
    before = len(made.seen)
    assert with_nearest(made, plan, CHIP).nearest.startswith("lora, 2 rows, remat decoder")
    assert [jobs[0].arguments["train"]["method"] for jobs in made.seen[before:]] == ["lora"]


def test_on_a_larger_slice_the_nearest_is_the_batch_that_was_asked_for(monkeypatch):
    monkeypatch.setattr("sft.planning.training.leaner", lambda choice: iter(()))
    made = study("1b", rows=8)
    (plan,) = training(made, [(CHIP, made.choice(CHIP, "lora", 16))])
    assert with_nearest(made, plan, CHIP).nearest.startswith("lora, 16 rows, remat decoder, mesh 4 x 1 on v5e:2x2")


def test_twice_the_batch_takes_half_the_updates():
    made = study("1b", rows=1)
    plans = training(made, [(CHIP, made.choice(CHIP, "lora", rows)) for rows in (1, 2, 4)])
    assert [one.updates for one in plans] == [10, 5, 3]
    fixed = replace(made.length, rows=None)  # as train.steps leaves it
    assert fixed.total_steps(4) == 10
    assert doctest.testmod(sft.planning.run_length).failed == 0


def test_the_first_rows_of_a_published_set_are_as_many_as_were_asked_for(monkeypatch):
    def absent(source: str) -> None:
        raise UserError(f"{source} is not at hand")

    monkeypatch.setattr("sft.data.sources.load_raw", absent)
    settings = {"model.base": "-", "data.source": "hub:openai/gsm8k,config=main,split=train", "data.limit": 1000}
    found = sft.planning.run_length.run_length(resolve(("test", settings)).config, None, sizes_of(PUBLISHED["1b"]))
    assert found.how == "estimated"
    assert found.about.startswith("1,000 samples")


def test_a_search_recommends_settings_that_fit_and_counts_what_it_tried():
    made = study("1b", rows=4, remat="none")
    found = search(made, CHIP, [made.choice(CHIP, "lora")])
    # Without remat one row at a time fits, and computes nothing twice; with decoder remat four rows do.
    assert (found.settings["train.remat"], found.settings["train.micro_batches"]) == ("none", 4)
    assert found.settings["train.method"] == "lora"
    assert found.tried == 4
    assert "2 tried did not fit" in found.reason


def test_a_search_weighs_every_batch_that_was_asked_for_by_the_row():
    made = study("1b", rows=1)
    few, many = ([made.choice(CHIP, "lora", rows)] for rows in (1, 6))
    alone = [search(made, CHIP, one) for one in (few, many)]
    both = search(made, CHIP, [*few, *many])
    assert both.tried == sum(one.tried for one in alone)
    # Without remat one row fits, and so does each of six micro-batches: a row takes as long, so the first is kept.
    assert both.chosen == alone[0].chosen == "lora, 1 rows, remat none, mesh 1 x 1"


@pytest.mark.parametrize(("asked", "method"), [(None, "full"), ("lora", "lora")])
def test_a_search_is_of_the_runs_own_method_unless_another_is_asked_for(asked, method):
    made = study("1b", rows=4, method="full")
    (found,) = searches(made, [parse_topology("v5e:2x2")], asked, [None])
    assert found.settings["train.method"] == method
