"""Names of hardware, the reading of compiled programs, and what is decided from their figures."""

from __future__ import annotations

import doctest
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import harness.cli.show.plan
from harness.core.errors import UserError
from harness.gemma.model.layout import Sizes
from harness.hardware import compile, extrapolate, hlo
from harness.hardware import topology as hardware
from harness.hardware.compile import environment, failure, read_cached, write_cached
from harness.hardware.records import Compiled, Figures, Job
from harness.hardware.roofline import StepTime, step_time
from harness.hardware.topology import CHIPS, GIB, SIDES, known_names, larger, links, parse_topology
from sft.planning import decide
from sft.planning.decide import Choice, Outcome, Verdict, leaner, meshes, reason, recommend, verdict
from sft.planning.document import PlanDocument, Ran, TrainingPlan, matching, read_plan, write_plan
from sft.planning.flops import total_parameters, training_flops
from sft.planning.study import Study
from sft.training.checked import Check

START = Choice(method="full", remat="none", batch_rows=32, micro_batches=1, fsdp=4, tp=1)
FIGURES = Figures(
    arguments_bytes=2 * GIB,
    temporaries_bytes=3 * GIB,
    outputs_bytes=2 * GIB,
    aliased_bytes=2 * GIB,
    peak_bytes=5 * GIB,
    flops=197e12,
    accessed_bytes=819e9 / 2,
    network_bytes=90e9 / 4,
)


@pytest.mark.parametrize(
    "module", [hardware, hlo, decide, extrapolate, harness.cli.show.plan], ids=lambda m: m.__name__
)
def test_worked_examples_hold(module):
    assert doctest.testmod(module).failed == 0


# --- hardware -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "name", "n_devices"),
    [
        ("v5e:2x2", "v5e:2x2", 4),
        ("v5e:4x2", "v5e:2x4", 8),
        ("V5E-8", "v5e:2x4", 8),
        ("v5e-4", "v5e:2x2", 4),
        ("v5e-1", "v5e:1x1", 1),
        ("v5litepod-8", "v5e:2x4", 8),
        ("v5litepod-256", "v5e:16x16", 256),
        ("trillium-8", "v6e:2x4", 8),
        ("v5p-8", "v5p:2x2x1", 4),
        ("v4-16", "v4:2x2x2", 8),
        ("v4:2x2", "v4:2x2x1", 4),
        ("cpu", "cpu:1", 1),
        ("cpu:8", "cpu:8", 8),
        (" gpu ", "gpu:1", 1),
    ],
)
def test_a_topology_has_many_names(written, name, n_devices):
    found = parse_topology(written)
    assert (found.name, found.n_devices) == (name, n_devices)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("v5e:2x3", "did you mean 'v5e:2x4'"),
        ("v5:2x3", "unknown topology"),
        ("v5e:2x2x2", "unknown topology"),
        ("v7e:2x2", "did you mean 'v[56]e:2x2'"),
        ("v5e-3", "no slice of v5e"),
        ("v5p-2", "counts 2 cores a chip"),
        ("tpu", "unknown topology"),
        ("cpu:0", "has no device"),
        ("", "unknown topology"),
    ],
)
def test_a_topology_that_is_none_is_refused_with_the_nearest(written, message):
    with pytest.raises(UserError, match=message):
        parse_topology(written)


@settings(deadline=None)
@given(st.one_of(st.text(max_size=12), st.from_regex(r"(v[456][ep]?|cpu|gpu|tpu)[:-]\d{0,3}x?\d?", fullmatch=True)))
def test_any_text_is_a_topology_or_a_users_mistake(text):
    try:
        found = parse_topology(text)
    except UserError:
        return
    assert found.n_devices >= 1
    assert parse_topology(found.name) == found


@pytest.mark.parametrize("name", sorted(set(known_names()) - {"cpu", "gpu"}))
def test_every_slice_is_called_by_its_own_name(name):
    assert parse_topology(name).name == name


def test_capacities_are_below_what_the_vendor_prints():
    printed = {"v5e": 16, "v6e": 32, "v5p": 95.74, "v4": 32}
    assert set(CHIPS) == set(printed) == set(SIDES)
    for name, chip in CHIPS.items():
        assert 0.9 * printed[name] < chip.hbm_gib <= printed[name]


def test_a_corner_of_a_grid_has_a_link_a_side_and_two_where_it_is_closed():
    assert [links(parse_topology(name)) for name in ("v5e:1x1", "v5e:2x4", "v5e:16x16", "v5p:4x4x4")] == [1, 2, 4, 6]


def test_simulated_devices_share_one_machine():
    whole = replace(CHIPS["v5e"], platform="cpu", name="cpu")
    made = Study(config=None, text={}, sizes=None, length=None, chips={"cpu": whole})
    one, eight = (made.time(parse_topology(name), FIGURES, 0.0) for name in ("cpu:1", "cpu:8"))
    assert eight.high == pytest.approx(8 * one.high)
    assert made.chip(parse_topology("cpu:8")).hbm_gib == whole.hbm_gib / 8
    assert made.chips["cpu"] == whole


def test_larger_slices_come_smallest_first():
    assert [one.name for one in larger(parse_topology("v5e:4x8"))] == ["v5e:8x8", "v5e:8x16", "v5e:16x16"]


# --- deeper models ---------------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(slope=st.floats(0, 1e9), offset=st.floats(0, 1e9), layers=st.integers(9, 100))
def test_figures_that_grow_evenly_are_carried_on_exactly(slope, offset, layers):
    def at(n: int) -> Figures:
        numbers = {f.name: offset + slope * n for f in fields(Figures) if f.name != "collectives"}
        return Figures(**numbers, collectives={"all-gather": slope * n})

    made = extrapolate.extrapolate(at(2), at(8), (2, 8), layers)
    assert made.peak_bytes == pytest.approx(at(layers).peak_bytes, rel=1e-6, abs=1e-3)
    assert made.collectives["all-gather"] == pytest.approx(slope * layers, rel=1e-6, abs=1e-3)


@settings(deadline=None)
@given(local=st.floats(0, 1e9), whole=st.floats(0, 1e9), besides=st.floats(0, 1e9), layers=st.integers(2, 100))
def test_local_and_global_layers_are_carried_on_in_the_models_own_numbers(local, whole, besides, layers):
    def at(n: int) -> Figures:
        bytes_of = besides + sum(whole if i % 6 == 5 else local for i in range(n))  # the sixth layer is global
        return replace(FIGURES, accessed_bytes=bytes_of)

    compiled = extrapolate.depths(layers, quick=True)
    made = extrapolate.carried_on([at(n) for n in compiled], compiled, layers)
    assert made.accessed_bytes == pytest.approx(at(layers).accessed_bytes, rel=1e-6, abs=1e-3)


def test_a_round_is_the_pattern_that_tunix_computes_with():
    pytest.importorskip("tunix", reason="needs the gemma extra")
    from harness.gemma.model.tunix_adapter import PATTERN

    assert len(PATTERN) == extrapolate.ROUND


# --- decisions ------------------------------------------------------------------------------------------------------


def test_the_margin_decides_near_the_edge():
    chip = CHIPS["v5e"]
    fits = verdict(replace(FIGURES, peak_bytes=chip.hbm_gib * GIB / 1.16), chip)
    too_large = verdict(replace(FIGURES, peak_bytes=chip.hbm_gib * GIB / 1.14), chip)
    assert fits.fits
    assert fits.missing_bytes == 0
    assert not too_large.fits
    assert too_large.missing_bytes == pytest.approx((1.15 / 1.14 - 1) * chip.hbm_gib * GIB)


def test_the_roofline_is_the_slowest_part_at_least_and_their_sum_at_most():
    time = step_time(FIGURES, CHIPS["v5e"], n_links=2)
    assert (time.compute, time.memory, time.network) == pytest.approx((1.0, 0.5, 0.25))
    assert time.low == pytest.approx(1.0)
    assert time.high == pytest.approx(1.75)
    assert time.bound_by == "compute"
    assert step_time(FIGURES, CHIPS["v5e"], 2, counted_flops=394e12).compute == pytest.approx(2.0)


def test_leaner_choices_keep_the_update_first_and_the_method_as_long_as_they_can():
    tried = list(leaner(START))
    assert tried[0] == replace(START, remat="decoder")
    assert [one.micro_batches for one in tried if one.method == "full"] == [1, 2, 4, 8]
    assert [one.method for one in tried] == sorted((one.method for one in tried), key=["full", "lora", "qlora"].index)
    assert START not in tried
    assert all(one.batch_rows % (one.micro_batches * one.fsdp) == 0 for one in tried)


@settings(deadline=None)
@given(
    n=st.sampled_from([1, 2, 4, 8, 16]),
    heads=st.sampled_from([4, 8]),
    kv_heads=st.sampled_from([1, 4]),
    rows=st.integers(1, 64),
)
def test_a_mesh_that_is_tried_is_one_that_trains(n, heads, kv_heads, rows):
    from sft.training.mesh import mesh_shape

    for fsdp, tp in meshes(n, heads=heads, kv_heads=kv_heads, rows=rows):
        shape = mesh_shape(n, heads=heads, kv_heads=kv_heads, batch_rows=rows, fsdp=fsdp, tp=tp)
        assert (shape.fsdp, shape.tp) == (fsdp, tp)


def test_tp_divides_the_key_heads_where_there_are_several():
    from sft.training.mesh import mesh_shape

    with pytest.raises(UserError, match="8 heads and 4 key heads"):
        mesh_shape(8, heads=8, kv_heads=4, batch_rows=8, tp=8)


def outcome(needed_gib: float, seconds: float, **changes: object) -> Outcome:
    return Outcome(
        choice=replace(START, **changes),
        verdict=Verdict(needed_bytes=needed_gib * GIB, capacity_bytes=16 * GIB),
        update=StepTime(compute=seconds, memory=0.0, network=0.0),
    )


def test_the_fastest_that_fits_is_recommended_and_the_reason_says_what_did_not():
    fast, slow, huge = (
        outcome(15, 1.0),
        outcome(5, 1.5, remat="decoder"),
        outcome(17, 0.5, micro_batches=2),
    )
    chosen = recommend([slow, huge, fast])
    assert chosen == fast
    told = reason(fast, [slow, huge, fast], 1)
    assert "15.0 of 16.00 GiB" in told
    assert "1.50 times as fast" in told
    assert "1 tried did not fit" in told


def test_of_equally_fast_ones_the_leanest_is_recommended_and_of_none_nothing():
    lean = outcome(5, 1.005, remat="decoder")
    assert recommend([outcome(15, 1.0), lean]) == lean
    assert "leaner, and within 1% as fast as, the next" in reason(lean, [outcome(15, 1.0), lean], 0)
    assert recommend([outcome(17, 1.0)]) is None


def test_operations_follow_the_rule_of_six_per_weight_and_token():
    from harness.gemma.tiny import ONE_B

    tokens = 8 * 1024
    counted = training_flops(ONE_B, rows=8, row_length=1024, n_positions=1024, full=True, remat=False)
    assert 1.0 < counted / (6 * total_parameters(ONE_B) * tokens) < 1.1  # what is above is attention


def test_frozen_weights_have_no_gradient_but_the_scores_operands_do():
    sizes = Sizes(layers=3, vocabulary=11, embed=5, hidden=7, heads=2, kv_heads=1, head_dim=4)
    given = {"rows": 2, "row_length": 6, "n_positions": 4}
    matrices = 5 * 4 * (2 + 1 + 1 + 2) + 3 * 5 * 7  # q, k, v, o; gate, up, down
    forward = 2 * 12 * matrices  # a product and a sum of 12 tokens with each weight
    scores = 2 * (2 * 6 * 6) * 2 * (2 * 4)  # q with k, shares with v: 2 rows, 6 x 6 pairs, 2 heads of 4
    head = 2 * 8 * 11 * 5
    full, lora = (training_flops(sizes, **given, full=full, remat=False) for full in (True, False))
    assert full == 3 * (3 * (forward + scores) + head)
    assert lora == 3 * (2 * forward + 3 * scores) + 2 * head
    for method, plain in ((True, full), (False, lora)):
        assert training_flops(sizes, **given, full=method, remat=True) - plain == 3 * (forward + scores)


# --- files and processes --------------------------------------------------------------------------------------------

JOB = Job(builder="a:b", topology="v5e:2x2", fsdp=4, tp=1, layers=2, arguments={"rows": 8})


def test_a_compiler_for_tpus_sees_no_device_and_takes_no_lock():
    made = environment(JOB, {"HOME": "/home/me", "JAX_PLATFORMS": "tpu"})
    as_run = environment(replace(JOB, as_run=True), {"HOME": "/home/me", "JAX_PLATFORMS": "tpu"})
    assert made == as_run | {"JAX_OPTIMIZATION_LEVEL": "O1"}
    assert "JAX_OPTIMIZATION_LEVEL" not in as_run
    assert made["JAX_PLATFORMS"] == "cpu"
    assert made["ALLOW_MULTIPLE_LIBTPU_LOAD"] == "1"
    assert made["HOME"] == "/home/me"
    assert "JAX_PLATFORMS" not in environment(replace(JOB, topology="gpu:1"), {"JAX_PLATFORMS": "cpu"})
    devices = environment(replace(JOB, topology="cpu:8"), {"XLA_FLAGS": "--a"})["XLA_FLAGS"]
    assert devices == "--a --xla_force_host_platform_device_count=8"


def test_a_held_lock_and_a_killed_process_are_named():
    held = failure(JOB, 1, "The TPU is already in use by process with pid 12. See /tmp/libtpu_lockfile.")
    assert "another process holds the TPU library" in held.message
    assert "lsof" in held.tip
    assert "ran out of memory" in failure(JOB, -9, "").message
    assert failure(JOB, 1, "Traceback\nValueError: odd\n").message == "compiling for v5e:2x2 failed: ValueError: odd"


def test_a_program_that_fails_ends_those_that_compile_beside_it(monkeypatch, tmp_path):
    begun, ended = tmp_path / "begun", []

    def until(done: Callable[[], object]) -> None:
        for _ in range(1200):
            if not done():
                time.sleep(0.05)

    def alone(job: Job, timeout_seconds: float, processes: compile.Processes) -> Compiled:
        if job == JOB:
            until(begun.exists)
            raise UserError("this one fails")
        sleeper = [sys.executable, "-c", f"import time; open({str(begun)!r}, 'w'); time.sleep(600)"]
        ended.append(processes.run(sleeper, "", os.environ, 600).returncode)
        return Compiled()

    monkeypatch.setattr(compile, "compile_alone", alone)
    monkeypatch.setattr(compile, "check_compilers", lambda topologies: None)
    monkeypatch.setattr(compile, "job_key", lambda job: str(job.layers))
    with pytest.raises(UserError, match="this one fails"):
        compile.compile_all([JOB, replace(JOB, layers=8)], timeout_seconds=600)
    until(lambda: ended)
    assert ended == [-signal.SIGKILL]


def test_figures_are_kept_and_a_broken_file_is_no_figure(tmp_path):
    write_cached("k", Compiled(figures=FIGURES), tmp_path)
    found = read_cached("k", tmp_path)
    assert found is not None
    assert found.figures == FIGURES
    assert found.cached
    (tmp_path / "k.json").write_text('{"figures": {"peak')
    assert read_cached("k", tmp_path) is None
    assert read_cached("k", None) is None


def planned(**changes: object) -> TrainingPlan:
    given = {
        "topology": "v5e:2x2",
        "kinds": ("TPU v5 lite",),
        "n_devices": 4,
        "choice": START,
        "verdict": Verdict(needed_bytes=6.0 * GIB, capacity_bytes=16.0 * GIB),
        "figures": FIGURES,
        "update": StepTime(compute=0.1, memory=0.2, network=0.05),
        "updates": 100,
    }
    return TrainingPlan(**(given | changes))


def test_a_plan_is_read_back_as_it_was_written(tmp_path):
    document = PlanDocument(model="m", layers=26, compiled_layers=(2, 8), length={"steps": 100}, training=(planned(),))
    write_plan(document, tmp_path / "plan.json")
    assert read_plan(tmp_path / "plan.json") == document
    (written,) = json.loads((tmp_path / "plan.json").read_text())["training"]
    assert (written["fits"], written["missing_bytes"]) == (True, 0.0)
    assert written["update_seconds"] == pytest.approx([0.2, 0.35])
    assert written["run_seconds"] == pytest.approx([20.0, 35.0])
    assert written["device_hours"] == pytest.approx([4 * 20.0 / 3600, 4 * 35.0 / 3600])
    (tmp_path / "other.json").write_text("[1, 2]")
    with pytest.raises(UserError, match="is no plan"):
        read_plan(tmp_path / "other.json")
    with pytest.raises(UserError, match="No such file"):
        read_plan(tmp_path / "absent.json")


RAN = Ran(
    model="m",
    method="full",
    remat="none",
    batch_rows=64,
    micro_batches=1,
    row_length=1024,
    device_kind="TPU v5 lite",
    n_devices=4,
)


def test_the_plan_of_what_ran_is_found_among_several():
    plans = (planned(), planned(choice=replace(START, batch_rows=64)))
    data = {"data": {"row_length": 0, "max_length": 1024}}
    document = PlanDocument(model="m", layers=26, compiled_layers=(2, 8), length={}, training=plans, settings=data)
    assert matching(document, RAN) == plans[1]
    assert matching(document, replace(RAN, batch_rows=32)) == plans[0]
    others = {"model": "n", "method": "lora", "remat": "decoder", "batch_rows": 16, "micro_batches": 2}
    for name, other in (others | {"row_length": 512, "device_kind": "cpu", "n_devices": 8}).items():
        assert matching(document, replace(RAN, **{name: other})) is None, name


def test_a_check_tells_the_error_of_the_plan():
    check = Check(
        topology="v5e:2x2",
        planned_peak_bytes=5.0 * GIB,
        measured_peak_bytes=4.0 * GIB,
        planned_update_seconds=(0.2, 0.35),
        measured_update_seconds=0.3,
    )
    assert check.peak_error == pytest.approx(0.25)
    assert "(+25%)" in check.describe()
    assert planned().run_seconds == pytest.approx((20.0, 35.0))
