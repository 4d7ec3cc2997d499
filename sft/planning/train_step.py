"""The update of a training run over shapes alone, for `harness plan`: the trainer's own, nothing allocated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from harness.hardware.records import Job

if TYPE_CHECKING:
    from jax.sharding import Mesh

    from sft.config import Config

BUILDER = "sft.planning.train_step:lower"
SOURCES = (
    *("sft.planning.train_step", "sft.tokens.loader", "sft.tokens.packing"),
    *(f"sft.training.{name}" for name in ("loss", "mesh", "optimizer", "trainable", "tunix_trainer")),
    *("harness.gemma.model.config", "harness.gemma.model.tunix_adapter"),
)
"""What decides the program, besides the job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepShape:
    """All that decides how the update is compiled, besides the devices."""

    model: Mapping[str, Any]
    """The text part of config.json."""
    config: Config
    row_length: int
    n_positions: int
    """Places of a row where loss can be counted."""


_COMPILED_IN = frozenset(
    {"method", "batch_rows", "micro_batches", "schedule", "weight_decay", "beta2", "clip", "compute_dtype", "remat"}
)
"""Settings under [train] that change the program."""


def job(shape: StepShape, topology: str, *, fsdp: int, tp: int, layers: int) -> Job:
    """The update of this `shape` as a job: a model of so many `layers`, on a mesh of `fsdp` x `tp` devices of the
    `topology`.

    What does not change the program is left out, so that its figures are found again.
    """
    config = shape.config
    full = config.train.method == "full"
    arguments = {
        "model": dict(shape.model) | {"num_hidden_layers": layers, "layer_types": None},
        "train": {name: value for name, value in asdict(config.train).items() if name in _COMPILED_IN},
        "lora": {} if full else {k: v for k, v in asdict(config.lora).items() if k != "alpha"},
        "row_length": shape.row_length,
        "n_positions": shape.n_positions,
    }
    return Job(
        builder=BUILDER, topology=topology, fsdp=fsdp, tp=tp, layers=layers, arguments=arguments, sources=SOURCES
    )


def lower(job: Job, devices: list[Any], mesh: Mesh) -> Any:
    """The trainer's compiled step over abstract weights, ready for `compile`."""
    from flax import nnx

    from harness.gemma.model.config import config_of
    from harness.gemma.model.tunix_adapter import abstract_model, sharding_as_on_accelerators
    from sft.training.trainable import as_trained, base_dtype
    from sft.training.tunix_trainer import compiled_step

    config = config_of_job(job.arguments)
    dtype = _compute_dtype(config, devices)
    constrained = mesh if devices[0].platform != "cpu" else None
    with mesh, sharding_as_on_accelerators(constrained):
        base = nnx.merge(*abstract_model(config_of(job.arguments["model"]), base_dtype(config, dtype)))
        model = nnx.eval_shape(lambda whole: as_trained(whole, config, mesh), base)
        trainer, optimizer = abstract_trainer(model, config, dtype, job)
        return compiled_step(trainer).lower(placed(model, mesh), placed(optimizer, mesh), _batch(config, job, mesh))


def config_of_job(arguments: Mapping[str, Any]) -> Config:
    from harness.core.codec import decode
    from sft.config import Config, LoraSettings, TrainSettings

    train, lora = decode(TrainSettings, arguments["train"]), decode(LoraSettings, arguments["lora"])
    return Config(train=train, lora=lora)


def _compute_dtype(config: Config, devices: list[Any]) -> Any:
    import jax.numpy as jnp

    named = config.train.compute_dtype
    if named == "auto":
        named = "float32" if devices[0].platform == "cpu" else "bfloat16"
    return jnp.dtype(named)


def abstract_trainer(model: Any, config: Config, dtype: Any, job: Job) -> tuple[Any, Any]:
    """The trainer, and the optimizer that it makes over the `model`, as shapes.

    `config` has the settings of training, `dtype` is the one that is computed in, `job` has the sizes of the model and
    its rows.
    """
    from types import SimpleNamespace

    from flax import nnx

    from sft.training.loss import chunk_for
    from sft.training.optimizer import adamw, learning_rates
    from sft.training.tunix_trainer import LoopOptions, Trainer

    train = config.train
    rows, vocabulary = train.batch_rows // train.micro_batches, job.arguments["model"]["vocab_size"]
    options = LoopOptions(
        steps=1,
        eval_every=1,
        save_every=1,
        keep=1,
        checkpoints=None,
        compute_dtype=dtype,
        chunk=chunk_for(rows // job.fsdp, vocabulary, job.arguments["n_positions"]),
    )
    rates = learning_rates(train.schedule, peak=train.learning_rate, steps=100, warmup_steps=5, final_share=0.1)
    optimizer = adamw(rates, weight_decay=train.weight_decay, clip=train.clip, beta2=train.beta2)
    loader: Any = SimpleNamespace(micro_batches=train.micro_batches)
    made: list[Trainer] = []

    def make(over: Any) -> Any:
        made.append(Trainer(over, optimizer, loader, options))
        return made[0].optimizer

    shapes = nnx.eval_shape(make, model)
    return made[0], shapes


def placed(module: Any, mesh: Mesh) -> Any:
    """The same shapes with the shardings that training gives them."""
    import jax
    from flax import nnx

    state = nnx.state(module)
    places = nnx.get_named_sharding(state, mesh)
    shapes = jax.tree.map(lambda x, place: placed_shape(x.shape, x.dtype, place), state, places)
    return nnx.merge(nnx.graphdef(module), shapes)


def placed_shape(size: tuple[int, ...], kind: Any, place: Any) -> Any:
    import jax

    return jax.ShapeDtypeStruct(size, kind, sharding=place)  # type: ignore[no-untyped-call]


def _batch(config: Config, job: Job, mesh: Mesh) -> Any:
    """A micro-batch, its rows shared out as Tunix's loop does."""
    from jax.sharding import NamedSharding, PartitionSpec

    from sft.tokens.loader import Batch

    rows = config.train.batch_rows // config.train.micro_batches
    length, counted = job.arguments["row_length"], job.arguments["n_positions"]
    place = NamedSharding(mesh, PartitionSpec("fsdp"))  # type: ignore[no-untyped-call]

    def shape(width: int, kind: str) -> Any:
        return placed_shape((rows, width), kind, place)

    wide, narrow = (shape(length, "int32") for _ in range(3)), (shape(counted, "int32") for _ in range(2))
    names = ("tokens", "segment_ids", "positions", "loss_index", "targets")
    return Batch(**dict(zip(names, (*wide, *narrow), strict=True)), weights=shape(counted, "float32"))
