"""Reading what commands share: `-o key=value`, generation settings, folders."""

from __future__ import annotations

import secrets
import shlex
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from harness.core.errors import UserError
from harness.core.registry import find_entry, load_scorer
from harness.core.task import Task

DEFAULT_RUNS = Path("runs")


def read_options(pairs: list[str] | None, flag: str = "-o") -> dict[str, str]:
    """Pairs of `-o key=value`, or of another flag. Raises UserError for one that is no pair or is given twice."""
    options: dict[str, str] = {}
    for pair in pairs or []:
        key, separator, value = pair.partition("=")
        if not separator or not key:
            raise UserError(f"{flag} {pair!r}: expected key=value")
        if key in options:
            raise UserError(f"{flag} {key}=... is given twice")
        options[key] = value
    return options


def build_task(
    name: str, options: Mapping[str, Any], *, limit: int | None = None, extra_scorers: list[str] | None = None
) -> Task:
    """Build a task as a command asks for it: options set, docs limited, scorers added."""
    from harness.data.identity import data_info
    from harness.runner.run import check_task

    task = find_entry(name).build(options)
    if limit is not None:
        if limit < 1:
            raise UserError(f"--limit {limit}: at least 1")
        task = replace(task, docs=task.docs[:limit], data=None if task.data is None else task.data)
    have = {scorer.name for scorer in task.scorers}
    added = tuple(load_scorer(scorer) for scorer in extra_scorers or [] if scorer not in have)
    source, seen = (task.data.source, task.data.notice) if task.data else (f"task:{task.name}", "")
    task = replace(task, scorers=task.scorers + added, data=data_info(source, task.docs, notice=seen))
    check_task(task)
    return task


def with_data(options: dict[str, str], data: str | None, columns: str | None, task_name: str) -> dict[str, str]:
    """Add `--data` and `--columns` to the options of a task that can read local data."""
    refuse_empty("--data", data)
    given = {"data": data, "columns": columns}
    given = {key: value for key, value in given.items() if value is not None}
    lacking = [key for key in given if key not in find_entry(task_name).parameters]
    if lacking:
        raise UserError(f"task {task_name!r} makes its own data: --{lacking[0]} does not apply")
    return options | {key: str(value) for key, value in given.items()}


def refuse_empty(flag: str, value: str | None) -> None:
    """A variable of a shell script that was never set must not choose a default: `--data "$DATA"`."""
    if value is not None and not value.strip():
        raise UserError(f"{flag} is empty", tip=f"name something after {flag}, or leave it out for the default.")


def new_folder(out: Path | None, runs: Path, task: str, model: str) -> Path:
    """The folder of a new run: `--out`, or RUNS/<time>-<task>-<model>-<random>."""
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


def command_line() -> str:
    """The command as it was typed."""
    return shlex.join(["harness", *sys.argv[1:]])


@lru_cache(maxsize=1)
def git_sha() -> str:
    """The commit of the working folder, '-dirty' with uncommitted changes; empty outside a repository."""
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"],
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def versions() -> dict[str, str]:
    """Versions of what can change a number."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": platform.python_version()}
    for package in ("reasoning-harness", "jax", "google-tunix", "transformers", "sympy", "math-verify", "lm-eval"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _slug(text: str) -> str:
    kept = "".join(c if c.isalnum() else "-" for c in text.lower())
    return "-".join(filter(None, kept.split("-")))[-32:].strip("-") or "model"
