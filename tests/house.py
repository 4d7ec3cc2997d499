"""The house read off its code: every module, what it imports, and which rooms that ties together."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
PACKAGES = ("harness", "tasks", "sft", "reports")


@lru_cache(maxsize=1)
def modules() -> dict[str, Path]:
    """Every module of the four packages by its dotted name."""
    return {_dotted(path): path for package in PACKAGES for path in sorted((REPO / package).rglob("*.py"))}


def _dotted(path: Path) -> str:
    return ".".join(path.relative_to(REPO).with_suffix("").parts).removesuffix(".__init__")


@cache
def tree(path: Path) -> ast.Module:
    """A file's syntax."""
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(path: Path, *, when_loaded: bool = False) -> set[str]:
    """Modules that a file imports anywhere, in functions and for types too; `when_loaded`: only what loading it loads.

    `from a import b` is an import of module a.b where there is one, else of a.
    """
    found = set()
    for node in tree(path).body if when_loaded else ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports by dots"
            found |= {_named(node.module or "", alias.name) for alias in node.names}
    return found


def _named(module: str, name: str) -> str:
    return inner if (inner := f"{module}.{name}") in modules() else module


@lru_cache(maxsize=1)
def imports() -> dict[str, set[str]]:
    """Which of our modules each of them imports."""
    return {name: imported(path) & modules().keys() - {name} for name, path in modules().items()}


def place(name: str) -> tuple[str, ...]:
    """The rooms that a module stands in, from the outermost to its own file.

    The rooms of `harness` stand beside the other packages, as some are above those and some below; what `harness`
    itself holds is one room. A folder's `__init__` is a file of it.

        harness.core.reply.parse -> harness.core, reply, parse
        harness.testing          -> harness, testing
        tasks.gsm_style          -> tasks, gsm_style, __init__
    """
    path = modules()[name].relative_to(REPO).with_suffix("").parts
    return (".".join(path[:2]), *path[2:]) if path[0] == "harness" and len(path) > 2 else path


def floors() -> dict[tuple[str, ...], dict[str, dict[str, str]]]:
    """Which rooms of one folder import each other, by folder: {folder: {room: {imported room: one import of it}}}.

    An import ties the two rooms that lie side by side: what a room holds inside is no matter to its neighbours, and a
    folder within a folder may use the files around it, if they do not use it.
    """
    found: dict[tuple[str, ...], dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    for name, wanted in imports().items():
        for other in wanted:
            around, one, two = _parting(place(name), place(other))
            found[around][one].setdefault(two, f"{name} imports {other}")
    return found


def _parting(one: tuple[str, ...], two: tuple[str, ...]) -> tuple[tuple[str, ...], str, str]:
    depth = next(i for i, (a, b) in enumerate(zip(one, two, strict=False)) if a != b)
    return one[:depth], one[depth], two[depth]


def circle(graph: Mapping[str, set[str] | dict[str, str]]) -> list[str]:
    """Names that import each other in a ring, the first again at the end; empty where there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(reversed(error.args[1]))
    return []


def strings(path: Path) -> Iterator[str]:
    """Every whole string of a file, docstrings too."""
    return (
        node.value for node in ast.walk(tree(path)) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def defined(path: Path) -> set[str]:
    """Names that a module has once it is loaded."""
    found = set()
    for node in tree(path).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return found
