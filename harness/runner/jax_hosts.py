"""Processes under `jax.distributed`, and text passed between them through its coordinator.

The coordinator's store is used and not a device collective: processes come to a meeting point minutes apart, a
collective gives up by then, and records are text, which need not pass through an accelerator. JAX keeps the store
private, so this module alone knows of it, and says so where another JAX lacks it.
"""

from __future__ import annotations

import contextlib
import os
import time
from functools import lru_cache
from itertools import count
from typing import Any

from harness.core.errors import UserError
from harness.runner.hosts import ALONE, Hosts

CHUNK_BYTES = 1 << 20
"""Of one value in the coordinator's store; a remote call carries 4 MB at most."""
LOOK_MS = 10_000
"""Of one look for a value; between two looks we ask whether the process that is to give it still lives."""
HEARTBEAT_SECONDS = 60
"""A process that was silent so long counts as dead."""
LEAVE_SECONDS = 10.0
VARIABLES = ("HARNESS_COORDINATOR", "HARNESS_PROCESSES", "HARNESS_PROCESS")
_STORE = ("blocking_key_value_get_bytes", "key_value_set_bytes", "key_value_delete", "get_live_nodes")
_RESUME = "start all processes again, with --resume: what was drawn is kept."


class JaxHosts:
    """The processes that `jax.distributed` brought together."""

    def __init__(self) -> None:
        import jax

        self.index: int = jax.process_index()
        self.count: int = jax.process_count()
        self._client = _store_client()
        self._numbers = count()

    def gather(self, text: str) -> list[str]:
        """What every process gave, by index; waits for all of them. Raises UserError when one has died."""
        place = self._give(text)
        return [text if i == self.index else self._read(f"{place}/{i}", i) for i in range(self.count)]

    def to_first(self, text: str) -> list[str]:
        """The same on process 0, which then clears it away; the others give and go on."""
        place = self._give(text)
        if self.index:
            return []
        given = [text, *(self._read(f"{place}/{i}", i) for i in range(1, self.count))]
        self._client.key_value_delete(place)
        return given

    def leave(self) -> None:
        """The last call: process 0, whose end is the coordinator's, goes last, but waits for nobody for long."""
        with contextlib.suppress(Exception):  # what there was to say was said
            until = time.monotonic() + LEAVE_SECONDS
            while self.index == 0 and len(self._living()) > 1 and time.monotonic() < until:
                time.sleep(0.1)

    def _give(self, text: str) -> str:
        place = f"harness/{next(self._numbers)}"
        data = text.encode()
        chunks = [data[at : at + CHUNK_BYTES] for at in range(0, len(data), CHUNK_BYTES)]
        for i, chunk in enumerate(chunks):
            self._client.key_value_set_bytes(f"{place}/{self.index}/{i}", chunk)
        self._client.key_value_set_bytes(f"{place}/{self.index}/chunks", str(len(chunks)).encode())
        return place

    def _read(self, place: str, giver: int) -> str:
        n_chunks = int(self._wait(f"{place}/chunks", giver))
        return b"".join(self._wait(f"{place}/{i}", giver) for i in range(n_chunks)).decode()

    def _wait(self, key: str, giver: int) -> bytes:
        import jax

        while True:
            try:
                return bytes(self._client.blocking_key_value_get_bytes(key, LOOK_MS))
            except jax.errors.JaxRuntimeError as error:
                if "DEADLINE_EXCEEDED" not in str(error):
                    raise UserError(f"the coordinator (process 0) is gone: {str(error)[:160]}", tip=_RESUME) from error
            if giver not in self._living():
                raise UserError(f"process {giver} of {self.count} is gone", tip=_RESUME)

    def _living(self) -> set[int]:
        return set(self._client.get_live_nodes(list(range(self.count))))


def join_hosts(*, recoverable: bool = False) -> Hosts:
    """Join the other processes of the run, where there are some; a second call gives the same group.

    HARNESS_COORDINATOR (host:port of process 0), HARNESS_PROCESSES and HARNESS_PROCESS name the group;
    HARNESS_COORDINATOR=auto leaves it to JAX (Slurm, Open MPI, Kubernetes); a TPU pod is found by itself. With
    `recoverable`, the others outlive a process that dies, which suits work that each does for itself. Raises UserError
    for a group that is half named or cannot be joined.
    """
    if not is_group_named() and not on_pod():
        return ALONE
    import jax

    if not jax.distributed.is_initialized():
        _initialize([name for name in VARIABLES if os.environ.get(name)], recoverable)
    return _joined() if jax.process_count() > 1 else ALONE


def is_group_named() -> bool:
    """Whether the environment says which processes belong together."""
    return any(os.environ.get(name) for name in VARIABLES)


def on_pod() -> bool:
    """Whether this is one of several workers of a TPU pod."""
    return len(os.environ.get("TPU_WORKER_HOSTNAMES", "").split(",")) > 1


@lru_cache(maxsize=1)
def _joined() -> JaxHosts:
    """One for the process: its calls are numbered, so that the others know which one a value belongs to."""
    return JaxHosts()


def leave_hosts(hosts: Hosts) -> None:
    """To be called last on every process of a group."""
    if isinstance(hosts, JaxHosts):
        hosts.leave()


def _initialize(named: list[str], recoverable: bool) -> None:
    import jax

    config: Any = jax.config
    start: Any = jax.distributed.initialize
    address, n_processes, number = (os.environ.get(name, "") for name in VARIABLES)
    if recoverable:
        with contextlib.suppress(AttributeError):  # a JAX without it ends all processes when one dies
            config.update("jax_enable_recoverability", True)
    found_by_jax = not named or address == "auto"
    given = () if found_by_jax else (address, *_checked(named, n_processes, number))
    try:
        start(*given, heartbeat_timeout_seconds=HEARTBEAT_SECONDS)
    except (jax.errors.JaxRuntimeError, RuntimeError, ValueError) as error:
        who = "this process" if found_by_jax else f"process {number} of {n_processes}"
        raise UserError(
            f"{who} did not reach the others{'' if found_by_jax else f' at {address}'}: {str(error)[:200]}",
            tip="process 0 must run on that host, and the port must be open.",
        ) from error


def _checked(named: list[str], n_processes: str, number: str) -> tuple[int, int]:
    if missing := [name for name in VARIABLES if name not in named]:
        raise UserError(
            f"{named[0]} is set, but not {missing[0]}", tip=f"several processes need {', '.join(VARIABLES)}."
        )
    if not (n_processes.isdecimal() and number.isdecimal() and int(number) < int(n_processes)):
        raise UserError(
            f"HARNESS_PROCESS={number} of HARNESS_PROCESSES={n_processes}: expected whole numbers, the first smaller",
            tip="processes are counted from 0.",
        )
    return int(n_processes), int(number)


def _store_client() -> Any:
    """JAX's client of the coordinator. Raises UserError where this JAX has another one."""
    import jax

    try:
        from jax._src import distributed

        client: Any = distributed.global_state.client
    except (ImportError, AttributeError):
        client = None
    if client is None or any(not hasattr(client, name) for name in _STORE):
        raise UserError(
            f"jax {jax.__version__} has no store that several processes could share a run through",
            tip="this harness was written for jax 0.10.2; without HARNESS_COORDINATOR one process draws everything.",
        )
    return client
