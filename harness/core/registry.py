"""Tasks by name (a file in `tasks/`, a Python file, an entry point of group `harness.tasks`), and scorers by name."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import pkgutil
import sys
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import wraps
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints, overload

from harness.core.blame import DEBUG_TIP, blaming, failure
from harness.core.errors import UserError, unknown_name
from harness.core.late import load
from harness.core.scorer import Scorer
from harness.core.task import Task, TaskFunction
from harness.core.words import typed_text

ENTRY_POINT_GROUP = "harness.tasks"
PREFIXES = {"lm_eval": "harness.lm_eval_bridge.tasks:task_function"}
"""Tasks of other harnesses: `PREFIX:NAME` is built by the function that this gives for NAME."""
PREFILL = "prefill"
"""The option whose text often ends in a newline: it is read as `harness score --prefill` reads it."""
SCORERS = {
    "final_answer": "tasks.scoring.final_answer:final_answer",
    "structure": "tasks.scoring.structure:structure",
    "step_validity": "tasks.scoring.step_validity:step_validity",
    "step_reference": "tasks.scoring.step_reference:step_reference",
}
"""What `--scorer` and training can ask for without importing its package."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskEntry:
    """A task that can be built: its function with what `-o` may set."""

    name: str
    function: TaskFunction
    help: str
    parameters: Mapping[str, inspect.Parameter]

    def build(self, options: Mapping[str, Any] | None = None) -> Task:
        """Build the task. Option values may be strings: they are read by the parameter's type.

        Raises UserError for an unknown option, a value that does not fit, and whatever the task's own code raises.
        """
        given = self.read(options or {})
        bound = {name: p.default for name, p in self.parameters.items()} | given
        missing = [name for name, value in bound.items() if value is inspect.Parameter.empty]
        if missing:
            raise UserError(f"task {self.name!r} needs -o {missing[0]}=...")
        with blaming(f"task {self.name!r}", tip=f"its options: {', '.join(self.parameters) or 'none'}; {DEBUG_TIP}"):
            task = self.function(**bound)
        if not isinstance(task, Task):
            made = type(task).__name__
            raise UserError(f"task {self.name!r}: {self.function.__name__}() returned {made}, not a Task")
        return replace(task, name=task.name or self.name, options=bound, help=self.help)

    def read(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """The options as the task's function takes them. Raises UserError for what it does not."""
        return {key: self._read(key, value) for key, value in options.items()}

    def _read(self, key: str, value: Any) -> Any:
        if key not in self.parameters:
            raise unknown_name(
                f"option of task {self.name!r}:", key, self.parameters, tip=f"`harness tasks {self.name}` lists them."
            )
        if not isinstance(value, str):
            return value
        hints = get_type_hints(self.function)
        return _read_value(key, typed_text(value) if key == PREFILL else value, hints.get(key, str))


@overload
def task(function: TaskFunction) -> TaskFunction: ...
@overload
def task(*, name: str) -> Callable[[TaskFunction], TaskFunction]: ...
def task(function: TaskFunction | None = None, *, name: str = "") -> Any:
    """Mark a function as a task: its name is the task's name, its arguments the options, its docstring the help.

    Called by hand, as in a notebook, it gives a task that knows all three.
    """

    def mark(target: TaskFunction) -> TaskFunction:
        @wraps(target)
        def named(*args: Any, **options: Any) -> Task:
            made = target(*args, **options)
            return _named(made, _entry(named), args, options) if isinstance(made, Task) else made

        named.__harness_task__ = name or target.__name__  # type: ignore[attr-defined]
        return named

    return mark(function) if function is not None else mark


def load_task(name_or_path: str, options: Mapping[str, Any] | None = None) -> Task:
    """Build a task by name, or from a Python file (`./my_task.py`, `./my_task.py:name`)."""
    return find_entry(name_or_path).build(options)


def _named(made: Task, entry: TaskEntry, args: tuple[Any, ...], options: Mapping[str, Any]) -> Task:
    bound = inspect.signature(entry.function).bind(*args, **options)
    bound.apply_defaults()
    return replace(made, name=made.name or entry.name, options=bound.arguments, help=entry.help)


def find_entry(name_or_path: str) -> TaskEntry:
    """The task of that name or in that file; a name that is no task's may be that of a file in the working folder.

    Raises UserError with the nearest name.
    """
    prefix, separator, rest = name_or_path.partition(":")
    if separator and prefix in PREFIXES:
        return _entry(load(PREFIXES[prefix])(rest))
    if ".py" in name_or_path:
        return _entry_from_path(name_or_path)
    if name_or_path.isidentifier() and _module_exists(name_or_path):
        direct = _entries_of(importlib.import_module(f"tasks.{name_or_path}"))
        if name_or_path in direct:  # the usual case imports one module, not all
            return direct[name_or_path]
    entries = all_entries()
    if name_or_path not in entries:
        if _is_task_file(here := Path(f"{name_or_path}.py"), name_or_path):
            return _entry_from_path(f"{here}:{name_or_path}")
        raise unknown_name("task", name_or_path, entries, tip="`harness tasks` lists every task.")
    return entries[name_or_path]


def load_scorer(name: str, **options: Any) -> Scorer:
    """The scorer of that name. Raises UserError, with the nearest name, for one that is not there."""
    if name not in SCORERS:
        raise unknown_name("scorer", name, SCORERS, tip=f"scorers: {', '.join(SCORERS)}.")
    return load(SCORERS[name])(**options)


def all_entries() -> dict[str, TaskEntry]:
    """Every registered task by name, sorted."""
    tasks = importlib.import_module("tasks")  # by name: this package stands below the tasks

    found: dict[str, TaskEntry] = {}
    for module in pkgutil.iter_modules(tasks.__path__, "tasks."):
        found |= _entries_of(importlib.import_module(module.name))
    for point in entry_points(group=ENTRY_POINT_GROUP):
        with blaming(f"entry point {point.name!r} of {ENTRY_POINT_GROUP}"):
            loaded = point.load()
        found |= _entries_of(loaded) if isinstance(loaded, types.ModuleType) else {point.name: _entry(loaded)}
    return dict(sorted(found.items()))


def _module_exists(name: str) -> bool:
    return importlib.util.find_spec(f"tasks.{name}") is not None


def _entries_of(module: types.ModuleType) -> dict[str, TaskEntry]:
    functions = [f for f in vars(module).values() if callable(f) and hasattr(f, "__harness_task__")]
    return {entry.name: entry for entry in map(_entry, functions)}


def _entry(function: TaskFunction) -> TaskEntry:
    return TaskEntry(
        name=getattr(function, "__harness_task__", function.__name__),
        function=function,
        help=inspect.getdoc(function) or "",
        parameters=inspect.signature(function).parameters,
    )


def _entry_from_path(spec: str) -> TaskEntry:
    file_part, _, wanted = spec.partition(".py:")
    path = Path(file_part if file_part.endswith(".py") else file_part + ".py")
    if not path.is_file():
        raise UserError(f"no task file at {path}", tip="`harness new-task NAME` writes one to start from.")
    entries = _entries_of(_import_file(path))
    if not entries:
        raise UserError(f"{path} defines no task", tip="decorate a function that returns a Task with @task.")
    if wanted or len(entries) > 1:
        if wanted not in entries:
            raise unknown_name(f"task in {path}:", wanted, entries, tip=f"{path} has: {', '.join(entries)}.")
        return entries[wanted]
    return next(iter(entries.values()))


def _is_task_file(path: Path, name: str) -> bool:
    """Looks without running it: a misspelt `--task setup` must not run somebody's setup.py."""
    if not name.isidentifier() or not path.is_file():
        return False
    text = path.read_text(encoding="utf-8", errors="replace")
    return f"def {name}(" in text and "@task" in text


def _import_file(path: Path) -> types.ModuleType:
    name = f"harness_user_task_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise UserError(f"{path} does not import: {failure(error)}", tip=DEBUG_TIP) from error
    return module


def _read_value(key: str, text: str, hint: Any) -> Any:
    try:
        return _convert(text, hint)
    except ValueError as error:
        raise UserError(f"option {key}={text!r}: {error}") from error


def _convert(text: str, hint: Any) -> Any:
    if get_origin(hint) is Literal:
        if text not in get_args(hint):
            raise unknown_name("value", text, [str(a) for a in get_args(hint)], tip=f"one of {get_args(hint)}")
        return text
    if get_origin(hint) in (types.UnionType,) or "Union" in str(get_origin(hint)):
        if text.lower() == "none" and type(None) in get_args(hint):
            return None
        return _convert(text, next(a for a in get_args(hint) if a is not type(None)))
    if hint is bool:
        if text.lower() not in {"true", "false", "1", "0", "yes", "no"}:
            raise ValueError("expected true or false")
        return text.lower() in {"true", "1", "yes"}
    if hint is int:
        return _number(text, int, "a whole number")
    if hint is float:
        return _number(text, float, "a number")
    return text


def _number(text: str, convert: type, what: str) -> Any:
    try:
        return convert(text)
    except ValueError:
        raise ValueError(f"expected {what}") from None
