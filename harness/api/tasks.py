"""`list_tasks`: what can be run, and what each task's options are."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin, get_type_hints

from harness.core.registry import TaskEntry, all_entries, find_entry


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskOption:
    """What can be set of a task."""

    kind: str
    """The values that it takes: the choices of a closed set, else a type's name."""
    default: Any
    """None where it must be given, too."""
    is_required: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskInfo:
    """A task that can be run."""

    name: str
    help: str
    """Its docstring: what it measures, then what its options mean."""
    options: Mapping[str, TaskOption]

    @property
    def summary(self) -> str:
        """What it measures, in one line."""
        return self.help.split("\n")[0]

    def __repr__(self) -> str:
        return f"{self.name}({', '.join(self.options)}): {self.summary}"


def list_tasks(*names: str) -> dict[str, TaskInfo]:
    """Every task that can be run by name, sorted; with `names` only those, which may be paths of task files too.

    Raises UserError with the nearest name for one that there is not.
    """
    entries = {name: find_entry(name) for name in names} if names else all_entries()
    return {name: _info(entry) for name, entry in entries.items()}


def _info(entry: TaskEntry) -> TaskInfo:
    hints = _hints(entry)
    options = {key: _option(parameter, hints.get(key, str)) for key, parameter in entry.parameters.items()}
    return TaskInfo(name=entry.name, help=entry.help, options=options)


def _hints(entry: TaskEntry) -> Mapping[str, Any]:
    """One task whose annotations do not resolve must not hide the others."""
    try:
        return get_type_hints(entry.function)
    except (NameError, TypeError, AttributeError):
        return {}


def _option(parameter: inspect.Parameter, hint: Any) -> TaskOption:
    is_required = parameter.default is inspect.Parameter.empty
    return TaskOption(kind=_kind(hint), default=None if is_required else parameter.default, is_required=is_required)


def _kind(hint: Any) -> str:
    if get_origin(hint) is Literal:
        return " | ".join(map(str, get_args(hint)))
    return getattr(hint, "__name__", str(hint)).replace("str", "text")
