"""A training run killed with SIGKILL goes on: the same loss curve and the same weights as one never interrupted."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sft_runs import curve, evaluations, one_layer, quick_compilation, settings

from harness.core.errors import UserError
from sft.config import write_config
from sft.training.arms import train_arms
from sft.training.inputs import training_inputs

__all__ = ["quick_compilation"]

REPO = Path(__file__).resolve().parent.parent
STEPS = 20
PROGRAM = """
import sys
from pathlib import Path
from harness.api.train import run_training
from sft.config import read_written
folder = Path(sys.argv[1])
run_training(read_written(folder), folder, benchmark=False)
"""
CHANGES = {"train__steps": STEPS, "train__save_every": 3, "train__eval_every": 4, "data__eval_share": 0.2}


class Session:
    """One run in a folder, killed and gone on with as processes of their own."""

    def __init__(self, root: Path, **changes: object) -> None:
        self.folder = root / "run"
        self.arm = self.folder / "arms" / "reasoning-answer"
        self.environment = os.environ | {
            "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",
            "HARNESS_COMPILE_CACHE": str(root.parent / "compiled"),
        }
        write_config(settings(**CHANGES | changes), self.folder)

    def start(self) -> subprocess.Popen:
        program = [sys.executable, "-c", PROGRAM, str(self.folder)]
        return subprocess.Popen(program, cwd=REPO, env=self.environment, stderr=subprocess.PIPE)

    def kill_at(self, step: int) -> bool:
        """Kill once update `step` is logged; whether it was still running."""
        process, metrics = self.start(), self.arm / "train_metrics.jsonl"
        while process.poll() is None:
            if metrics.exists() and f'"step": {step},' in metrics.read_text():
                os.kill(process.pid, signal.SIGKILL)
                break
            time.sleep(0.002)
        process.communicate()
        return process.returncode == -signal.SIGKILL

    def finish(self) -> None:
        process = self.start()
        _, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors.decode()[-3000:]


def check_kills(tmp_path: Path, kills: list[int], **changes: object) -> None:
    killed, whole = Session(tmp_path / "killed", **changes), Session(tmp_path / "whole", **changes)
    for step in kills:
        assert killed.kill_at(step), f"ended before update {step}"
    killed.finish()
    whole.finish()
    assert list(curve(whole.arm)) == list(range(1, STEPS + 1))
    assert curve(killed.arm) == curve(whole.arm)
    assert evaluations(killed.arm) == evaluations(whole.arm)
    for name in ("model/model.safetensors", "adapter/adapter_model.safetensors"):
        files = [session.arm / name for session in (killed, whole)]
        assert files[0].exists() == files[1].exists()
        assert not files[0].exists() or files[0].read_bytes() == files[1].read_bytes()


def test_a_run_killed_between_checkpoints_ends_with_the_same_curve_and_weights(tmp_path):
    check_kills(tmp_path, [random.Random(0).randint(5, STEPS - 3)])


@pytest.mark.slow
def test_a_run_killed_ten_times_ends_with_the_same_curve_and_weights(tmp_path):
    check_kills(tmp_path, sorted(random.Random(1).sample(range(2, STEPS - 1), 10)))


@pytest.mark.slow
@pytest.mark.parametrize("method", ["lora", "qlora"])
def test_lora_with_micro_batches_goes_on_too(tmp_path, method):
    check_kills(tmp_path, [8, 14], train__method=method, train__micro_batches=2)


SHORT = {"train__steps": 2, "train__save_every": 1, "train__method": "lora", "data__eval_share": 0.0}


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    train_arms(training_inputs(settings(**SHORT).config, folder), folder)
    return folder


OTHERWISE = {
    "data__source": "gsm_style:n=61,seed=1",
    "data__weights": {"question": 0.5},
    "data__eval_share": 0.2,
    "train__seed": 1,
    "train__warmup_share": 0.5,
    "train__final_share": 0.5,
    "train__beta2": 0.95,
    "train__remat": "block",
    "train__schedule": "linear",
    "lora__rank": 3,
    "lora__alpha": 5.0,
    "lora__modules": ".*q_einsum",
}


@pytest.mark.parametrize("finished", [True, False], ids=["finished", "cut off"])
def test_a_run_does_not_go_on_with_other_data_or_settings(trained, tmp_path, finished):
    folder = Path(shutil.copytree(trained, tmp_path / "run"))
    if not finished:
        (folder / "arms" / "reasoning-answer" / "arm.json").unlink()
    for setting, value in OTHERWISE.items():
        other = settings(**SHORT | {setting: value})
        name = "training rows" if setting.startswith("data") else setting.replace("__", ".")
        with pytest.raises(UserError, match=f"was begun with something else: .*{name} was "):
            train_arms(training_inputs(other.config, folder), folder)


def test_a_run_does_not_go_on_with_another_base_of_the_same_name(trained, tmp_path):
    from harness.gemma.tiny import write_tiny_model

    folder = Path(shutil.copytree(trained, tmp_path / "run"))
    (folder / "arms" / "reasoning-answer" / "arm.json").unlink()
    shape = {"layers": 1, "hidden": 32, "heads": 2, "head_dim": 8, "window": 32}
    for embed, seed in ((16, 1), (24, 0)):
        base = tmp_path / str(embed) / one_layer().name
        write_tiny_model(base, embed=embed, seed=seed, **shape)
        other = settings(**SHORT | {"model__base": str(base)})
        with pytest.raises(UserError, match=r"begun with something else: base was '[^;]*$"):
            train_arms(training_inputs(other.config, folder), folder)


def test_what_changes_no_number_may_differ(trained):
    other = settings(**SHORT | {"train__keep": 1, "train__save_every": 2, "train__spike_factor": 0.0})
    (arm,) = train_arms(training_inputs(other.config, trained), trained)
    assert arm.steps == 2


def test_metrics_are_cut_back_to_the_checkpoint_and_a_torn_line_is_dropped(tmp_path):
    from harness.store.beside import read_metrics
    from sft.training.metrics import MetricsFile

    path = tmp_path / "train_metrics.jsonl"
    lines = [{"step": s, "loss": 1.0} for s in (1, 2, 3)] + [{"step": 2, "eval_loss": 2.0}]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines) + '{"step": 4, "lo')
    metrics = MetricsFile(path, from_step=2)
    metrics.write(3, {"loss": 0.5, "eval_loss": None, "grad_norm": float("nan")})
    metrics.close()
    assert list(read_metrics(path)) == [{"step": 1, "loss": 1.0}, {"step": 2, "loss": 1.0}, {"step": 3, "loss": 0.5}]


def events(folder: Path) -> list:
    """TensorBoard's events, out of its framing: length (8 bytes), checksum (4), message, checksum (4)."""
    from tensorboardX.proto.event_pb2 import Event

    found = []
    for file in sorted(folder.iterdir()):
        data = file.read_bytes()
        while data:
            end = 12 + int.from_bytes(data[:8], "little")
            found.append(Event.FromString(data[12:end]))
            data = data[end + 4 :]
    return found


def test_tensorboard_gets_the_same_values_and_a_resumed_run_replaces_its_own(tmp_path):
    from sft.training.metrics import MetricsFile

    board = tmp_path / "board"
    for from_step, steps in ((0, (1, 2, 3)), (2, (3, 4))):
        metrics = MetricsFile(tmp_path / "train_metrics.jsonl", from_step=from_step, tensorboard=board)
        for step in steps:
            metrics.write(step, {"loss": step / 4, "grad_norm": None})
        metrics.close()
    found = events(board)
    values = [(e.step, v.tag, v.simple_value) for e in found for v in e.summary.value]
    assert sorted(values) == [(1, "loss", 0.25), (2, "loss", 0.5), (3, "loss", 0.75), (3, "loss", 0.75), (4, "loss", 1)]
    assert [e.step for e in found if e.session_log.status == e.session_log.START] == [3]
