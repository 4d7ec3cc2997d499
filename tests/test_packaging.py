"""What is shipped, and what a user is told to install: the wheel's content, extras, bounds, tips."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from harness.core.errors import REPOSITORY, install_tip

REPO = Path(__file__).resolve().parent.parent
PACKAGES = ("harness", "tasks", "sft", "reports")
PROJECT = tomllib.loads((REPO / "pyproject.toml").read_text())["project"]


def constants(path: Path) -> list[str]:
    nodes = ast.walk(ast.parse(path.read_text()))
    return [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def test_only_the_one_tip_says_how_to_install_an_extra():
    sources = [path for package in PACKAGES for path in (REPO / package).rglob("*.py")]
    assert len(sources) > 100
    tellers = {path.name for path in sources for text in constants(path) if "reasoning-harness[" in text}
    assert tellers == {"errors.py"}


def test_the_tip_for_an_extra_names_no_index():
    tip = install_tip("gemma")
    assert "'.[gemma]'" in tip
    assert f"@ git+{REPOSITORY}'" in tip
    assert "pip install reasoning-harness" not in tip


def test_code_asks_only_for_extras_that_the_package_has():
    asked = set()
    for package in PACKAGES:
        for path in (REPO / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "install_tip":
                    asked |= {arg.value for arg in node.args if isinstance(arg, ast.Constant)}
    assert {"gemma", "plan", "lm-eval"} <= asked <= set(PROJECT["optional-dependencies"])


def test_the_repository_of_tips_is_that_of_the_package():
    assert PROJECT["urls"]["Homepage"] == REPOSITORY


def test_gemma_stays_below_the_transformers_that_tunix_excludes():
    gemma = PROJECT["optional-dependencies"]["gemma"]
    assert "transformers>=5.12,<5.13" in gemma
    assert "safetensors>=0.7,<0.8" in gemma


def tracked(*paths: str) -> list[str]:
    command = ["git", "ls-files", "-z", "--", *paths]
    names = subprocess.run(command, capture_output=True, text=True, cwd=REPO, check=True).stdout.split("\0")
    return [name for name in names if name and (REPO / name).is_file()]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> zipfile.ZipFile:
    """The wheel of a clean copy: what lies beside the sources in a working checkout must not decide what is shipped."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in tracked():
        (folder / "source" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(REPO / name, folder / "source" / name)
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(folder / "source")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return zipfile.ZipFile(next(folder.glob("*.whl")))


@pytest.mark.slow
def test_the_wheel_has_types_templates_and_the_bundled_model(wheel):
    shipped = set(wheel.namelist())
    wanted = {name for name in tracked(*PACKAGES) if not name.endswith(".py")}
    assert {f"{package}/py.typed" for package in PACKAGES} <= wanted
    assert any(name.startswith("harness/gemma/nano/") for name in wanted)
    assert not wanted - shipped


@pytest.mark.slow
def test_the_wheel_has_no_tests_and_nothing_that_is_no_package(wheel):
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)
    assert not [name for name in wheel.namelist() if "tests/" in name or "__pycache__" in name]
