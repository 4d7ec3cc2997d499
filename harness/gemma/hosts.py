"""Processes under `jax.distributed`, and text passed between them through its coordinator.

The coordinator's store is used and not a device collective: processes come to a meeting point minutes apart, a
collective gives up by then, and records are text, which need not pass through an accelerator.
"""

from __future__ import annotations

import os
from itertools import count
from typing import Any

from harness.core.errors import UserError

CHUNK_BYTES = 1 << 20
"""Of one value in the coordinator's store; a remote call carries 4 MB at most."""
WAIT_MS = 60_000
"""Of one look; a look that finds nothing is repeated for as long as the other process lives: JAX's own heartbeats
end this process when another one dies."""
VARIABLES = ("HARNESS_COORDINATOR", "HARNESS_PROCESSES", "HARNESS_PROCESS")


class JaxHosts:
    """The processes that `jax.distributed` brought together."""

    def __init__(self) -> None:
        import jax
        from jax._src import distributed

        self.index: int = jax.process_index()
        self.count: int = jax.process_count()
        self._client: Any = distributed.global_state.client
        self._numbers = count()

    def gather(self, text: str) -> list[str]:
        """What every process gave, by index; waits for all of them."""
        number = next(self._numbers)
        place = f"harness/{number}"
        data = text.encode()
        chunks = [data[at : at + CHUNK_BYTES] for at in range(0, len(data), CHUNK_BYTES)]
        for i, chunk in enumerate(chunks):
            self._client.key_value_set_bytes(f"{place}/{self.index}/{i}", chunk)
        self._client.key_value_set_bytes(f"{place}/{self.index}/chunks", str(len(chunks)).encode())
        return [text if i == self.index else self._read(f"{place}/{i}") for i in range(self.count)]

    def _read(self, place: str) -> str:
        n_chunks = int(self._wait(f"{place}/chunks"))
        return b"".join(self._wait(f"{place}/{i}") for i in range(n_chunks)).decode()

    def _wait(self, key: str) -> bytes:
        import jax

        while True:
            try:
                return bytes(self._client.blocking_key_value_get_bytes(key, WAIT_MS))
            except jax.errors.JaxRuntimeError as error:
                if "DEADLINE_EXCEEDED" not in str(error):
                    raise


def join_hosts() -> JaxHosts | None:
    """Join the other processes of the run; None for a single one.

    HARNESS_COORDINATOR (host:port of process 0), HARNESS_PROCESSES and HARNESS_PROCESS name the group; a TPU pod is
    found by itself. Raises UserError for a group that is half named or cannot be joined.
    """
    named = [name for name in VARIABLES if os.environ.get(name)]
    on_pod = len(os.environ.get("TPU_WORKER_HOSTNAMES", "").split(",")) > 1
    if not named and not on_pod:
        return None
    import jax

    if not jax.distributed.is_initialized():
        if named:
            _initialize(named)
        else:
            jax.distributed.initialize()
    return JaxHosts() if jax.process_count() > 1 else None


def _initialize(named: list[str]) -> None:
    import jax

    if missing := [name for name in VARIABLES if name not in named]:
        raise UserError(
            f"{named[0]} is set, but not {missing[0]}", tip=f"several processes need {', '.join(VARIABLES)}."
        )
    address, n_processes, number = (os.environ[name] for name in VARIABLES)
    if not (n_processes.isdecimal() and number.isdecimal() and int(number) < int(n_processes)):
        raise UserError(
            f"HARNESS_PROCESS={number} of HARNESS_PROCESSES={n_processes}: expected whole numbers, the first smaller"
        )
    try:
        jax.distributed.initialize(address, int(n_processes), int(number))
    except jax.errors.JaxRuntimeError as error:
        raise UserError(
            f"process {number} of {n_processes} did not reach the others at {address}: {str(error)[:160]}",
            tip="process 0 must run on that host, and the port must be open.",
        ) from error
