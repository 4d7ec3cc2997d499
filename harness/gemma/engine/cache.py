"""Keys and values in memory: one shared prefix, and a ring of slots for each row.

All rows write slot `step % ring` at the same step, so a decode step updates the cache with one slice and no scatter,
and a slot's age says which position it holds. Local layers need no more than a window of slots.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from harness.gemma.engine.masks import ages
from harness.gemma.engine.shape import LayerShape, ModelShape

if TYPE_CHECKING:
    from jax.sharding import Mesh, NamedSharding

_Layers = tuple[jax.Array, ...]

KEY_AXIS, VALUE_AXIS = 3, 2
"""Where rows and packs count positions; a prefix has no axis for rows, so one less."""


class Prefix(NamedTuple):
    """Keys and values that every row sees, in prompt order from position 0."""

    keys: tuple[Float[Array, "kv_heads dim _prefix"], ...]
    """Of every layer; position last, so that scores are a plain matrix product."""
    values: tuple[Float[Array, "kv_heads _prefix dim"], ...]
    length: Int[Array, ""]
    """Slots in use; the rest is padding up to a compiled size."""
    local_start: Int[Array, ""]
    """Position of slot 0 on layers that were cut to their window; 0 where nothing was cut."""


class Rows(NamedTuple):
    """What each row has of its own."""

    keys: tuple[Float[Array, "row kv_heads dim _ring"], ...]
    """Of every layer; a local layer's ring may be shorter."""
    values: tuple[Float[Array, "row kv_heads _ring dim"], ...]
    step: Int[Array, ""]
    """Decode steps run; the next key is written to slot `step % ring`."""


class Pack(NamedTuple):
    """Keys and values of freshly read prompts, side by side, waiting for rows."""

    keys: tuple[Float[Array, "pack kv_heads dim token"], ...]
    """Of every layer."""
    values: tuple[Float[Array, "pack kv_heads token dim"], ...]


def ring_size(layer: LayerShape, span: int) -> int:
    """Slots of a row on this layer, when rows may hold `span` tokens."""
    return span if layer.window is None else min(span, layer.window)


def empty_prefix(shape: ModelShape, size: int, dtype: jnp.dtype) -> Prefix:
    """Room for a prefix of `size` tokens (0: no prefix)."""
    keys = tuple(jnp.zeros((shape.kv_heads, shape.head_dim, size), dtype) for _ in shape.layers)
    values = tuple(jnp.zeros((shape.kv_heads, size, shape.head_dim), dtype) for _ in shape.layers)
    return Prefix(keys, values, jnp.int32(0), jnp.int32(0))


def empty_rows(shape: ModelShape, n_rows: int, span: int, dtype: jnp.dtype, mesh: Mesh | None) -> Rows:
    """`n_rows` rows of a model of this `shape` that hold nothing, each with room for `span` tokens, sharded over the
    `mesh`.

    Keys and values are stored as `dtype`.
    """
    placement = row_sharding(shape, mesh)

    def blank(ring: int, axis: int) -> jax.Array:
        size = [n_rows, shape.kv_heads, shape.head_dim, shape.head_dim]
        size[axis] = ring
        return jnp.zeros(size, dtype, device=placement)

    rings = [ring_size(layer, span) for layer in shape.layers]
    keys = tuple(blank(ring, KEY_AXIS) for ring in rings)
    return Rows(keys, tuple(blank(ring, VALUE_AXIS) for ring in rings), jnp.int32(0))


def row_sharding(shape: ModelShape, mesh: Mesh | None) -> NamedSharding | None:
    """Rows over `fsdp`; key heads over `tp` where it divides them."""
    if mesh is None:
        return None
    from jax.sharding import NamedSharding, PartitionSpec

    tp = mesh.shape.get("tp", 1)
    return NamedSharding(mesh, PartitionSpec("fsdp", "tp" if tp > 1 and shape.kv_heads % tp == 0 else None))  # type: ignore[no-untyped-call]


@partial(jax.jit, static_argnames="shape")
def cut_to_window(prefix: Prefix, shape: ModelShape) -> Prefix:
    """Drop what local layers will never look at: tokens further back than the window."""
    size = prefix.values[0].shape[1]
    windows = {layer.window for layer in shape.layers if layer.window is not None and layer.window < size}
    if not windows:
        return prefix
    (window,) = windows
    start = jnp.maximum(prefix.length - window, 0)

    def cut(array: jax.Array, layer: LayerShape, axis: int) -> jax.Array:
        return array if layer.window is None else jax.lax.dynamic_slice_in_dim(array, start, window, axis)

    keys = tuple(map(partial(cut, axis=KEY_AXIS - 1), prefix.keys, shape.layers))
    values = tuple(map(partial(cut, axis=VALUE_AXIS - 1), prefix.values, shape.layers))
    return Prefix(keys, values, prefix.length, start)


@partial(jax.jit, donate_argnames="rows")
def insert(
    rows: Rows,
    pack: Pack,
    n_inserted: Int[Array, ""],
    targets: Int[Array, " slot"],
    which_pack: Int[Array, " slot"],
    starts: Int[Array, " slot"],
    lengths: Int[Array, " slot"],
) -> Rows:
    """Copy prompts out of a pack into rows: slot i goes to row `targets[i]`, for i below `n_inserted`.

    Prompt i lies in row `which_pack[i]` of the pack, from token `starts[i]` on, `lengths[i]` tokens long. It is laid
    into the ring so that its last token is the slot before the next to be written, wherever the ring stands: the row's
    tokens then age like all others.
    """

    def insert_one(i: jax.Array, layers: tuple[_Layers, _Layers]) -> tuple[_Layers, _Layers]:
        def copy(ring: jax.Array, source: jax.Array, axis: int) -> jax.Array:
            age = ages(rows.step - 1, ring.shape[axis])
            token = jnp.clip(starts[i] + lengths[i] - 1 - age, 0, source.shape[axis] - 1)
            prompt = jax.lax.dynamic_index_in_dim(source, which_pack[i], keepdims=True)
            row = jnp.take(prompt, token, axis=axis)
            return jax.lax.dynamic_update_slice_in_dim(ring, row, targets[i], axis=0)

        keys = tuple(map(partial(copy, axis=KEY_AXIS), layers[0], pack.keys))
        return keys, tuple(map(partial(copy, axis=VALUE_AXIS), layers[1], pack.values))

    keys, values = jax.lax.fori_loop(0, n_inserted, insert_one, (rows.keys, rows.values))
    return Rows(keys, values, rows.step)


@partial(jax.jit, donate_argnames="rows")
def rejoin(rows: Rows, parked: Rows, target: Int[Array, ""]) -> Rows:
    """Copy a row that was taken out (the only one of `parked`) back in as row `target`, whatever step either is at."""

    def copy(ring: jax.Array, source: jax.Array, axis: int) -> jax.Array:
        size = source.shape[axis]
        age = jnp.minimum(ages(rows.step - 1, ring.shape[axis]), size - 1)
        row = jnp.take(source, jnp.mod(parked.step - 1 - age, size), axis=axis)
        return jax.lax.dynamic_update_slice_in_dim(ring, row, target, axis=0)

    keys = tuple(map(partial(copy, axis=KEY_AXIS), rows.keys, parked.keys))
    return Rows(keys, tuple(map(partial(copy, axis=VALUE_AXIS), rows.values, parked.values)), rows.step)


@partial(jax.jit, static_argnames=("shape", "span", "mesh"))
def resize(rows: Rows, keep: Int[Array, " new_row"], shape: ModelShape, span: int, mesh: Mesh | None) -> Rows:
    """Another number of rows (row i of the result is row `keep[i]`) or another `span` in tokens; the step goes on.

    `shape` is the model's, and the result is sharded over the `mesh`.
    """
    placement = row_sharding(shape, mesh)

    def move(array: jax.Array, layer: LayerShape, axis: int) -> jax.Array:
        old_ring, new_ring = array.shape[axis], ring_size(layer, span)
        moved = jnp.take(array, keep, axis=0)
        if old_ring != new_ring:
            age = jnp.minimum(ages(rows.step - 1, new_ring), old_ring - 1)
            moved = jnp.take(moved, jnp.mod(rows.step - 1 - age, old_ring), axis=axis)
        return moved if placement is None else jax.lax.with_sharding_constraint(moved, placement)  # type: ignore[no-untyped-call]

    keys = tuple(map(partial(move, axis=KEY_AXIS), rows.keys, shape.layers))
    return Rows(keys, tuple(map(partial(move, axis=VALUE_AXIS), rows.values, shape.layers)), rows.step)
