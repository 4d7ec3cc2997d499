"""The settings of a training run: frozen dataclasses, read from TOML, each value with where it came from."""

from __future__ import annotations

import dataclasses
import json
import tomllib
import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args, get_origin, get_type_hints

from harness.core.errors import UserError, unknown_name
from harness.core.places import placed
from harness.gemma.model.shards import Dtype
from sft.data.enforce import Order, Verify

Method: TypeAlias = Literal["full", "lora", "qlora"]

Remat: TypeAlias = Literal["none", "block", "decoder"]
Schedule: TypeAlias = Literal["cosine", "linear", "constant"]
Quantise: TypeAlias = Literal["none", "nf4", "int8"]
AutoDtype: TypeAlias = Literal["auto", "float32", "bfloat16"]
FILE = "config.json"
"""Where a run folder keeps its settings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSettings:
    """What is trained."""

    base: str = ""
    """Folder, hub id or Kaggle handle of a Gemma 3."""
    chat_template: str = ""
    """Instead of the model's own: gemma, none, or a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSettings:
    """What it is trained on."""

    source: str = ""
    """A file, hub:NAME,split=train, or gsm_style:n=2000,seed=0."""
    limit: int = 0
    """Read the first rows only; 0: all."""
    format: str = "question-reasoning-answer"
    prefill: str = ""
    verify: Verify = "reject"
    language: str = ""
    near: float = 0.9
    """Likeness from which questions are duplicates; 1: exact only."""
    weights: Mapping[str, float] = field(default_factory=dict)
    """Loss weight by section, for example question = 0."""
    max_length: int = 1024
    """Tokens; longer samples are rejected and counted."""
    pack: bool = True
    row_length: int = 0
    """Tokens of a packed row; 0: max_length."""
    eval_share: float = 0.05
    """Of the samples, held out for the evaluation loss; 0: none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainSettings:
    """How it is trained."""

    method: Method = "lora"
    arms: tuple[Order, ...] = ("reasoning-answer",)
    """Orders of the reply that a model each is trained on, all for the number of tokens of the first."""
    epochs: float = 1.0
    steps: int = 0
    """Updates; 0: as many as `epochs` takes."""
    batch_rows: int = 16
    """Rows of an update, over all devices and micro-batches."""
    micro_batches: int = 1
    learning_rate: float = 1e-4
    schedule: Schedule = "cosine"
    warmup_share: float = 0.05
    """Of the updates."""
    final_share: float = 0.1
    """Of the learning rate, at the end of cosine and linear."""
    weight_decay: float = 0.01
    beta2: float = 0.999
    clip: float = 1.0
    """Global norm of the gradient; 0: not clipped."""
    compute_dtype: AutoDtype = "auto"
    """Of the forward and backward pass; auto: bfloat16 except on a CPU. Trained weights are float32 always."""
    remat: Remat = "none"
    """What the backward pass computes again to save memory."""
    eval_every: int = 100
    save_every: int = 200
    keep: int = 2
    """Latest checkpoints that stay, besides the best."""
    patience: int = 0
    """Evaluations without a better loss before training stops; 0: never."""
    spike_factor: float = 5.0
    """A loss this many times the median of the last 32 stops training; 0: never."""
    seed: int = 0
    tensorboard: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LoraSettings:
    """Of methods lora and qlora."""

    rank: int = 16
    alpha: float = 32.0
    modules: str = ".*(einsum|_proj)"
    """Pattern over module paths; the default is every projection."""
    quantise: Literal["nf4", "int8"] = "nf4"
    """Of the base weights with qlora."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeshSettings:
    """Devices."""

    fsdp: int = 0
    """Devices that share the batch and every weight; 0: what tp leaves."""
    tp: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportSettings:
    """What leaves."""

    dtype: AutoDtype = "auto"
    """auto: that of the base."""
    checkpoint: Literal["best", "last"] = "best"
    """Which weights: of the lowest evaluation loss, or the final ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkSettings:
    """What base and candidates are measured on afterwards."""

    tasks: tuple[str, ...] = ("gsm_style",)
    """None: training ends with the export."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Options of the tasks that have them, for example n = 100."""
    scorers: tuple[str, ...] = ("step_validity",)
    limit: int = 0
    max_new_tokens: int = 0
    """0: the task's own."""
    probe_docs: int = 0
    """Docs of the first task answered at every evaluation; 0: none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All settings of `harness train`."""

    model: ModelSettings = field(default_factory=ModelSettings)
    data: DataSettings = field(default_factory=DataSettings)
    train: TrainSettings = field(default_factory=TrainSettings)
    lora: LoraSettings = field(default_factory=LoraSettings)
    mesh: MeshSettings = field(default_factory=MeshSettings)
    export: ExportSettings = field(default_factory=ExportSettings)
    benchmark: BenchmarkSettings = field(default_factory=BenchmarkSettings)


Overrides = Mapping[str, Any]
"""Values by dotted key: {"train.learning_rate": 1e-5}."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """Checked settings, and where each came from."""

    config: Config
    origins: Mapping[str, str]
    """By dotted key: 'default', or the file, recipe or option that set it last."""


def read_toml(path: Path) -> dict[str, Any]:
    """Values by dotted key. Raises UserError for a file that is missing or no TOML."""
    try:
        return flatten(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise UserError(
            f"{path}: {error.strerror}", tip="`harness train --recipe gemma3_nano` needs no file."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not valid TOML: {error}") from error


def flatten(tables: Mapping[str, Any]) -> dict[str, Any]:
    """{"train": {"steps": 3}} as {"train.steps": 3}. Raises UserError for a key outside of a section."""
    values: dict[str, Any] = {}
    for section, inner in tables.items():
        if not isinstance(inner, Mapping):
            raise UserError(f"setting {section!r} stands outside of a section", tip=f"sections: {', '.join(SECTIONS)}.")
        values |= {f"{section}.{key}": value for key, value in inner.items()}
    return values


def resolve(*layers: tuple[str, Overrides]) -> Resolved:
    """Defaults, then each (origin, values) in turn. Raises UserError for a misspelt key or a wrong value."""
    config = Config()
    origins = {f"{s}.{f.name}": "default" for s in SECTIONS for f in dataclasses.fields(getattr(config, s))}
    for origin, values in layers:
        for key, value in values.items():
            config = _with(config, key, value, origin)
            origins[".".join(key.split(".")[:2])] = origin
    check(config)
    return Resolved(config=config, origins=origins)


SECTIONS = tuple(f.name for f in dataclasses.fields(Config))


def _with(config: Config, key: str, value: Any, origin: str) -> Config:
    section, _, name = key.partition(".")
    if section not in SECTIONS:
        raise unknown_name(f"section of {origin}:", section, SECTIONS, tip=f"sections: {', '.join(SECTIONS)}.")
    settings = getattr(config, section)
    hints = get_type_hints(type(settings))
    table, _, inner = name.partition(".")
    if inner and get_origin(hints.get(table)) is Mapping:  # benchmark.options.n = 20 adds to the table
        name, value = table, {**getattr(settings, table), inner: value}
    if name not in hints:
        known = [f"{section}.{known}" for known in hints]
        raise unknown_name(f"setting of {origin}:", key, known, tip=f"[{section}] has {', '.join(hints)}.")
    read = _convert(value, hints[name], f"{origin}: {key}")
    return dataclasses.replace(config, **{section: dataclasses.replace(settings, **{name: read})})


def _convert(value: Any, hint: Any, where: str) -> Any:
    origin = get_origin(hint)
    if origin is Literal:
        if value not in get_args(hint):
            raise unknown_name(
                f"value of {where}:", str(value), get_args(hint), tip=f"one of {', '.join(get_args(hint))}."
            )
        return value
    if origin is tuple:
        if isinstance(value, str) or not isinstance(value, (list, tuple)):
            raise UserError(f"{where} = {value!r}: expected a list")
        return tuple(_convert(one, get_args(hint)[0], where) for one in value)
    if origin is not None and not isinstance(hint, types.UnionType):
        if not isinstance(value, Mapping):
            raise UserError(f"{where} = {value!r}: expected a table")
        return {str(k): _convert(v, get_args(hint)[1], where) for k, v in value.items()}
    return _plain(value, hint, where)


def _plain(value: Any, hint: Any, where: str) -> Any:
    if hint is Any:
        return value
    fits = isinstance(value, (int, float) if hint is float else hint) and (hint is bool or not isinstance(value, bool))
    if not fits:
        names = {int: "a whole number", float: "a number", str: "text", bool: "true or false"}
        raise UserError(f"{where} = {value!r}: expected {names[hint]}")
    return hint(value)


def check(config: Config) -> None:
    """Raises UserError for values that no run can have, before anything is loaded."""
    train, data = config.train, config.data
    row_length = data.row_length or data.max_length
    complaints = {
        "model.base is not set: name the model with --base, for example gemma3-nano": not config.model.base,
        "data.source is not set: name the training data with --data": not data.source,
        f"train.learning_rate is {train.learning_rate}: above 0": not 0 < train.learning_rate < float("inf"),
        f"train.epochs is {train.epochs}: above 0": not train.steps and not 0 < train.epochs < float("inf"),
        f"train.steps is {train.steps}: 0 or more": train.steps < 0,
        f"train.eval_every is {train.eval_every}: at least 1": train.eval_every < 1,
        f"train.save_every is {train.save_every}: at least 1": train.save_every < 1,
        f"train.keep is {train.keep}: at least 1": train.keep < 1,
        f"train.warmup_share is {train.warmup_share}: from 0 to 1": not 0 <= train.warmup_share <= 1,
        f"data.eval_share is {data.eval_share}: from 0 to below 1": not 0 <= data.eval_share < 1,
        f"data.row_length is {row_length}, below data.max_length {data.max_length}": row_length < data.max_length,
        f"lora.rank is {config.lora.rank}: at least 1": config.lora.rank < 1,
        "train.arms is empty": not train.arms,
        "benchmark.probe_docs needs held-out samples: data.eval_share is 0": bool(config.benchmark.probe_docs)
        and not data.eval_share,
        "benchmark.probe_docs needs a task: benchmark.tasks is empty": bool(config.benchmark.probe_docs)
        and not config.benchmark.tasks,
        "train.patience needs held-out samples: data.eval_share is 0": bool(train.patience) and not data.eval_share,
        f"train.arms {', '.join(train.arms)} names one twice": len(set(train.arms)) < len(train.arms),
    }
    for complaint, wrong in complaints.items():
        if wrong:
            raise UserError(complaint)


def write_config(resolved: Resolved, folder: Path) -> None:
    """Write config.json: the values, and where each came from."""
    folder.mkdir(parents=True, exist_ok=True)
    document = {
        "config": dataclasses.asdict(resolved.config),
        "origins": dict(resolved.origins),
        "folder": str(Path.cwd()),
    }
    (folder / FILE).write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def read_written(folder: Path) -> Resolved:
    """The settings that a run folder was started with. Raises UserError where there are none."""
    path = folder / FILE
    if not path.is_file():
        raise UserError(
            f"{folder} is no training run: {FILE} is missing", tip="give the folder of `harness train --out`."
        )
    document = json.loads(path.read_text(encoding="utf-8"))
    resolved = resolve((str(path), flatten(document["config"])))
    return Resolved(config=_placed(resolved.config, str(document.get("folder", ""))), origins=document["origins"])


def _placed(config: Config, start: str) -> Config:
    """With the model and the data found from wherever the run goes on; paths of tasks stay as they are."""
    model = dataclasses.replace(
        config.model,
        base=placed(config.model.base, start),
        chat_template=placed(config.model.chat_template, start),
    )
    data = dataclasses.replace(config.data, source=placed(config.data.source, start))
    return dataclasses.replace(config, model=model, data=data)


def export_dtype(config: Config, base: Mapping[str, Any]) -> Dtype:
    """The type of the exported weights, given the base's config.json."""
    named = config.export.dtype if config.export.dtype != "auto" else base.get("torch_dtype", base.get("dtype"))
    return "float32" if named == "float32" else "bfloat16"
