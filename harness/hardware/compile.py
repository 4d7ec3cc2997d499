"""Jobs compiled in processes of their own, side by side, each within a time limit; figures are kept on disk."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from subprocess import PIPE

from harness.core.codec import decode, encode
from harness.core.errors import UserError, install_tip
from harness.core.hashing import stable_hash
from harness.hardware.measure import local_environment
from harness.hardware.records import Compiled, Job
from harness.hardware.topology import parse_topology

INSTALL = install_tip("plan")
LOCK = "/tmp/libtpu_lockfile"
OPTIMISATION = "O1"
"""Of XLA for a TPU: a quarter of the default's time; `decide.MARGIN` makes up for the peak that it reports lower."""
_PACKAGES = ("jax", "jaxlib", "libtpu", "flax", "google-tunix", "qwix", "optax")
_READERS = ("harness.hardware.child", "harness.hardware.hlo", "harness.hardware.traffic")
"""What decides how a program's figures are read."""

OnDone = Callable[[Job, Compiled, int, int], None]
"""(job, outcome, how many are done, of how many)."""
Ended = subprocess.CompletedProcess[str]


def compile_all(
    jobs: Sequence[Job],
    *,
    timeout_seconds: float,
    workers: int = 2,
    cache: Path | None = None,
    on_done: OnDone = lambda job, compiled, done, total: None,
) -> list[Compiled]:
    """The outcome of every one of `jobs`, in order; those that were compiled before are read from `cache`.

    `workers` processes compile at once, `on_done` is told of each job that is ready. Raises UserError where a compiler
    is missing, a job outlasts `timeout_seconds`, or a process ends without figures.
    """
    check_compilers({job.topology for job in jobs})
    keys = [job_key(job) for job in jobs]  # once: someone may edit the sources that they are made of
    kept = dict(zip(keys, jobs, strict=True))
    found: dict[str, Compiled] = {}
    for key, job in kept.items():
        if outcome := read_cached(key, cache):
            found[key] = outcome
            on_done(job, outcome, len(found), len(kept))
    missing = {key: job for key, job in kept.items() if key not in found}
    pool, processes = ThreadPoolExecutor(max_workers=max(1, workers)), Processes()
    try:
        waiting = {pool.submit(compile_alone, job, timeout_seconds, processes): key for key, job in missing.items()}
        for future in as_completed(waiting):
            key = waiting[future]
            found[key] = future.result()
            write_cached(key, found[key], cache)
            on_done(kept[key], found[key], len(found), len(kept))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        processes.end()
    return [found[key] for key in keys]


class Processes:
    """Those that compile now. All end together where one fails or the user stops: within a compilation a process does
    not listen to an interrupt, and it can take minutes."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[str]] = set()
        self._ended = False
        self._lock = threading.Lock()

    def run(self, command: Sequence[str], given: str, env: Mapping[str, str], timeout_seconds: float) -> Ended:
        """Start one `command` with the text `given` on its standard input and the environment `env`, and wait for it.

        Raises TimeoutExpired after `timeout_seconds`, and UserError where another program has failed already.
        """
        with self._lock:
            if self._ended:
                raise UserError("another program failed before this one was begun")
            process = subprocess.Popen(command, env=env, stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True)
            self._running.add(process)
        with process:
            try:
                out, err = process.communicate(given, timeout=timeout_seconds)
            finally:
                process.kill()  # nothing where it has ended
                self._running.discard(process)
        return subprocess.CompletedProcess(command, process.returncode, out, err)

    def end(self) -> None:
        """Kill what runs, and let nothing begin."""
        with self._lock:
            self._ended = True
            for process in list(self._running):
                process.kill()


def compile_alone(job: Job, timeout_seconds: float, processes: Processes) -> Compiled:
    """Compile one job in a process of its own. Raises UserError where it brings no figures."""
    command = [sys.executable, "-W", "ignore", "-m", "harness.hardware.child"]
    given = json.dumps(encode(job))
    try:
        done = processes.run(command, given, environment(job, os.environ), timeout_seconds)
    except subprocess.TimeoutExpired as error:
        raise UserError(
            f"compiling for {job.topology} took longer than {timeout_seconds:.0f} s", tip="give it more: --time-limit."
        ) from error
    if done.returncode:
        raise failure(job, done.returncode, done.stderr)
    return decode(Compiled, json.loads(done.stdout.strip().splitlines()[-1]))


def environment(job: Job, given: Mapping[str, str]) -> dict[str, str]:
    """What the compiling process sees: for a TPU no device but the CPU, and no lock, as it touches no TPU."""
    topology = parse_topology(job.topology)
    if topology.platform == "gpu":
        return local_environment("gpu", given)
    made = local_environment("cpu", given)
    if topology.platform == "cpu":
        flags = f"{given.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count={topology.n_devices}"
        return {**made, "XLA_FLAGS": flags.strip()}
    return {
        **made,
        **({} if job.as_run else {"JAX_OPTIMIZATION_LEVEL": OPTIMISATION}),
        "ALLOW_MULTIPLE_LIBTPU_LOAD": "1",
        "TPU_SKIP_MDS_QUERY": "1",
    }


def failure(job: Job, code: int, errors: str) -> UserError:
    """What a process that ended without figures means."""
    if "already in use" in errors or Path(LOCK).name in errors:
        return UserError(
            f"another process holds the TPU library ({LOCK})",
            tip=f"end that process (`lsof {LOCK}` shows it); if there is none, remove the file.",
        )
    lines = [line for line in errors.strip().splitlines() if line.strip()]
    if code == -9:
        return UserError(
            f"the process that compiled for {job.topology} was killed: it ran out of memory",
            tip="compile one program at a time: --workers 1.",
        )
    return UserError(f"compiling for {job.topology} failed: {(lines or [f'it ended with {code}'])[-1][:300]}")


def check_compilers(topologies: set[str]) -> None:
    """Raises UserError where a TPU is asked for and its compiler is not installed."""
    wanted = sorted(name for name in topologies if parse_topology(name).platform == "tpu")
    library = os.environ.get("TPU_LIBRARY_PATH")
    if wanted and library and not Path(library).is_file():
        raise UserError(f"TPU_LIBRARY_PATH is {library}, where no file is", tip=f"unset it and {INSTALL}")
    if wanted and not library and find_spec("libtpu") is None:
        raise UserError(f"compiling for {wanted[0]} needs libtpu, which is not installed", tip=INSTALL)


def job_key(job: Job) -> str:
    """Over the job, the versions of all that compiles it, and the source of the program."""
    level = OPTIMISATION if parse_topology(job.topology).platform == "tpu" else ""
    source = source_hash((*job.sources, *_READERS))
    return stable_hash({"job": encode(job), "versions": _versions(), "source": source, "level": level})


def default_cache() -> Path:
    """Where figures are kept: beside the compiled programs' cache."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "reasoning-harness" / "plan"


def read_cached(key: str, cache: Path | None) -> Compiled | None:
    """What an earlier plan found; None where there is nothing readable."""
    path = cache / f"{key}.json" if cache else None
    if path is None or not path.is_file():
        return None
    try:
        found = decode(Compiled, json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError, KeyError):
        return None  # half-written by a process that was killed
    return Compiled(figures=found.figures, too_large=found.too_large, cached=True)


def write_cached(key: str, compiled: Compiled, cache: Path | None) -> None:
    """Keep an outcome for the next plan."""
    if cache is not None:
        cache.mkdir(parents=True, exist_ok=True)
        (cache / f"{key}.json").write_text(json.dumps(encode(compiled)) + "\n", encoding="utf-8")


def _versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = ""
    return found | {"library": os.environ.get("TPU_LIBRARY_PATH", "")}


def source_hash(modules: Sequence[str]) -> str:
    """Over the text of modules and of whole packages. Raises ModuleNotFoundError for a name that is neither."""
    files = [file for name in modules for file in source_files(name)]
    return stable_hash([(file.name, file.read_text(encoding="utf-8")) for file in files])


def source_files(module: str) -> list[Path]:
    """The file of a module, or every file of a package. Raises ModuleNotFoundError for a name that is neither."""
    found = find_spec(module)
    if found is None or not found.origin:
        raise ModuleNotFoundError(f"no module {module!r}", name=module)
    return sorted(Path(found.origin).parent.rglob("*.py")) if found.submodule_search_locations else [Path(found.origin)]
