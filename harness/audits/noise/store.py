"""Where noise floors are kept, and how a run finds the one of its model and task."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path

from harness.audits.noise.records import NoiseFloor
from harness.core.codec import decode, encode
from harness.core.errors import UserError
from harness.core.records import Run
from harness.store.files import read_text, write_json

FOLDER = "noise"
"""Under the folder of runs: one folder a floor."""
FILE = "noise.json"
FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class StoredFloor(NoiseFloor):
    """A noise floor where it is kept."""

    path: Path
    """Its file, where `compare` finds it."""


def keep_floor(folder: Path, floor: NoiseFloor) -> StoredFloor:
    """Write a floor into its folder. Raises UserError where that cannot be made."""
    known = {field.name: getattr(floor, field.name) for field in fields(floor)}
    return StoredFloor(path=write_floor(folder, floor), **known)


def write_floor(folder: Path, floor: NoiseFloor) -> Path:
    """Write `noise.json`; returns its path. Raises UserError where the folder cannot be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{folder} cannot be made: {error.strerror}") from error
    path = folder / FILE
    document = {"format": FORMAT_VERSION} | encode(floor)
    write_json(path, document)
    return path


def read_floor(path: Path) -> NoiseFloor:
    """The floor of a file. Raises UserError for a damaged one."""
    try:
        return decode(NoiseFloor, json.loads(read_text(path)))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise UserError(f"{path}: damaged noise file: {type(error).__name__}: {error}", tip="remove it.") from error


def find_floor(run: Run, roots: Iterable[Path]) -> NoiseFloor | None:
    """The floor of the run's model on its task, of most docs where there are several; None where none is known.

    `roots` are folders of runs.
    """
    found = [floor for floor in _floors(roots) if _is_of(floor, run)]
    return max(found, key=lambda floor: (floor.n_docs, floor.made), default=None)


def floor_roots(folder: Path, runs: Path | None = None) -> tuple[Path, ...]:
    """Where the floor of the run in `folder` is looked for: beside it, and in the folder of all runs."""
    return tuple(dict.fromkeys(path.resolve() for path in (folder.resolve().parent, runs) if path is not None))


def _is_of(floor: NoiseFloor, run: Run) -> bool:
    same_task = (floor.task, floor.task_version, floor.primary) == (run.task, run.task_version, run.primary)
    return same_task and run.model.fingerprint in floor.fingerprints


def _floors(roots: Iterable[Path]) -> Iterator[NoiseFloor]:
    for root in roots:
        for path in sorted(root.glob(f"{FOLDER}/*/{FILE}")):
            try:
                yield read_floor(path)
            except UserError:
                continue  # it is an extra: a comparison must not fail on it
