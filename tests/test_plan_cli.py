"""`harness plan` and `train --plan` from the command line: what is refused, and a plan for this machine and its run."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("tunix", reason="needs the gemma extra")

from harness.core.errors import install_tip
from harness.gemma.tiny import write_tiny_model


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--recipe", "gemma3_1b_gsm8k", "-t", "v5e:2x3"], "did you mean 'v5e:2x4'"),
        (["--recipe", "gemma3_1b_gsm8k", "-t", "v5e:2x2", "--mode", "lorra"], "did you mean 'lora'"),
        (["--recipe", "gemma3_1b_gsm8k", "-t", "v5e:2x2", "--batch", "7"], "does not share out over fsdp=4"),
        (["--recipe", "gemma3_1b_gsm8k", "-t", "v5e:2x2", "--base", "somebody/else"], "its size is not known"),
        (["-t", "v5e:2x2"], "no settings given"),
        (["--recipe", "gemma3_1b_gsm8k", "-t", "cpu", "--rows", "64"], "--rows is of the decode engine"),
        (["--recipe", "gemma3_1b_gsm8k", "-t", "cpu", "--out", "."], "--out . is a folder"),
    ],
)
def test_a_mistake_is_named_before_anything_is_compiled(harness, arguments, message):
    done = harness("plan", *arguments)
    assert done.code == 2
    assert message in done.err


def test_without_its_compiler_a_tpu_is_answered_with_the_install_line(harness, monkeypatch):
    monkeypatch.delenv("TPU_LIBRARY_PATH", raising=False)
    monkeypatch.setattr("harness.hardware.compile.find_spec", lambda name: None)
    done = harness("plan", "--recipe", "gemma3_1b_gsm8k", "-t", "v5e:2x2")
    assert done.code == 2
    assert "needs libtpu" in done.err
    assert install_tip("plan") in done.err


def test_a_library_path_that_leads_nowhere_is_named(harness, monkeypatch):
    monkeypatch.setenv("TPU_LIBRARY_PATH", "/nowhere/libtpu.so")
    done = harness("plan", "--recipe", "gemma3_1b_gsm8k", "-t", "v5e:2x2")
    assert done.code == 2
    assert "TPU_LIBRARY_PATH is /nowhere/libtpu.so, where no file is" in done.err


def test_without_a_gpu_that_is_said_before_anything_is_compiled(harness):
    jax = pytest.importorskip("jax")
    if any(device.platform == "gpu" for device in jax.devices()):
        pytest.skip("there is one here")
    done = harness("plan", "--recipe", "gemma3_1b_gsm8k", "-t", "gpu")
    assert done.code == 2
    assert "JAX finds no gpu here" in done.err
    assert "compiled" not in done.err


@pytest.mark.slow
def test_a_plan_for_this_machine_lies_beside_the_run_and_is_compared_with_it(harness, tmp_path):
    base = write_tiny_model(tmp_path / "base", layers=1, embed=16, hidden=32, heads=2, head_dim=8, window=32)
    given = ["--recipe", "tiny", "--base", base, "--set", "train.steps=6", "--set", "data.source=gsm_style:n=40,seed=0"]
    planned = harness("plan", *given, "-t", "cpu", "--mode", "full", "--out", tmp_path / "plan.json", "--json")
    assert planned.code == 0, planned.err
    document = json.loads(planned.out)
    assert document["length"]["how"] == "measured"
    assert document["length"]["steps"] == 6
    assert document["training"][0]["verdict"]["needed_bytes"] > 0
    run = tmp_path / "run"
    done = harness("train", *given, "--no-benchmark", "--plan", tmp_path / "plan.json", "--out", run, "--json")
    assert done.code == 0, done.err
    check = json.loads((run / "plan_check.json").read_text())["reasoning-answer"]
    assert check["measured_peak_bytes"] > check["planned_peak_bytes"]  # the whole process, and a tiny model
    assert check["measured_update_seconds"] > 0
    assert (run / "plan.json").read_bytes() == (tmp_path / "plan.json").read_bytes()
