"""The seal of a finished run folder: whether run.json and records.jsonl are as the run left them.

It is no signature: whoever can write the folder can seal it anew. It finds what disks, editors and merges do, and a
reader need not reckon everything again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.core.hashing import stable_hash

_LENGTH = 32


def seal_of(document: Mapping[str, Any], journal: Path) -> str:
    """Of a run.json, whatever seal stands in it, and the bytes of its records."""
    identity = {**(document.get("identity") or {}), "seal": ""}
    said = stable_hash({**document, "identity": identity}, length=_LENGTH)
    return f"{said}:{_digest(journal)}"


def broken(document: Mapping[str, Any], journal: Path) -> tuple[str, ...]:
    """Names of the files that are not as they were sealed."""
    said, _, records = str(document["identity"].get("seal", "")).partition(":")
    now = seal_of(document, journal).split(":")
    names = ("run.json", journal.name)
    return tuple(name for name, before, after in zip(names, (said, records), now, strict=True) if before != after)


def _digest(path: Path) -> str:
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:_LENGTH]
