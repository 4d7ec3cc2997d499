"""The documentation holds together: links, anchors, names of files and modules, commands, Python that parses."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
import typer

import harness
from harness.cli.app import build_app

REPO = Path(__file__).resolve().parent.parent
PACKAGES = ("harness", "tasks", "sft", "reports", "benchmarks", "tests", "docs")
ENTRY_POINTS = {"harness.tasks"}
"""Named like modules, but the names of groups in a package's metadata."""
FENCE = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")


def tracked(*patterns: str) -> list[Path]:
    """Files that git knows or would add, so that runs and builds in the checkout are not looked at."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    done = subprocess.run(command, capture_output=True, text=True, cwd=REPO, check=True)
    return [path for name in done.stdout.split("\n") if name and (path := REPO / name).is_file()]


PAGES = tracked("*.md")


def anchors(page: Path) -> set[str]:
    """What GitHub and the site call the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def relative_links(page: Path) -> list[str]:
    found = LINK.findall(FENCE.sub("", page.read_text()))
    return [link for link in found if not link.startswith(("http://", "https://", "mailto:"))]


def by_name(page: Path) -> str:
    return page.relative_to(REPO).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_relative_links_lead_to_a_file_and_a_heading(page):
    for link in relative_links(page):
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), f"{link} leads nowhere"
        assert not anchor or anchor in anchors(target), f"{link}: no such heading"


@pytest.mark.parametrize("shelf", ["start", "use", "method", "internals"])
def test_the_index_leads_to_every_page_of_a_shelf(shelf):
    index = REPO / "docs" / "index.md"
    linked = {(index.parent / link.partition("#")[0]).resolve() for link in relative_links(index)}
    pages = set((REPO / "docs" / shelf).rglob("*.md"))
    assert pages
    assert not pages - linked


def test_every_page_that_code_or_prose_names_exists():
    name = re.compile(r"\bdocs/[\w/-]+\.(?:md|py|png)\b")
    missing = {
        f"{by_name(path)}: {found}"
        for path in tracked("*.py", "*.md", "*.toml")
        for found in name.findall(path.read_text())
        if not (REPO / found).exists() and "../" not in found
    }
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_files_and_modules_named_in_prose_exist(page):
    for name in re.findall(r"`([\w./]+)`", FENCE.sub("", page.read_text())):
        if name.split("/")[0] in PACKAGES and "/" in name:
            assert (REPO / name).exists(), name
        elif re.fullmatch(r"\w+(\.\w+)+", name) and name.split(".")[0] in PACKAGES and name not in ENTRY_POINTS:
            assert resolves(name), name


def resolves(name: str) -> bool:
    """Is it a module, or a name that one defines? Read from the source: nothing heavy is imported."""
    parts = name.split(".")
    for n in range(len(parts), 0, -1):
        path = REPO.joinpath(*parts[:n])
        source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        if source.is_file():
            return n == len(parts) or re.search(rf"\b{parts[n]}\b", source.read_text()) is not None
    return False


def fenced(page: Path, *languages: str) -> list[str]:
    blocks = re.findall(r"^```(\w*)\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
    return [body for language, body in blocks if language in languages]


def command_lines(page: Path) -> list[str]:
    """Calls of the command in fenced and indented blocks, lines that go on joined."""
    text = page.read_text().replace("\\\n", " ")
    return re.findall(r"^(?: {4})?(harness [a-z].*)$", text, re.MULTILINE)


COMMANDS: click.Group = typer.main.get_command(build_app())  # type: ignore[assignment]
CALLS = [(page, line) for page in PAGES for line in command_lines(page)]


@pytest.mark.parametrize(("page", "line"), CALLS, ids=lambda value: by_name(value) if isinstance(value, Path) else "")
def test_commands_in_the_documentation_exist_with_their_options(page, line):
    words = shlex.split(line.split(" -> ")[0], comments=True)[1:]
    command = COMMANDS.commands.get(words[0])
    assert command, f"{by_name(page)}: {line}"
    known = {option for parameter in command.params for option in parameter.opts} | {"--help", "-h"}
    assert {word for word in words[1:] if re.match(r"--?[a-z]", word)} <= known, f"{by_name(page)}: {line}"


PYTHON = [(page, code) for page in PAGES for code in fenced(page, "python")]


@pytest.mark.parametrize(("page", "code"), PYTHON, ids=lambda value: by_name(value) if isinstance(value, Path) else "")
def test_python_in_the_documentation_imports_what_exists(page, code):
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in PACKAGES:
            assert importlib.util.find_spec(node.module), f"{by_name(page)}: {node.module}"
            assert all(resolves(f"{node.module}.{name.name}") for name in node.names), f"{by_name(page)}: {node.module}"


def late_names() -> dict[str, str]:
    """Names of `harness` that load late, where they stand; those that are public at once need no entry."""
    return {name: place.partition(":")[0] for name, place in harness._LATE.items()}


def is_written(name: str) -> bool:
    module = late_names().get(name)
    return module is None or importlib.util.find_spec(module) is not None


def test_the_api_page_describes_every_public_name():
    described = re.findall(r"^::: [\w.]+\.(\w+)$", (REPO / "docs" / "api.md").read_text(), re.MULTILINE)
    public = {name for name in harness.__all__ if name != "__version__" and is_written(name)}
    assert set(described) == public
    assert len(described) == len(public)


@pytest.mark.parametrize(("page", "code"), PYTHON, ids=lambda value: by_name(value) if isinstance(value, Path) else "")
def test_python_in_the_documentation_calls_what_harness_has(page, code):
    for node in ast.walk(ast.parse(code)):
        if not (isinstance(node, ast.Call) and ast.unparse(node.func).startswith("harness.")):
            continue
        name = ast.unparse(node.func).removeprefix("harness.")
        assert name in harness.__all__, f"{by_name(page)}: harness.{name}"
        if is_written(name):
            given = {keyword.arg: None for keyword in node.keywords if keyword.arg}
            inspect.signature(getattr(harness, name)).bind_partial(*node.args, **given)


def executed(*cells: str) -> dict[str, Any]:
    """The names that cells leave behind, run one after the other."""
    names: dict[str, Any] = {"__name__": "cells"}
    for code in cells:
        exec(code, names)
    return names


def test_the_first_comparison_prints_what_its_page_shows(tmp_path, monkeypatch):
    page = REPO / "docs" / "start" / "first_comparison.md"
    monkeypatch.chdir(tmp_path)
    found = executed(*fenced(page, "python"))["found"]
    command = [sys.executable, "-c", "from harness.cli.main import main; main()"]
    compare = [*command, "compare", "runs/careful", "runs/slip", "--no-report"]
    environment = {**os.environ, "COLUMNS": "100", "PYTHONPATH": str(REPO)}
    done = subprocess.run(compare, capture_output=True, text=True, env=environment, check=True)
    printed = {line.strip() for line in done.stdout.splitlines()}
    (shown,) = fenced(page, "")
    assert {line.strip() for line in shown.splitlines()} <= printed
    assert found.verdict == shown.splitlines()[0]


def test_the_task_in_a_cell_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (cell,) = [code for code in fenced(REPO / "docs" / "start" / "own_task.md", "python") if "@task" in code]
    assert executed(cell)["run"].run.estimates["accuracy"].value == 1.0
