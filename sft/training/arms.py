"""The training pipeline: prepared rows to a trained, checkpointed, exported model, for each arm of a run."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.core.codec import encode
from harness.core.progress import OnProgress, quiet
from harness.store.beside import TRAINING_METRICS, read_metrics
from sft.config import Config
from sft.data.enforce import Order
from sft.data.prepare import write_prepared
from sft.tokens.loader import Loader, evaluation_batches
from sft.training.checkpoint import FOLDER as CHECKPOINTS
from sft.training.checkpoint import verify
from sft.training.export import export
from sft.training.guards import LossGuard
from sft.training.identity import check_same_run, claim, identity
from sft.training.inputs import ArmData, TrainingInputs, arms_data
from sft.training.loss import chunk_for
from sft.training.mesh import build_mesh
from sft.training.metrics import MetricsFile
from sft.training.optimizer import adamw, learning_rates

if TYPE_CHECKING:
    from jax.sharding import Mesh

    from sft.training.tunix_trainer import StepResult, Trainer

ARM_FILE = "arm.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainedArm:
    """What training one arm came to."""

    order: Order
    folder: Path
    """Holds data/, checkpoints/, train_metrics.jsonl, model/ and, with LoRA, adapter/."""
    model: Path
    steps: int
    exported_step: int
    tokens: int
    """Processed in training, padding left out."""
    fill_rate: float
    first_loss: float
    last_loss: float
    best_eval_loss: float | None
    seconds: float
    """Of this process; a resumed arm counts from its resumption."""
    peak_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """What a caller may watch."""

    preparing: OnProgress = quiet
    """Told of rows and samples, before the first arm."""
    data: Callable[[Order, ArmData], None] = lambda order, data: None
    step: Callable[[Order, StepResult, int], None] = lambda order, result, steps: None
    evaluated: Callable[[Order, int, float], None] = lambda order, step, loss: None
    probe: Callable[[Any, TrainingInputs, Order, int, float], dict[str, float]] | None = None
    """Called at every evaluation with the model in training and its loss; what it returns is written to the metrics."""


def train_arms(inputs: TrainingInputs, out: Path, events: Events | None = None) -> tuple[TrainedArm, ...]:
    """Train every arm under `out`/arms, each for the tokens that the first one takes.

    Arms that are finished are read, one that was cut off goes on from its last checkpoint.
    """
    events = events or Events()
    done: list[TrainedArm] = []
    budget: float | None = None
    for order, data in arms_data(inputs, events.preparing).items():
        folder = out / "arms" / order
        if first_host():
            _write_data(data, folder / "data")
            events.data(order, data)
        loader = _loader(inputs.config, data)
        steps = _steps(inputs.config, loader, data, budget)
        budget = budget or steps * _tokens_a_step(loader, data)
        begun = (folder / CHECKPOINTS).is_dir() or (folder / ARM_FILE).is_file()
        claim(folder, identity(inputs, data, steps), begun=begun, writes=first_host())
        done.append(_read_arm(folder) or train_arm(inputs, order, folder, data, loader, steps, events))
    return tuple(done)


def train_arm(
    inputs: TrainingInputs, order: Order, folder: Path, data: ArmData, loader: Loader, steps: int, events: Events
) -> TrainedArm:
    """Train one arm in its `folder`, verify the last checkpoint, export.

    `inputs` are what all arms share, `order` that of this arm's replies. `loader` gives the batches of `data` for so
    many `steps` (updates); `events` tell the caller. Raises UserError for a loss that is no number or jumps.
    """
    from sft.training.tunix_trainer import peak_bytes

    began = time.perf_counter()
    mesh = build_mesh(inputs.mesh)
    model = _model(inputs, mesh)
    run = _Run(inputs, order, folder, loader, steps, events)
    trainer = run.trainer(model, data)
    run.begin(trainer)
    try:
        trainer.fit(mesh)
    finally:
        run.close()
    if first_host():
        last = verify(folder / CHECKPOINTS, trained_arrays(model))
        del model
        wanted = trainer.best_step if inputs.config.export.checkpoint == "best" else None
        exported = last.with_name(str(wanted)) if wanted is not None else last
        losses = [row["loss"] for row in read_metrics(folder / TRAINING_METRICS) if "loss" in row]
        arm = TrainedArm(
            order=order,
            folder=folder,
            model=export(inputs, exported, folder),
            steps=int(last.name),
            exported_step=int(exported.name),
            tokens=sum(loader.tokens_of(i) for i in range(int(last.name))),
            fill_rate=data.train.fill_rate,
            first_loss=losses[0],
            last_loss=losses[-1],
            best_eval_loss=run.best_loss,
            seconds=time.perf_counter() - began,
            peak_bytes=peak_bytes(),
        )
        _write_arm(arm)
    _wait_for_hosts(f"exported {order}")
    written = _read_arm(folder)
    assert written is not None, f"{folder} must be on a disk that all hosts share"
    return written


def first_host() -> bool:
    """Whether this process is the one that writes files."""
    import jax

    return jax.process_index() == 0


def _wait_for_hosts(what: str) -> None:
    import jax

    if jax.process_count() > 1:
        from jax.experimental.multihost_utils import sync_global_devices

        sync_global_devices(what)


def trained_arrays(model: Any) -> dict[tuple[Any, ...], Any]:
    """The parameters that training changes, by path: LoRA's where there are any, else all."""
    from harness.gemma.model import lora, tunix_adapter

    arrays = tunix_adapter.state_arrays(model)
    adapters = {path: array for path, array in arrays.items() if lora.is_lora(path)}
    return adapters or arrays


class _Run:
    """What is kept between the updates of one arm: the metrics file, the guard, the best evaluation."""

    def __init__(
        self, inputs: TrainingInputs, order: Order, folder: Path, loader: Loader, steps: int, events: Events
    ) -> None:
        self.inputs, self.order, self.folder, self.loader, self.steps, self.events = (
            inputs,
            order,
            folder,
            loader,
            steps,
            events,
        )
        train = inputs.config.train
        self.rates = learning_rates(
            train.schedule,
            peak=train.learning_rate,
            steps=steps,
            warmup_steps=math.ceil(train.warmup_share * steps),
            final_share=train.final_share,
        )
        self.guard = LossGuard(train.spike_factor)
        self.metrics: MetricsFile | None = None
        self.best_loss: float | None = None
        self.without_gain = 0

    def trainer(self, model: Any, data: ArmData) -> Trainer:
        """The trainer, restored to the last checkpoint of the arm's folder."""
        from sft.training.tunix_trainer import LoopOptions, Trainer

        train, held_out = self.inputs.config.train, data.evaluation
        rows = train.batch_rows // train.micro_batches
        options = LoopOptions(
            steps=self.steps,
            eval_every=train.eval_every,
            save_every=train.save_every,
            keep=train.keep,
            checkpoints=self.folder / CHECKPOINTS,
            compute_dtype=compute_dtype(self.inputs.config),
            chunk=chunk_for(rows // self.inputs.mesh.fsdp, self.inputs.sizes.vocabulary, self.loader.n_positions),
        )
        self.identity = identity(self.inputs, data, self.steps)
        batches = {"batch_rows": rows, "process": self.loader.process, "processes": self.loader.processes}
        return Trainer(
            model,
            adamw(self.rates, weight_decay=train.weight_decay, clip=train.clip, beta2=train.beta2),
            self.loader,
            options,
            evaluation=(lambda: evaluation_batches(held_out, **batches)) if held_out is not None else None,
            on_step=self.on_step,
            on_evaluation=self.on_evaluation,
            metadata=self.identity,
        )

    def begin(self, trainer: Trainer) -> None:
        """Check that a restored checkpoint is this run's, and cut the metrics back to it."""
        from harness.gemma.model.checkpoint import Origin, write_origin

        config = self.inputs.config
        if trainer.restored_step:
            check_same_run(trainer.restored_metadata, self.identity, self.folder)
        alpha = config.lora.alpha if config.train.method != "full" else None
        self.running = trainer
        if first_host():
            write_origin(self.folder / CHECKPOINTS, Origin(base=str(self.inputs.base.resolve()), lora_alpha=alpha))
            board = self.folder / "tensorboard" if config.train.tensorboard else None
            self.metrics = MetricsFile(
                self.folder / TRAINING_METRICS, from_step=trainer.restored_step, tensorboard=board
            )
        _wait_for_hosts("metrics cut back")
        for row in read_metrics(self.folder / TRAINING_METRICS):
            if "eval_loss" in row:
                self._weigh(row["step"], row["eval_loss"])

    def on_step(self, result: StepResult) -> None:
        """Guard, then one line of metrics."""
        self.guard.check(result.step, result.loss, result.grad_norm, self.loader.ids_of(result.step - 1))
        tokens = self.loader.tokens_of(result.step - 1)
        values = {
            "loss": result.loss,
            "learning_rate": float(self.rates(result.step - 1)),
            "grad_norm": result.grad_norm,
            "tokens_per_second": tokens / result.seconds if result.seconds else None,
        }
        if self.metrics is not None:
            self.metrics.write(result.step, values)
            self.events.step(self.order, replace(result, tokens=tokens), self.steps)

    def on_evaluation(self, step: int, loss: float) -> None:
        """One line of metrics, the probe, the best so far, and whether to go on."""
        probe = self.events.probe
        probed = probe(self.running.model, self.inputs, self.order, step, loss) if probe else {}
        self._weigh(step, loss)
        if self.metrics is not None:
            self.metrics.write(step, {"eval_loss": loss, **probed})
            self.events.evaluated(self.order, step, loss)

    def _weigh(self, step: int, loss: float) -> None:
        if step and (self.best_loss is None or loss < self.best_loss):
            self.best_loss, self.running.best_step, self.without_gain = loss, step, 0
        elif step:
            self.without_gain += 1
        patience = self.inputs.config.train.patience
        self.running.stopped = bool(patience) and self.without_gain >= patience

    def close(self) -> None:
        if self.metrics is not None:
            self.metrics.close()


def compute_dtype(config: Config) -> Any:
    """bfloat16 except on a CPU, where it gains nothing."""
    import jax
    import jax.numpy as jnp

    named = config.train.compute_dtype
    if named == "auto":
        named = "float32" if jax.default_backend() == "cpu" else "bfloat16"
    return jnp.dtype(named)


def _model(inputs: TrainingInputs, mesh: Mesh | None) -> Any:
    from harness.gemma.load import load_model
    from sft.training.trainable import as_trained, base_dtype

    dtype = base_dtype(inputs.config, compute_dtype(inputs.config))
    return as_trained(load_model(inputs.base, dtype=dtype, mesh=mesh).model, inputs.config, mesh)


def _loader(config: Config, data: ArmData) -> Loader:
    import jax

    return Loader(
        data.train,
        batch_rows=config.train.batch_rows,
        micro_batches=config.train.micro_batches,
        seed=config.train.seed,
        process=jax.process_index(),
        processes=jax.process_count(),
    )


def _steps(config: Config, loader: Loader, data: ArmData, budget: float | None) -> int:
    if budget is not None:
        return max(1, round(budget / _tokens_a_step(loader, data)))
    return config.train.steps or loader.steps_for(config.train.epochs)


def _tokens_a_step(loader: Loader, data: ArmData) -> float:
    return loader.batch_rows * data.train.fill_rate * data.train.tokens.shape[1]


def _write_data(data: ArmData, folder: Path) -> None:
    write_prepared(data.prepared, folder)
    (folder / "tokens.json").write_text(json.dumps(encode(data.report), indent=2) + "\n", encoding="utf-8")


def _write_arm(arm: TrainedArm) -> None:
    document = asdict(replace(arm, folder=Path(), model=Path())) | {"folder": "", "model": ""}
    (arm.folder / ARM_FILE).write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def _read_arm(folder: Path) -> TrainedArm | None:
    path = folder / ARM_FILE
    if not path.is_file():
        return None
    document = json.loads(path.read_text(encoding="utf-8"))
    return TrainedArm(**document | {"folder": folder, "model": folder / "model"})
