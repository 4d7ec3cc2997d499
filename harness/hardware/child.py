"""The process that compiles one program: a job in on standard input, one line of JSON out (`python -m`).

A process of its own, because the compiler for another platform can take minutes, can hang, and can end the process.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from typing import TYPE_CHECKING, Any

from harness.core.codec import decode, encode
from harness.hardware.records import Compiled, Figures, Job
from harness.hardware.topology import Topology, parse_topology
from harness.hardware.traffic import moved

if TYPE_CHECKING:
    from jax.sharding import Mesh

_TOO_LARGE = "RESOURCE_EXHAUSTED"


def main() -> None:
    """Lower and compile the job; the outcome is the last line of standard output."""
    job = decode(Job, json.load(sys.stdin))
    print(json.dumps(encode(compile_job(job))), flush=True)


def compile_job(job: Job) -> Compiled:
    """Build the program of `job` over devices that need not be there, compile it, read its figures."""
    import jax

    devices = devices_of(parse_topology(job.topology))
    module, _, name = job.builder.partition(":")
    lowered = getattr(importlib.import_module(module), name)(job, devices, mesh_over(devices, job.fsdp, job.tp))
    try:
        compiled = lowered.compile()
    except jax.errors.JaxRuntimeError as error:
        if _TOO_LARGE not in str(error):
            raise
        return Compiled(too_large=_gist(str(error)))
    return Compiled(figures=figures_of(compiled))


def devices_of(topology: Topology) -> list[Any]:
    """The devices of a topology: compile-only ones for a TPU slice, this machine's own otherwise."""
    import jax

    if topology.platform != "tpu":
        return list(jax.devices(topology.platform)[: topology.n_devices])
    from jax.experimental import topologies

    sides = (*topology.sides, 1)[:3]
    description = topologies.get_topology_desc(
        platform="tpu",
        topology_name=topology.name,
        chips_per_host_bounds=tuple(min(side, most) for side, most in zip(sides, _host_bounds(topology), strict=True)),
        num_slices=1,
        wrap=(False,) * 3,
    )
    return list(description.devices)


def _host_bounds(topology: Topology) -> tuple[int, int, int]:
    """Chips of one host."""
    if len(topology.sides) == 3:
        return 2, 2, 1
    return (2, 4, 1) if topology.n_devices <= 8 else (2, 2, 1)


def mesh_over(devices: list[Any], fsdp: int, tp: int) -> Mesh:
    """The (fsdp, tp) mesh over these devices, neighbours beside each other."""
    from jax.experimental import mesh_utils
    from jax.sharding import Mesh

    return Mesh(mesh_utils.create_device_mesh((fsdp, tp), devices), ("fsdp", "tp"))


def figures_of(compiled: Any) -> Figures:
    """Memory, operations and traffic of a compiled program, for one device."""
    memory, cost = compiled.memory_analysis(), _first(compiled.cost_analysis())
    traffic = moved(compiled.as_text())
    reported = getattr(memory, "peak_memory_in_bytes", 0)  # on a CPU without temporaries: no peak at all
    lasting = memory.argument_size_in_bytes + memory.output_size_in_bytes - memory.alias_size_in_bytes
    return Figures(
        arguments_bytes=memory.argument_size_in_bytes,
        temporaries_bytes=memory.temp_size_in_bytes,
        outputs_bytes=memory.output_size_in_bytes,
        aliased_bytes=memory.alias_size_in_bytes,
        peak_bytes=reported if reported >= memory.temp_size_in_bytes else lasting + memory.temp_size_in_bytes,
        flops=float(cost.get("flops", 0.0)),
        accessed_bytes=float(cost.get("bytes accessed", 0.0)) + traffic.repeated,
        network_bytes=sum(traffic.network.values()),
        pass_bytes=traffic.open_pass,
        collectives=traffic.network,
        cpu_seconds=time.process_time(),
    )


def _first(cost: Any) -> Any:
    """JAX has given a list of one here and there."""
    return (cost[0] if isinstance(cost, list) else cost) or {}


def _gist(text: str) -> str:
    """The sentence that says how much was wanted: `Used 17.81G of 15.75G hbm. Exceeded hbm capacity by 2.06G.`"""
    lines = [line.strip() for line in text.splitlines() if "Used " in line or "xceed" in line or _TOO_LARGE in line]
    return " ".join(lines)[:400] or text[:400]


if __name__ == "__main__":
    main()
