"""Compiled programs kept on disk, so that only the first run of a shape pays for compiling it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any


def enable_compile_cache() -> Path | None:
    """Turn on JAX's persistent cache unless the user set one or said no (HARNESS_COMPILE_CACHE=off).

    Returns the folder in use, or None. What compiles in 0.2 s or more is kept: JAX's default of a second skips most of
    what a small model needs on a CPU.
    """
    import jax

    if os.environ.get("HARNESS_COMPILE_CACHE", "").lower() in {"off", "0", "no"}:
        return None
    config: Any = jax.config
    if config.jax_compilation_cache_dir:
        return Path(config.jax_compilation_cache_dir)
    folder = Path(os.environ.get("HARNESS_COMPILE_CACHE") or _default_folder())
    config.update("jax_compilation_cache_dir", str(folder))
    config.update("jax_persistent_cache_min_compile_time_secs", 0.2)
    config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    return folder


def _default_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "reasoning-harness" / "xla"
