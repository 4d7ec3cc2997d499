"""Public functions say what they take and what they raise: every parameter of four or more, and every exception."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parent.parent
MANY_PARAMETERS = 4
NOT_LOOKED_AT = {"cli"}
"""Commands: their help is their documentation."""
SAID_ONCE = {"on_progress"}
"""Parameters that are the same everywhere; their type says what they are."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def public_modules() -> list[Path]:
    """Modules that somebody else may call, below the four packages."""
    found = []
    for package in ("harness", "tasks", "sft", "reports"):
        for path in sorted((REPO / package).rglob("*.py")):
            parts = path.relative_to(REPO).with_suffix("").parts
            if not NOT_LOOKED_AT & set(parts) and not any(p.startswith("_") and p != "__init__" for p in parts):
                found.append(path)
    return found


def public_functions(body: list[ast.stmt]) -> Iterator[Function]:
    """Functions of a module and methods of its public classes; those inside functions are nobody's to call."""
    for node in body:
        if isinstance(node, Function) and not node.name.startswith("_"):
            yield node
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from public_functions(node.body)


def parameters(function: Function) -> list[str]:
    given = function.args
    names = [argument.arg for argument in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    return [name for name in names if name not in {"self", "cls"} and not name.startswith("_")]


def raises(function: Function) -> bool:
    """Does it raise by itself? What is raised inside a function within it, or passed on unchanged, does not count."""
    todo: list[ast.AST] = list(function.body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Raise) and node.exc is not None:
            return True
        if not isinstance(node, Function | ast.Lambda | ast.ClassDef):
            todo.extend(ast.iter_child_nodes(node))
    return False


def is_overload(function: Function) -> bool:
    return any(ast.unparse(decorator).endswith("overload") for decorator in function.decorator_list)


def unsaid(function: Function) -> list[str]:
    """What the docstring of a function leaves out."""
    text = ast.get_docstring(function) or ""
    names = parameters(function)
    unnamed = [name for name in names if name not in SAID_ONCE and not re.search(rf"\b{name}\b", text)]
    missing = unnamed if len(names) >= MANY_PARAMETERS else []
    if raises(function) and not re.search("raise", text, re.IGNORECASE):
        missing.append("what it raises")
    return missing


@pytest.mark.parametrize("path", public_modules(), ids=lambda path: path.relative_to(REPO).as_posix())
def test_public_functions_name_their_parameters_and_what_they_raise(path):
    functions = (f for f in public_functions(ast.parse(path.read_text()).body) if not is_overload(f))
    assert not {function.name: left_out for function in functions if (left_out := unsaid(function))}


@pytest.mark.parametrize(
    ("source", "left_out"),
    [
        ('def f(a, b, c, d):\n    """Adds a, b and c."""', ["d"]),
        ('def f(a, b, c):\n    """Adds."""', []),
        ("def f(self, a, b, c):\n    pass", []),
        ('def f(x):\n    """Of x."""\n    if x:\n        raise ValueError(x)', ["what it raises"]),
        ('def f(x):\n    """Raises ValueError for x."""\n    raise ValueError(x)', []),
        ('def f(x):\n    """Of x."""\n    def g():\n        raise ValueError(x)\n    return g', []),
        ('def f(x):\n    """Of x."""\n    try:\n        g(x)\n    except OSError:\n        raise', []),
    ],
)
def test_what_a_docstring_leaves_out_is_found(source, left_out):
    (function,) = public_functions(ast.parse(source).body)
    assert unsaid(function) == left_out
