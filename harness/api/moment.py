"""A model in training between two updates: what `train(watch=...)` hands over, and the probe of its accuracy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.gemma.live import LiveModel
    from sft.training.inputs import TrainingInputs


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A model in training, between two updates. It changes with the next one: ask it now."""

    arm: str
    """The order of the replies that it is trained on."""
    step: int
    """Updates so far."""
    eval_loss: float
    """On the held-out samples."""
    live: LiveModel
    """The model with its tokenizer: `harness.evaluate(task, moment.live)`."""

    @property
    def model(self) -> Any:
        """The trainer's own module."""
        return self.live.model


def moment_of(model: Any, inputs: TrainingInputs, order: str, *, step: int, eval_loss: float) -> Moment:
    """The moment after `step` updates of the arm `order`, of the trainer's `model`.

    `inputs` are what the arm trains from, `eval_loss` is that of all held-out rows, in nats a token.
    """
    from harness.gemma.live import LiveModel

    config = inputs.config
    live = LiveModel(
        model=model,
        tokenizer=inputs.base,
        name=f"{order} at update {step}",
        lora_alpha=None if config.train.method == "full" else config.lora.alpha,
        chat_template=config.model.chat_template,
    )
    return Moment(arm=order, step=step, eval_loss=eval_loss, live=live)


def probe_accuracy(model: Any, inputs: TrainingInputs, order: str) -> dict[str, float]:
    """The primary metric of the `model` in training on the first docs of the first task, by the decode engine:
    {"accuracy", "accuracy_low", "accuracy_high", "accuracy_docs"}."""
    from harness.api.benchmark import invocation
    from harness.core.records import GenerationSettings
    from harness.gemma.backend import GemmaBackend
    from harness.gemma.engine.engine import Engine
    from harness.gemma.engine.placed import EngineOptions
    from harness.runner.begin import build_task
    from harness.runner.requests import requests_of
    from harness.runner.scoring import score_completion
    from harness.stats.estimate import estimate_metrics
    from sft.training.export import loaded_for_decoding

    settings = inputs.config.benchmark
    asked = invocation(inputs, settings.tasks[0], "")
    task = build_task(asked.task, asked.options, limit=settings.probe_docs)
    loaded = loaded_for_decoding(inputs, model)
    engine = Engine(loaded.model, options=EngineOptions(max_length=loaded.max_positions))
    backend = GemmaBackend(loaded, engine, order)
    budget = GenerationSettings(max_new_tokens=settings.max_new_tokens or task.max_new_tokens, stop=task.stop)
    planned = {one.request.doc_id: one for one in requests_of(task, backend.describe(), budget)}
    records = [
        score_completion(planned[done.doc_id].key, planned[done.doc_id].doc, done, task.scorers)
        for done in backend.generate([one.request for one in planned.values()], budget)
    ]
    metric = next(
        metric.info for scorer in task.scorers for metric in scorer.metrics if metric.info.name == task.primary
    )
    found = estimate_metrics(records, [metric])[task.primary]
    told = {"": found.value, "_low": found.low, "_high": found.high, "_docs": float(found.n_docs)}
    return {task.primary + name: value for name, value in told.items() if value is not None and found.n_docs}
