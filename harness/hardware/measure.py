"""This machine's own speed and memory, measured: what a plan for `cpu` or `gpu` is weighed against (`python -m`)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

from harness.core.codec import decode, encode
from harness.core.errors import UserError
from harness.hardware.topology import GIB, Chip

_SIDE = {"cpu": 2048, "gpu": 8192}
"""Of the square matrices that are multiplied."""
_COPY_BYTES = {"cpu": 256 << 20, "gpu": 1 << 30}
_TIMES = 5


def this_machine(platform: str, timeout_seconds: float = 300) -> Chip:
    """The chip that programs run on here, measured in a process of its own. Raises UserError where there is none."""
    environment = local_environment(platform, os.environ)
    command = [sys.executable, "-W", "ignore", "-m", "harness.hardware.measure", platform]
    done = subprocess.run(
        command, capture_output=True, text=True, env=environment, timeout=timeout_seconds, check=False
    )
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1][:200]
        raise UserError(
            f"JAX finds no {platform} here ({reason})",
            tip="install JAX for it (pip install 'jax[cuda13]'), or name a TPU slice (v5e:2x2) or cpu.",
        )
    return decode(Chip, json.loads(done.stdout.strip().splitlines()[-1]))


def local_environment(platform: str, given: Mapping[str, str]) -> dict[str, str]:
    """What a process sees that is to use this machine's own devices: `plan` hides all but the CPU from itself."""
    kept = {name: value for name, value in given.items() if name != "JAX_PLATFORMS"}
    return kept | {"JAX_PLATFORMS": "cpu"} if platform == "cpu" else kept


def measure(platform: str) -> Chip:
    """The best of a few products in the type that training computes in there, and of a few copies."""
    import jax
    import jax.numpy as jnp

    device = jax.devices(platform)[0]
    kind = jnp.float32 if platform == "cpu" else jnp.bfloat16
    side, n_items = _SIDE[platform], _COPY_BYTES[platform] // 4
    with jax.default_device(device):
        matrix = jnp.ones((side, side), kind)
        product = _best(jax.jit(jnp.matmul), matrix, matrix)
        copy = _best(jax.jit(lambda x: x + 1), jnp.ones(n_items, jnp.float32))
    copied = 2 * 4 * n_items / copy
    return Chip(
        name=platform,
        platform=platform,
        teraflops=2 * side**3 / product / 1e12,
        hbm_gib=_memory_bytes(device) / GIB,
        hbm_gb_per_second=copied / 1e9,
        link_gb_per_second=_link(jax.devices(platform), copied) / 1e9,
        source=f"measured here now, {kind.__name__}",
        kinds=(str(device.device_kind),),
    )


def _link(devices: Sequence[Any], memory: float) -> float:
    """Bytes a second from one device to the next; 0 where there is no other. Simulated ones (a CPU's) share memory."""
    import jax
    import jax.numpy as jnp

    if devices[0].platform == "cpu":
        return memory
    if len(devices) < 2:
        return 0.0
    block = jax.device_put(jnp.ones(_COPY_BYTES["gpu"] // 4, jnp.float32), devices[0])
    return _COPY_BYTES["gpu"] / _best(lambda x: jax.device_put(x, devices[1]), block)


def _best(function: Any, *arguments: Any) -> float:
    function(*arguments).block_until_ready()
    times = []
    for _ in range(_TIMES):
        began = time.perf_counter()
        function(*arguments).block_until_ready()
        times.append(time.perf_counter() - began)
    return min(times)


def _memory_bytes(device: Any) -> float:
    """What a program may have: a device's limit, or what this machine has available."""
    stats = device.memory_stats() or {}
    if "bytes_limit" in stats:
        return float(stats["bytes_limit"])
    return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES"))


if __name__ == "__main__":
    print(json.dumps(encode(measure(sys.argv[1]))))
