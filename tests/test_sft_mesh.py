"""Devices to meshes: what does not fit is named, and every mesh trains the same model."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from harness.core.errors import UserError
from sft.training.mesh import MeshShape, mesh_shape

REPO = Path(__file__).resolve().parent.parent


def test_devices_share_the_batch_unless_tp_is_asked_for():
    assert mesh_shape(8, heads=4, batch_rows=16) == MeshShape(fsdp=8, tp=1)
    assert mesh_shape(8, heads=4, batch_rows=16, tp=4) == MeshShape(fsdp=2, tp=4)
    assert mesh_shape(1, heads=4, batch_rows=3) == MeshShape(fsdp=1, tp=1)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"heads": 4, "batch_rows": 8, "tp": 8}, "does not divide the model's 4 heads"),
        ({"heads": 4, "batch_rows": 8, "tp": 0}, "mesh.tp is 0"),
        ({"heads": 4, "batch_rows": 8, "fsdp": 3}, "3 x 1, but there are 8 devices"),
        ({"heads": 4, "batch_rows": 12}, "12 rows does not share out over fsdp=8"),
        ({"heads": 4, "batch_rows": 16, "micro_batches": 4}, "4 rows does not share out over fsdp=8"),
    ],
)
def test_a_mesh_that_does_not_fit_is_named(given, message):
    with pytest.raises(UserError, match=message):
        mesh_shape(8, **given)


PROGRAM = """
import sys
from pathlib import Path
import jax
jax.config.update("jax_disable_most_optimizations", True)
from harness.runner.jax_hosts import join_hosts
join_hosts()
from sft.config import read_written
from sft.training.inputs import training_inputs
from sft.training.arms import train_arms
folder = Path(sys.argv[1])
inputs = training_inputs(read_written(folder).config, folder)
print(jax.device_count(), inputs.mesh)
train_arms(inputs, folder)
"""


def start(folder: Path, devices: int, environment: dict[str, str], **changes: object) -> subprocess.Popen:
    from sft_runs import settings

    from harness.gemma.tiny import write_tiny_model
    from sft.config import write_config

    base = folder.parent / "four-heads"
    if not base.exists():
        write_tiny_model(base, layers=1, embed=16, hidden=32, heads=4, head_dim=8, window=32)

    given: dict[str, object] = {
        "train__steps": 4,
        "train__batch_rows": 8,
        "train__eval_every": 2,
        "train__save_every": 4,
    }
    given["model__base"] = str(base)
    write_config(settings(**(given | changes)), folder)
    flags = f"--xla_force_host_platform_device_count={devices}"
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", PROGRAM, str(folder)],
        cwd=REPO,
        env=os.environ | {"XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"} | environment,
        stderr=subprocess.PIPE,
    )


def finish(process: subprocess.Popen) -> None:
    _, errors = process.communicate(timeout=900)
    assert process.returncode == 0, errors.decode()[-3000:]


def check_same(folder: Path, expected: Path) -> None:
    from safetensors.numpy import load_file
    from sft_runs import curve, evaluations

    arms = [f / "arms" / "reasoning-answer" for f in (folder, expected)]
    found, wanted = (np.array(list(curve(arm).values())) for arm in arms)
    np.testing.assert_allclose(found, wanted, rtol=1e-5)
    np.testing.assert_allclose(*(list(evaluations(arm).values()) for arm in arms), rtol=1e-5)
    ours, theirs = (load_file(arm / "model" / "model.safetensors") for arm in arms)
    for name, tensor in theirs.items():
        np.testing.assert_allclose(ours[name], tensor, atol=2e-4)


@pytest.fixture(scope="module")
def one_device(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("tunix", reason="needs the gemma extra")
    folder = tmp_path_factory.mktemp("mesh") / "one"
    finish(start(folder, 1, {}))
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(8, 1), (4, 2), (2, 4)])
def test_a_mesh_of_eight_devices_trains_the_same_model(tmp_path, one_device, shape):
    folder = tmp_path / "run"
    finish(start(folder, 8, {}, mesh__fsdp=shape[0], mesh__tp=shape[1]))
    check_same(folder, one_device)


@pytest.mark.slow
def test_two_processes_train_the_same_model(tmp_path, one_device):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    group = {"HARNESS_COORDINATOR": f"127.0.0.1:{port}", "HARNESS_PROCESSES": "2"}
    folder = tmp_path / "run"
    processes = [start(folder, 1, group | {"HARNESS_PROCESS": str(i)}) for i in range(2)]
    for process in processes:
        finish(process)
    check_same(folder, one_device)
