"""A run folder: run.json (what was asked and what came out) beside records.jsonl (every completion)."""

from __future__ import annotations

import fcntl
import json
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.core.codec import decode, encode
from harness.core.errors import UserError, unknown_name
from harness.core.records import Record, Run
from harness.store.files import read_text, write_json
from harness.store.journal import latest_by_key, read_records
from harness.store.seal import seal_of

RUN_FILE = "run.json"
RECORDS_FILE = "records.jsonl"
LOCK_FILE = ".lock"
FORMAT_VERSION = 1
DEFAULT_RUNS = Path("runs")
"""Where runs are kept, in the working folder."""


def write_run(folder: Path, run: Run) -> Run:
    """Write run.json so that a reader sees the old or the new one, never half of it; returns the run as written.

    A finished run is sealed together with its records, see `seal_of`.
    """
    document = {"format": FORMAT_VERSION} | encode(run)
    if run.identity is not None:
        seal = seal_of(json.loads(json.dumps(document)), folder / RECORDS_FILE) if run.finished else ""
        document["identity"]["seal"] = seal
        run = replace(run, identity=replace(run.identity, seal=seal))
    write_json(folder / RUN_FILE, document)
    return run


def read_run(folder: Path) -> Run:
    """The run of a folder. Raises UserError where the folder is not a run or its run.json is damaged."""
    document = read_document(folder)
    try:
        return decode(Run, document)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise _damaged(folder, error) from error


def read_document(folder: Path) -> dict[str, Any]:
    """The run.json of a folder as it stands. Raises UserError where there is none, or none that can be read."""
    path = folder / RUN_FILE
    if not path.is_file():
        raise UserError(_not_a_run(folder), tip="a run folder holds run.json and records.jsonl; see `harness history`.")
    try:
        document = json.loads(read_text(path))
        if not isinstance(document, dict):
            raise TypeError(f"expected an object, found {type(document).__name__}")
    except (ValueError, TypeError, RecursionError) as error:
        raise _damaged(folder, error) from error
    _check_format(path, document.get("format", FORMAT_VERSION))
    return document


def _damaged(folder: Path, error: Exception) -> UserError:
    return UserError(
        f"{folder / RUN_FILE}: damaged run file: {type(error).__name__}: {str(error)[:160]}",
        tip="its completions are in records.jsonl: `harness score FOLDER/records.jsonl --task NAME`.",
    )


def read_run_records(folder: Path, run: Run) -> list[Record]:
    """The run's records, one a key, in order of doc id and repeat. Raises UserError where there are none."""
    path = folder / RECORDS_FILE
    if not path.is_file():
        raise UserError(f"{folder} has no {RECORDS_FILE}", tip=f"start again: {run.command}")
    return sort_records(latest_by_key(read_records(path, checked=run.identity is not None)).values())


def sort_records(records: Iterable[Record]) -> list[Record]:
    """In an order that does not depend on which completion finished first: by id, numbers in it as numbers."""
    return sorted(records, key=lambda r: (_natural(r.doc.id), r.doc.id, r.completion.repeat))


def find_run(name: str, root: Path) -> Path:
    """The folder of a run given by path, by id, or by an unambiguous start of its id. Raises UserError for none, and
    for several.
    """
    if not name.strip():
        raise UserError("the name of a run is empty", tip=f"`harness history` lists the runs in {root}/.")
    if (Path(name) / RUN_FILE).is_file():
        return Path(name)
    ids = [folder.name for folder in run_folders(root)]
    matches = [run_id for run_id in ids if run_id == name] or [run_id for run_id in ids if run_id.startswith(name)]
    if len(matches) == 1:
        return root / matches[0]
    if len(matches) > 1:
        raise UserError(f"{name!r} names {len(matches)} runs: {', '.join(matches[:5])}", tip="give more of the id.")
    if Path(name).exists():
        raise UserError(_not_a_run(Path(name)), tip="a run folder holds run.json and records.jsonl.")
    raise unknown_name("run", name, ids, tip=f"`harness history` lists the runs in {root}/.")


def run_folders(root: Path) -> list[Path]:
    """Every run folder directly under `root`, oldest id first."""
    return sorted(path.parent for path in root.glob(f"*/{RUN_FILE}")) if root.is_dir() else []


def records_file(process: int) -> str:
    """The journal of one of several processes that draw a run; process 0 has the run's own.

    >>> records_file(0), records_file(3)
    ('records.jsonl', 'records.3.jsonl')
    """
    return RECORDS_FILE if process == 0 else f"records.{process}.jsonl"


def journals(folder: Path) -> list[Path]:
    """The run's own journal and whatever other processes left beside it."""
    others = sorted(folder.glob("records.*.jsonl"))
    return [path for path in (folder / RECORDS_FILE, *others) if path.is_file()]


def new_folder(out: Path | None, runs: Path, task: str, model: str) -> Path:
    """The folder of a new run: `out`, or RUNS/<time>-<task>-<model>-<random> under `runs`, named after `task` and
    `model`.

    Raises UserError for an `out` that holds something, and for a folder that cannot be made.
    """
    if out is None:
        stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
        name = "-".join([stamp, _slug(task), _slug(model), secrets.token_hex(3)])  # two runs may start in one second
        out = runs / name
    try:
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise UserError(f"{out} exists and is not empty", tip="choose another --out, or remove it.")
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{out} cannot be made: {error.strerror}") from error
    return out


@contextmanager
def locked(folder: Path, process: int = 0) -> Iterator[None]:
    """Hold a run folder alone, or one process's part: two that write one journal would mix their lines. Raises
    UserError where another process holds it.
    """
    with (folder / (LOCK_FILE if process == 0 else f"{LOCK_FILE}.{process}")).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise UserError(f"{folder} is being written by another process", tip="wait for it, or stop it.") from error
        yield


def _check_format(path: Path, version: object) -> None:
    if version != FORMAT_VERSION:
        raise UserError(
            f"{path} has format {version}, and this harness reads format {FORMAT_VERSION}",
            tip="read it with the version of the harness that wrote it.",
        )


def _natural(text: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d{1,18})", text) if part]


def _not_a_run(folder: Path) -> str:
    if not folder.exists():
        return f"no run folder at {folder}"
    return f"{folder} is not a run folder: it has no {RUN_FILE}"


def _slug(text: str) -> str:
    kept = "".join(c if c.isalnum() else "-" for c in text.lower())
    return "-".join(filter(None, kept.split("-")))[-32:].strip("-") or "model"
