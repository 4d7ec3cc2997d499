"""The one place that touches Tunix's training loop (google-tunix 0.1.7): `PeftTrainer` with what SFT needs changed.

Taken from Tunix: the loop, the compiled step, LoRA or full by what the model holds, gradient accumulation, evaluation,
checkpoints and their restore. Changed here, and why:

- batches come by number through its data hooks, because its own resume pulls and throws away every batch so far;
- the loss is `sft.training.loss`, because its default holds batch x length x vocabulary one-hot targets;
- metrics are written before the checkpoint of the same step (Tunix: one step later), so that a kill between the two
  loses none, and a loss that is no number is seen before it is saved;
- an evaluation's loss is its own (Tunix reports the mean over all evaluations so far);
- the step gives up the old parameters as it gives up the old optimizer state, so that they do not exist twice;
- its logger is replaced: it starts wandb where that is installed and clears JAX's listeners of the whole process.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import jax
import numpy as np
import optax
import orbax.checkpoint as ocp
from flax import nnx
from jax.interpreters import pxla
from jax.sharding import Mesh
from tunix.sft import hooks
from tunix.sft.peft_trainer import PeftTrainer, TrainingConfig

from sft.tokens.loader import Batch, Loader
from sft.training.trainable import mesh_context, model_loss


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopOptions:
    """How long, how often, where to."""

    steps: int
    eval_every: int
    save_every: int
    keep: int
    """Latest checkpoints that stay; the best one by evaluation loss stays too."""
    checkpoints: Path | None
    compute_dtype: Any
    chunk: int
    """Positions of a row whose logits are held at once; 0: all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """One finished update."""

    step: int
    """From 1."""
    loss: float
    grad_norm: float
    """Of the unclipped gradient; with micro-batches, the mean of theirs."""
    seconds: float | None
    """Since the update before; None for the first one, which compiles."""
    tokens: int = 0
    """Of its samples over all hosts, padding left out; 0 where the loop was not told."""


class Trainer(PeftTrainer):  # type: ignore[misc, unused-ignore]
    """Trains `model` on a loader's batches; restores the latest checkpoint when it is made."""

    _jitted_train_step_fn: Any

    def __init__(
        self,
        model: Any,
        optimizer: optax.GradientTransformation,
        loader: Loader,
        options: LoopOptions,
        *,
        evaluation: Callable[[], Iterator[Batch]] | None = None,
        on_step: Callable[[StepResult], None] = lambda result: None,
        on_evaluation: Callable[[int, float], None] = lambda step, loss: None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        """`metadata` is saved with every checkpoint; `restored_metadata` is what the restored one held."""
        self.stopped = False
        self._ending = False
        self.best_step: int | None = None
        self._options, self._on_step, self._on_evaluation = options, on_step, on_evaluation
        self._evaluation, self._metadata = evaluation, dict(metadata or {})
        self._pending: deque[Any] = deque()
        self._last_done: float | None = None
        self._buffered_train_metrics: Any = None
        super().__init__(model, optimizer, self._config(loader, options), metrics_logger=_SilentLogger())
        self.with_loss_fn(self._loss).with_gen_model_input_fn(lambda batch: {"batch": batch})
        self.with_data_hooks(_Data(loader, self))
        self.with_training_hooks(_AtEnd())

    @property
    def restored_step(self) -> int:
        """The update that training goes on from; 0 for a new one."""
        return int(self.train_steps)

    @property
    def restored_metadata(self) -> Mapping[str, Any]:
        """What `metadata` was when the restored checkpoint was saved."""
        return self._restored_custom_metadata or {}

    def fit(self, mesh: Mesh | None = None) -> None:
        """Train to the end, or until `stopped` is set. One trainer, one fit: Tunix closes everything behind it."""
        try:
            with mesh_context(mesh):
                self.train((), eval_ds=(True,) if self._evaluation else None)
        except BaseException:
            self.checkpoint_manager.close()  # a save that was begun is finished, so that --resume finds it
            raise

    def saves_at(self, step: int) -> bool:
        """Whether a checkpoint is written after this update: also at every evaluation, so that the best one exists."""
        options = self._options
        return step > 0 and (
            step % options.save_every == 0 or (bool(self._evaluation) and step % options.eval_every == 0)
        )

    def jit_train_and_eval_step(self, skip_jit: bool = False, cache_nnx_graph: bool = False) -> tuple[Any, Any]:
        """As Tunix's, over `compiled_step`."""
        if self._jitted_train_step_fn is None and not skip_jit:
            self._shard_optimizer(pxla.thread_resources.env.physical_mesh)
            # `partial` around it, because Tunix's loop looks for the compiled function under `.func`.
            self._jitted_train_step_fn = partial(nnx.cached_partial(compiled_step(self), self.model, self.optimizer))
            self._jitted_eval_step_fn = partial(nnx.cached_partial(nnx.jit(self._eval_step), self.model))
        return super().jit_train_and_eval_step(skip_jit, cache_nnx_graph)  # type: ignore[no-any-return, unused-ignore]

    def custom_checkpoint_metadata(self) -> dict[str, Any]:
        """Saved with every checkpoint (Tunix's hook)."""
        return self._metadata

    def _loss(self, model: Any, batch: Batch) -> Any:
        return model_loss(model, batch, compute_dtype=self._options.compute_dtype, chunk=self._options.chunk)

    def _config(self, loader: Loader, options: LoopOptions) -> TrainingConfig:
        saving = ocp.CheckpointManagerOptions(
            save_decision_policy=_SavePolicy(self), preservation_policy=_KeepPolicy(self, options.keep)
        )
        return TrainingConfig(
            eval_every_n_steps=options.eval_every,
            gradient_accumulation_steps=loader.micro_batches if loader.micro_batches > 1 else None,
            checkpoint_root_directory=str(options.checkpoints.resolve()) if options.checkpoints else None,
            checkpointing_options=saving,
        )

    def _write_train_metrics(self) -> None:
        """Tunix calls this after each update, before it saves, and once at the end.

        The loss of an update is looked at one update late, so that the device is never waited for, except where a
        checkpoint follows.
        """
        if self._buffered_train_metrics is None:  # the end
            self._finish_pending(0)
            return
        self._pending.append(self._buffered_train_metrics)
        self._buffered_train_metrics = None
        self._finish_pending(0 if self.saves_at(self._train_steps) else 1)

    def _finish_pending(self, n_left: int) -> None:
        while len(self._pending) > n_left:
            done = self._pending.popleft()
            loss, norms = float(done.loss), done.additional_metrics["grad_norm"][0]
            now, before = time.perf_counter(), self._last_done
            self._last_done = now
            seconds = None if before is None else now - before
            norm = float(np.mean([np.asarray(n) for n in norms]))
            self._on_step(StepResult(step=done.step + 1, loss=loss, grad_norm=norm, seconds=seconds))

    def _run_eval(self, eval_ds: Any, eval_step_fn: Any) -> None:
        """Evaluation is not training time, nor is what an observer does after it.

        Tunix also evaluates before the first update: of a resumed run only where the whole run would have, too.
        """
        if self._train_steps % self._options.eval_every and not self._ending:
            return
        self._finish_pending(0)
        began = time.perf_counter()
        super()._run_eval(eval_ds, eval_step_fn)
        if self._last_done is not None:
            self._last_done += time.perf_counter() - began

    def _save_last_checkpoint(self) -> None:
        """As Tunix's, with the metadata, which it leaves out of the last save."""
        latest = self.checkpoint_manager.latest_step()
        if latest is None or latest < self._train_steps:
            self.checkpoint_manager.save(
                self._train_steps,
                self.model,
                self.optimizer,
                save_only_lora_params=self._lora_enabled,
                force=True,
                custom_metadata=self.custom_checkpoint_metadata(),
            )


def compiled_step(trainer: Trainer) -> Any:
    """The update as it is compiled: of (model, optimizer, batch), both changed in place, to (loss, _, gradient norm).

    `harness plan` compiles this very function for machines that are not there.
    """
    return nnx.jit(trainer._train_step, donate_argnames=("model", "optimizer"))


class _Data(hooks.DataHooks):  # type: ignore[misc, unused-ignore]
    """Batches by the trainer's own count, so that a restored trainer goes on where it was."""

    def __init__(self, loader: Loader, trainer: Trainer) -> None:
        self.loader, self.trainer = loader, trainer
        self._evaluating: Iterator[Batch] | None = None

    def load_next_train_batch(self, train_ctx: Any) -> Batch | None:
        done = self.trainer.stopped or train_ctx.train_steps >= self.trainer._options.steps
        return None if done else self.loader.batch(train_ctx.iter_steps)

    def load_next_eval_batch(self, train_ctx: Any) -> Batch | None:
        if self._evaluating is None:
            assert self.trainer._evaluation is not None
            self._evaluating = self.trainer._evaluation()
        batch = next(self._evaluating, None)
        if batch is None:
            self._evaluating = None
        return batch


class _AtEnd(hooks.TrainingHooks):  # type: ignore[misc, unused-ignore]
    """Reports evaluations, and makes a last one where the last update had none."""

    def on_train_start(self, train_ctx: Any) -> None:
        pass

    def on_train_end(self, train_ctx: Trainer) -> None:
        if train_ctx._evaluation and train_ctx.train_steps % train_ctx._options.eval_every:
            train_ctx._ending = True
            train_ctx._run_eval((True,), train_ctx._jitted_eval_step_fn)

    def on_train_step_start(self, train_ctx: Any) -> None:
        pass

    def on_train_step_end(self, train_ctx: Any, train_step: int, train_loss: float) -> None:
        pass

    def on_eval_step_start(self, train_ctx: Any) -> None:
        pass

    def on_eval_step_end(self, train_ctx: Trainer, eval_loss: Any) -> None:
        """`eval_loss` is the sum over batches: the loss of all rows, as `evaluation_batches` divides the weights."""
        train_ctx._on_evaluation(int(train_ctx.train_steps), float(eval_loss))


class _SavePolicy:
    def __init__(self, trainer: Trainer) -> None:
        self.trainer = trainer

    def should_save(self, step: Any, previous_steps: Sequence[Any], *, context: Any) -> bool:
        return self.trainer.saves_at(step.step) and all(before.step < step.step for before in previous_steps)


class _KeepPolicy:
    def __init__(self, trainer: Trainer, keep: int) -> None:
        self.trainer, self.keep = trainer, keep

    def should_preserve(self, checkpoints: Sequence[Any], *, context: Any) -> list[bool]:
        latest = {info.step for info in checkpoints[-self.keep :]}
        return [info.step in latest or info.step == self.trainer.best_step for info in checkpoints]


class _SilentLogger:
    """Stands where Tunix's metrics logger would; `on_step` and `on_evaluation` are how values leave the loop."""

    def log(self, prefix: str, name: str, value: Any, mode: Any, step: int) -> None:
        self.last = value

    def get_metric(self, prefix: str, name: str, mode: Any) -> Any:
        return self.last

    def metric_exists(self, prefix: str, name: str, mode: Any) -> bool:
        return False

    def close(self) -> None:
        pass


def peak_bytes() -> int:
    """The most memory that was in use: of one device, or of this process on a CPU."""
    stats = jax.local_devices()[0].memory_stats()
    if stats and "peak_bytes_in_use" in stats:
        return int(stats["peak_bytes_in_use"])
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
