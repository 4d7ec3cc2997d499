"""Devices to a (fsdp, tp) mesh: checked against the model's heads and the batch before anything is loaded."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jaxtyping import Shaped

from harness.core.errors import UserError

if TYPE_CHECKING:
    from jax import Array
    from jax.sharding import Mesh
else:
    Array = Any  # a mesh is checked before JAX is loaded

Axes = str | tuple[str, ...] | None
"""Mesh axes that one array axis is split over; None: whole on every device."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeshShape:
    """How many devices share the batch and every weight (fsdp), and how many share each head's work (tp)."""

    fsdp: int
    tp: int


def mesh_shape(
    n_devices: int,
    *,
    heads: int,
    batch_rows: int,
    kv_heads: int = 1,
    micro_batches: int = 1,
    fsdp: int = 0,
    tp: int = 1,
) -> MeshShape:
    """The mesh for `n_devices`; `fsdp` 0 takes what `tp` leaves.

    The model has `heads` and `kv_heads`; `batch_rows` rows an update are cut into `micro_batches`.

    tp is 1 unless asked for: with the one key head of the 1B, sharing heads costs more than it saves. Raises UserError
    where tp does not divide the heads (nor the key heads; a single one is whole everywhere), fsdp x tp is not the
    number of devices, or the batch does not share out.
    """
    shared = math.gcd(heads, kv_heads) if kv_heads > 1 else heads
    if tp < 1 or shared % tp:
        fitting = ", ".join(str(n) for n in range(1, shared + 1) if shared % n == 0)
        which = f"{heads} heads" if shared == heads else f"{heads} heads and {kv_heads} key heads"
        raise UserError(f"mesh.tp is {tp}: it does not divide the model's {which}", tip=f"tp may be {fitting}.")
    fsdp = fsdp or max(1, n_devices // tp)
    if fsdp * tp != n_devices:
        raise UserError(
            f"mesh.fsdp x mesh.tp is {fsdp} x {tp}, but there are {n_devices} devices",
            tip="leave mesh.fsdp at 0 to use what tp leaves.",
        )
    size = batch_rows // max(1, micro_batches)
    if size % fsdp:
        # Tunix would copy such a batch to every device and train as if nothing were wrong.
        raise UserError(
            f"a micro-batch of {size} rows does not share out over fsdp={fsdp} devices",
            tip=f"make train.batch_rows a multiple of {fsdp * max(1, micro_batches)}.",
        )
    return MeshShape(fsdp=fsdp, tp=tp)


def build_mesh(shape: MeshShape) -> Mesh | None:
    """The mesh over all devices of all hosts; None on a single one."""
    import jax
    from jax.sharding import AxisType

    if shape.fsdp * shape.tp == 1:
        return None
    return jax.make_mesh((shape.fsdp, shape.tp), ("fsdp", "tp"), axis_types=(AxisType.Auto,) * 2)


def spread(array: Shaped[Array, "*shape"], *axes: Axes) -> Shaped[Array, "*shape"]:
    """`array` split as asked over the mesh that is entered with `with mesh:`; untouched where there is none, or where
    an axis does not share out evenly."""
    import jax
    from jax.interpreters import pxla
    from jax.sharding import NamedSharding, PartitionSpec

    mesh = pxla.thread_resources.env.physical_mesh
    if mesh.empty or any(size % _devices(mesh, axis) for size, axis in zip(array.shape, axes, strict=True)):
        return array
    return jax.lax.with_sharding_constraint(array, NamedSharding(mesh, PartitionSpec(*axes)))  # type: ignore[no-untyped-call]


def _devices(mesh: Mesh, axes: Axes) -> int:
    names = (axes,) if isinstance(axes, str) else axes or ()
    return math.prod(mesh.shape[name] for name in names)
