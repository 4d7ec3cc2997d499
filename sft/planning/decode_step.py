"""A block of decode steps over shapes alone, for `harness plan`: the engine's own program, nothing allocated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.hardware.records import Job

if TYPE_CHECKING:
    from jax.sharding import Mesh

    from harness.gemma.engine.sampling import Mode

BUILDER = "sft.planning.decode_step:lower"
SOURCES = (
    *("sft.planning.decode_step", "harness.gemma.engine"),
    *("harness.gemma.model.config", "harness.gemma.model.tunix_adapter"),
)
"""What decides the program, besides the job."""
STEPS = 16
"""Of a block at most, as `EngineOptions.steps_per_sync` has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodeShape:
    """All that decides how a block is compiled, besides the devices."""

    model: Mapping[str, Any]
    """The text part of config.json."""
    dtype: str
    rows: int
    """Of one data-parallel device."""
    span: int
    """Tokens that a row may hold behind the prefix."""
    prefix: int
    """Slots of the shared prefix."""
    mode: Mode = "greedy"


def job(shape: DecodeShape, topology: str, *, fsdp: int, tp: int, layers: int) -> Job:
    """A block of this `shape` as a job: a model of so many `layers`, on a mesh of `fsdp` x `tp` devices of the
    `topology`.
    """
    arguments = {
        "model": dict(shape.model) | {"num_hidden_layers": layers, "layer_types": None},
        **{name: getattr(shape, name) for name in ("dtype", "rows", "span", "prefix", "mode")},
    }
    return Job(
        builder=BUILDER, topology=topology, fsdp=fsdp, tp=tp, layers=layers, arguments=arguments, sources=SOURCES
    )


def lower(job: Job, devices: list[Any], mesh: Mesh) -> Any:
    """The engine's compiled block over abstract weights and caches, ready for `compile`."""
    import jax
    import jax.numpy as jnp
    from flax import nnx

    from harness.gemma.engine.cache import cut_to_window, empty_prefix, empty_rows, row_sharding
    from harness.gemma.engine.decode import RowState, decode_block
    from harness.gemma.engine.shape import shape_of
    from harness.gemma.engine.weights import placement, weights_of
    from harness.gemma.model.config import config_of
    from harness.gemma.model.tunix_adapter import abstract_model

    given = job.arguments
    config, dtype = config_of(given["model"]), jnp.dtype(given["dtype"])
    shape, n_rows = shape_of(config), given["rows"] * job.fsdp
    graph, state = abstract_model(config, dtype)
    weights = jax.eval_shape(lambda leaves: weights_of(nnx.merge(graph, leaves)), state)
    whole = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec())  # type: ignore[no-untyped-call]
    by_row = row_sharding(shape, mesh)

    def at(tree: Any, place: Any) -> Any:
        return jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=place), tree)  # type: ignore

    prefix = jax.eval_shape(lambda: cut_to_window(empty_prefix(shape, given["prefix"], dtype), shape=shape))
    rows = jax.eval_shape(lambda: empty_rows(shape, n_rows, given["span"], dtype, None))
    return decode_block.lower(
        jax.tree.map(at, weights, placement(weights, shape, mesh)),
        at(prefix, whole),
        rows._replace(keys=at(rows.keys, by_row), values=at(rows.values, by_row), step=at(rows.step, whole)),
        at(jax.eval_shape(lambda: _blank_state(RowState, n_rows)), whole),
        jax.ShapeDtypeStruct((2,), jnp.int32, sharding=whole),  # type: ignore[no-untyped-call]
        jax.ShapeDtypeStruct((3,), jnp.float32, sharding=whole),  # type: ignore[no-untyped-call]
        jax.ShapeDtypeStruct((), jnp.int32, sharding=whole),  # type: ignore[no-untyped-call]
        shape=shape,
        mode=given["mode"],
        max_steps=STEPS,
    )


def _blank_state(kind: Any, n_rows: int) -> Any:
    """Where rows stand, as the host sends it."""
    import jax.numpy as jnp

    numbers = [jnp.zeros(n_rows, jnp.int32) for _ in range(4)]
    return kind(*numbers, jnp.zeros((n_rows, 2), jnp.uint32), jnp.zeros(n_rows, bool))
