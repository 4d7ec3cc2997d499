"""A model's identity: a hash over its weight files and config, remembered until a file changes."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from harness.core.hashing import stable_hash

_BLOCK_BYTES = 1 << 24


def fingerprint(files: Iterable[Path], config: Any) -> str:
    """16 hex digits over every byte of `files` and over `config`; file names and folders do not enter.

    The index alone would not do: a model before and after tuning has the same names and shapes.
    """
    return stable_hash({"files": sorted(file_hash(file) for file in files), "config": config})


def file_hash(file: Path) -> str:
    """SHA-256 of a file's bytes, remembered by path, size and time of change."""
    real = file.resolve()
    stat = real.stat()
    key = f"{real}|{stat.st_size}|{stat.st_mtime_ns}"
    known = _read_cache()
    if key not in known:
        known = _read_cache() | {key: _sha256(real)}
        _write_cache(known)
    return known[key]


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def cache_folder() -> Path:
    """Where the harness keeps what it can rebuild: HARNESS_CACHE, else the user's cache folder."""
    if given := os.environ.get("HARNESS_CACHE"):
        return Path(given)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "reasoning-harness"


def _read_cache() -> dict[str, str]:
    try:
        value = json.loads((cache_folder() / "fingerprints.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _write_cache(known: dict[str, str]) -> None:
    """Replaced in one move, so that two processes at once lose an entry at worst; a read-only home is no error."""
    target = cache_folder() / "fingerprints.json"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_suffix(f".{os.getpid()}")
        part.write_text(json.dumps(known), encoding="utf-8")
        part.replace(target)
    except OSError:
        return
