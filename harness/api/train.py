"""`train`: raw reasoning data and a base in; trained, benchmarked, compared and reported candidates out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.api.listener import SILENT, Listener
from harness.api.settings import probe_default, resolve_settings, training_options
from harness.api.watch import shown_here
from harness.core.errors import UserError
from harness.core.progress import OnProgress, Progress, quiet
from harness.core.stopped import Stopped
from harness.store.folder import DEFAULT_RUNS, new_folder

if TYPE_CHECKING:
    from harness.api.moment import Moment
    from harness.audits.contamination import Contamination
    from harness.runner.hosts import Hosts
    from sft.config import Resolved
    from sft.data.enforce import Order
    from sft.training.arms import Events
    from sft.training.inputs import ArmData, TrainingInputs
    from sft.training.result import TrainingResult
    from sft.training.tunix_trainer import StepResult

    Watch = Callable[[Moment], Mapping[str, float] | None]


def train(
    config: str | Path | None = None,
    *,
    recipe: str = "",
    overrides: Mapping[str, Any] | None = None,
    base: str | Path | None = None,
    data: str | Path | None = None,
    arms: Sequence[str] = (),
    eval_every: int | None = None,
    out: str | Path | None = None,
    resume: str | Path | None = None,
    plan: str | Path | None = None,
    benchmark: bool = True,
    watch: Watch | None = None,
    runs: str | Path = DEFAULT_RUNS,
    on_progress: OnProgress | None = None,
) -> TrainingResult:
    """Train a candidate, or several arms at equal tokens, and measure them against their base.

    Settings come from a TOML file (`config`), a `recipe` by name, or both; `overrides` are values by dotted key
    ({"train.steps": 50}), and `base` (a folder or hub id), `data` (a file, `hub:NAME,split=train`, `gsm_style:n=1000`)
    and `arms` (reasoning, answer-only, answer-reasoning) short for the commonest. `eval_every` is in updates. `out` is
    the folder of the run, a new one under `runs` without; `resume` is a folder to go on with instead, with what it was
    started with. `plan`, a file that `harness.plan` wrote, is compared with what the run takes. `benchmark=False` stops
    after the export. `watch` gets the model between two updates, at every evaluation on held-out samples, as a
    `Moment`; numbers that it returns are kept with the metrics of that update.

    Raises UserError for anything that cannot be done, before a weight is loaded where it can be seen by then, and for a
    loss that is no number or jumps; `Stopped` on Ctrl-C, with the folder to go on with.
    """
    from harness.gemma.model.tunix_adapter import require_tunix
    from sft.config import read_written
    from sft.planning.check import store

    require_tunix()
    given = (config, recipe, overrides, base, data, arms, eval_every, out)
    if resume is not None:
        if any(given):
            raise UserError("a resumed run goes on with what it was started with", tip="give resume= alone.")
        resolved, folder = read_written(Path(resume)), Path(resume)
    else:
        said = ("overrides", dict(overrides or {}))
        options = training_options(overrides=said, base=_text(base), data=_text(data), arms=arms, eval_every=eval_every)
        resolved = resolve_settings(config, recipe, *options, first=probe_default(eval_every))
        folder = training_folder(Path(out) if out is not None else None, Path(runs), resolved)
    if plan is not None:
        store(Path(plan), folder)
    with shown_here(on_progress) as tell:
        return run_training(resolved, folder, benchmark=benchmark, watch=watch, on_progress=tell)


def run_training(
    resolved: Resolved,
    folder: Path,
    *,
    benchmark: bool = True,
    watch: Watch | None = None,
    on_progress: OnProgress = quiet,
    listener: Listener = SILENT,
    goes_on: str = "",
) -> TrainingResult:
    """Check, train every arm, export, `benchmark`, report: all in `folder`, where it goes on with what it finds.

    `resolved` are the settings, `watch` gets the model at every evaluation, `listener` is called with each part as it
    is known. `goes_on` is the command that goes on with it; else that of `harness train`. Raises UserError for settings
    that cannot be run; `Stopped` on Ctrl-C.
    """
    try:
        return _run_training(resolved, folder, benchmark, watch, on_progress, listener)
    except KeyboardInterrupt:
        started = (folder / "config.json").is_file()
        command = goes_on or f"harness train --resume {folder}"
        call = "" if goes_on else f'harness.train(resume="{folder}")'
        raise Stopped(folder if started else None, goes_on=command if started else "", call=call) from None


def _run_training(
    resolved: Resolved,
    folder: Path,
    benchmark: bool,
    watch: Watch | None,
    on_progress: OnProgress,
    listener: Listener,
) -> TrainingResult:
    from harness.api.benchmark import benchmark as measure
    from harness.api.benchmark import check_tasks
    from harness.gemma.engine.compile_cache import enable_compile_cache
    from harness.runner.jax_hosts import join_hosts
    from sft.config import write_config
    from sft.planning.check import compared
    from sft.training.arms import train_arms
    from sft.training.card import write_cards
    from sft.training.inputs import training_inputs
    from sft.training.result import TrainingResult

    enable_compile_cache()
    hosts = join_hosts()
    if hosts.index:
        on_progress, listener = quiet, SILENT
    check_tasks(resolved.config.benchmark)
    _check_watch(resolved, watch, hosts)
    inputs = training_inputs(resolved.config, folder)
    if not hosts.index:
        write_config(resolved, folder)
    work = _Work(resolved, inputs, folder, watch, on_progress, listener)
    arms = train_arms(inputs, folder, work.events())
    measured = (
        measure(inputs, arms, folder, work.overlaps, hosts=hosts, on_progress=on_progress, listener=listener)
        if benchmark
        else None
    )
    made = TrainingResult(
        folder=folder,
        arms=arms,
        measured=measured,
        contamination=work.overlaps,
        checks=None if hosts.index else compared(resolved.config, folder, arms),
        elsewhere=bool(hosts.index),
    )
    if not hosts.index:
        write_cards(inputs, resolved, made)
        listener.finished(made)
    return made


class _Work:
    """What is done beside the updates: contamination before the first arm, probes and `watch` at evaluations."""

    def __init__(
        self,
        resolved: Resolved,
        inputs: TrainingInputs,
        folder: Path,
        watch: Watch | None,
        on_progress: OnProgress,
        listener: Listener,
    ) -> None:
        self.resolved, self.inputs, self.folder, self.watch = resolved, inputs, folder, watch
        self.tell, self.listener = on_progress, listener
        self.overlaps: dict[str, Contamination] = {}
        """By task."""
        self._looked = False
        self._probed: Mapping[str, float] = {}
        self._resumed: dict[str, int] = {}
        """Updates of an arm that this call did not make."""

    def events(self) -> Events:
        """As `train_arms` takes them."""
        from sft.training.arms import Events

        probes = self.watch is not None or bool(self.inputs.config.benchmark.probe_docs)
        return Events(
            preparing=self.tell,
            data=self.data,
            step=self.step,
            evaluated=self.evaluated,
            probe=self.probe if probes else None,
        )

    def data(self, order: Order, data: ArmData) -> None:
        """Before an arm: all arms are made of the same samples, so the first one is looked at."""
        from harness.api.benchmark import find_in_samples

        arms = list(self.inputs.config.train.arms)
        if not self._looked:
            self.listener.settings(self.resolved)
        self.listener.data(order, data)
        self.listener.stage(f"training arm {arms.index(order) + 1} of {len(arms)}: {order}")
        if not self._looked:
            self._looked = True
            self.overlaps = find_in_samples(self.inputs, data, self.folder)
            self.listener.overlaps(self.overlaps)

    def probe(self, model: Any, inputs: TrainingInputs, order: Order, step: int, loss: float) -> dict[str, float]:
        """Numbers about the model in training: its accuracy on a few docs, and whatever `watch` finds."""
        from harness.api.moment import moment_of, probe_accuracy

        found: dict[str, float] = {}
        if inputs.config.benchmark.probe_docs:
            found = probe_accuracy(model, inputs, order)
        self._probed = dict(found)
        if self.watch is not None:
            found |= self.watch(moment_of(model, inputs, order, step=step, eval_loss=loss)) or {}
        return found

    def step(self, order: Order, result: StepResult, steps: int) -> None:
        """One update."""
        resumed = self._resumed.setdefault(order, result.step - 1)
        figures = {"loss": result.loss}
        if result.seconds:
            figures["tokens_per_second"] = result.tokens / result.seconds
        self.tell(
            Progress(stage=order, done=result.step, total=steps, resumed=resumed, unit="updates", figures=figures)
        )
        if result.step == steps:
            self.listener.stage(f"trained {order}: {steps} updates, loss {result.loss:.3f}")

    def evaluated(self, order: Order, step: int, loss: float) -> None:
        """One evaluation."""
        self.listener.evaluated(order, step, loss, self._probed)


def training_folder(out: Path | None, runs: Path, resolved: Resolved) -> Path:
    """The folder of a new training run: `out`, or one under `runs`. Raises UserError where one lies there already."""
    if out is not None and (out / "config.json").is_file():
        if any(found for name in ("checkpoints", "arm.json") for found in out.glob(f"arms/*/{name}")):
            raise UserError(f"{out} holds a training run", tip=f"go on with it: harness train --resume {out}")
        return out  # its data or settings were refused before anything was trained
    return new_folder(out, runs, "train", resolved.config.model.base)


def _check_watch(resolved: Resolved, watch: Watch | None, hosts: Hosts) -> None:
    """Raises UserError where `watch` would never be called, or could not ask the model anything."""
    if watch is not None and not callable(watch):
        raise UserError(f"watch is {watch!r}, and must be a function that takes a Moment", tip="train(watch=look)")
    if watch is None:
        return
    if not resolved.config.data.eval_share:
        raise UserError("watch is called at evaluations, and data.eval_share is 0", tip="hold some samples out.")
    if hosts.count > 1:
        raise UserError(
            f"watch works in one process, and {hosts.count} train together",
            tip="benchmark.probe_docs measures accuracy there.",
        )


def _text(given: str | Path | None) -> str | None:
    return None if given is None else str(given)
