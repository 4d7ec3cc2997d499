"""Who may import whom, read off the code; and what the fast commands must not load."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parent.parent
OURS = {"harness", "tasks", "sft", "reports"}
HEAVY = ("jax", "pandas", "sympy", "datasets", "transformers", "torch", "scipy", "math_verify")


def imported_packages(path: Path, *, top_level_only: bool = False) -> set[str]:
    tree = ast.parse(path.read_text())
    nodes = tree.body if top_level_only else ast.walk(tree)
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def sources(folder: str) -> list[Path]:
    return sorted((REPO / folder).rglob("*.py"))


def tops(modules: set[str]) -> set[str]:
    return {module.split(".")[0] for module in modules}


@pytest.mark.parametrize("path", sources("harness/core"), ids=lambda p: p.name)
def test_core_imports_only_the_standard_library(path):
    allowed = {"harness.core", "harness.core.reply"}
    for module in imported_packages(path):
        own = ".".join(module.split(".")[:2])
        lazy_registry = path.name == "registry.py" and module == "tasks"
        assert own in allowed or lazy_registry or module.split(".")[0] in sys.stdlib_module_names, module


def test_harness_imports_the_others_only_in_its_verbs_and_commands():
    for path in sources("harness"):
        if {"api", "cli"} & set(path.parts) or path.name == "registry.py":
            continue
        assert not tops(imported_packages(path)) & {"tasks", "sft", "reports"}, path


@pytest.mark.parametrize("package", ["tasks", "sft", "reports"])
def test_tasks_sft_and_reports_do_not_import_each_other(package):
    for path in sources(package):
        assert not tops(imported_packages(path)) & (OURS - {"harness", package}), path


@pytest.mark.parametrize("folder", ["harness/api", "harness/cli"])
def test_verbs_and_commands_import_the_others_only_inside_functions(folder):
    for path in sources(folder):
        assert not tops(imported_packages(path, top_level_only=True)) & {"tasks", "sft", "reports"}, path


@pytest.mark.parametrize("command", [["--help"], ["tasks"], ["run", "--help"], ["score", "--help"]])
def test_fast_commands_load_nothing_heavy(command):
    code = (
        "import sys; from harness.cli.main import main; sys.argv = ['harness', *sys.argv[1:]]\n"
        "try:\n    main()\nexcept SystemExit: pass\n"
        f"loaded = [name for name in {HEAVY!r} if name in sys.modules]\n"
        "assert not loaded, loaded"
    )
    done = subprocess.run([sys.executable, "-c", code, *command], capture_output=True, text=True, cwd=REPO, check=False)
    assert done.returncode == 0, done.stderr
