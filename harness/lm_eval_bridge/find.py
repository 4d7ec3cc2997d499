"""Which folder of lm-eval holds a task: reading one folder takes milliseconds, reading all of them ten seconds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from harness.core.errors import UserError, unknown_name
from harness.lm_eval_bridge.compat import lm_eval_name

_NAMED = re.compile(rb"^[\"']?(?:task|group)[\"']?\s*:[ \t]*[\"']?([\w.:/+-]+)[\"']?[ \t\r]*(?:#.*)?$", re.MULTILINE)
_TAGGED = re.compile(rb"^[\"']?tag[\"']?\s*:[ \t]*(?:\r?\n((?:[ \t]*-[^\n]*\n?)+)|([^\n]+))", re.MULTILINE)


def task_folders(name: str) -> list[Path]:
    """The folders directly below lm-eval's tasks that define a task or group (one), or a tag (one or more).

    Raises UserError, with the nearest name, where none does.
    """
    root = tasks_root()
    for guess in _likely(root, name):
        if name in _names_in(guess)[0]:
            return [guess]
    folders = sorted(path for path in root.iterdir() if path.is_dir())
    for folder in folders:
        if name in _names_in(folder)[0]:
            return [folder]
    tagged = [folder for folder in folders if name in _names_in(folder)[1]]
    if not tagged:
        known = {known for folder in folders for names in _names_in(folder) for known in names}
        raise unknown_name("lm-eval task", name, sorted(known), tip="`lm_eval ls tasks` lists them all.")
    return tagged


def tasks_root() -> Path:
    """Where the installed lm-eval keeps its task files."""
    import inspect

    return Path(inspect.getfile(lm_eval_name("lm_eval.tasks:TaskManager"))).resolve().parents[0]


def yaml_of(name: str, folder: Path) -> Path:
    """The YAML file below `folder` that defines the task. Raises UserError for a group or tag, which has several."""
    own = re.compile(
        rb"^[\"']?task[\"']?\s*:[ \t]*[\"']?" + re.escape(name.encode()) + rb"[\"']?[ \t\r]*(?:#.*)?$", re.M
    )
    for path in _yaml_files(folder):
        if own.search(path.read_bytes()):
            return path
    raise UserError(f"{name!r} is a group or tag of several tasks: --data gives the docs of one", tip="name one task.")


def _likely(root: Path, name: str) -> Iterator[Path]:
    """`mmlu_anatomy` is most likely in `mmlu_anatomy/` or `mmlu/`."""
    parts = re.split(r"[_-]", name)
    for n_parts in range(len(parts), 0, -1):
        for joint in ("_", "-"):
            folder = root / joint.join(parts[:n_parts])
            if folder.is_dir():
                yield folder


@lru_cache(maxsize=512)
def _names_in(folder: Path) -> tuple[frozenset[str], frozenset[str]]:
    """(tasks and groups, tags) of a folder, read off the text: parsing all YAML takes ten times as long."""
    named: set[bytes] = set()
    tagged: set[bytes] = set()
    for path in _yaml_files(folder):
        text = path.read_bytes()
        named.update(_NAMED.findall(text))
        for listed, inline in _TAGGED.findall(text):
            tagged.update(re.findall(rb"[\w.:/+-]+", re.sub(rb"(?m)^[ \t]*-", b"", listed or inline)))
    return _text(named), _text(tagged)


def _text(names: set[bytes]) -> frozenset[str]:
    return frozenset(name.decode("utf-8", "replace") for name in names)


def _yaml_files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.yaml"))
