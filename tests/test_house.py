"""What keeps the house in order: no circles, names that resolve, who may import whom, and what loads quickly."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from house import PACKAGES, REPO, circle, defined, floors, imported, imports, modules, place, strings, tree

import harness
from harness.core.registry import ENTRY_POINT_GROUP

HEAVY = ("jax", "pandas", "sympy", "datasets", "transformers", "torch", "scipy", "math_verify")
VERBS = {
    *("evaluate", "resume", "score", "compare", "report", "load_run", "list_runs", "prepare", "train", "plan", "probe"),
    *("noise_floor", "find_contamination", "check_steps", "lint", "gather"),
}
LATE_NAME = re.compile(rf"({'|'.join(PACKAGES)})(\.\w+)*:\w+|({'|'.join(PACKAGES)})(\.\w+)+")


def files(folder: str) -> list[Path]:
    return sorted((REPO / folder).rglob("*.py"))


def relative(path: Path) -> str:
    return str(path.relative_to(REPO))


def packages(names: set[str]) -> set[str]:
    return {name.split(".")[0] for name in names}


def under(name: str, *rooms: str) -> bool:
    return any(name == room or name.startswith(f"{room}.") for room in rooms)


# --- circles ----------------------------------------------------------------------------------------------------------


def test_a_ring_is_found_and_a_diamond_is_none():
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"a"}})[0] in "abc"
    assert circle({"a": {"b", "c"}, "b": {"d"}, "c": {"d"}}) == []


def test_the_rooms_of_harness_stand_beside_the_packages():
    assert place("harness.core.reply.parse") == ("harness.core", "reply", "parse")
    assert place("harness.testing") == ("harness", "testing")
    assert place("tasks.gsm_style") == ("tasks", "gsm_style", "__init__")


def test_no_file_imports_itself_through_others():
    assert circle(imports()) == []


@pytest.mark.parametrize("folder", sorted(floors()), ids=lambda rooms: "/".join(rooms) or "house")
def test_no_room_imports_itself_through_its_neighbours(folder):
    rooms = floors()[folder]
    ring = circle(rooms)
    assert not ring, "\n".join(rooms[one][two] for one, two in pairwise(ring))


# --- names in strings -------------------------------------------------------------------------------------------------


def late_names() -> list[tuple[str, str]]:
    found = {(relative(path), text) for path in modules().values() for text in strings(path)}
    return sorted((path, text) for path, text in found if LATE_NAME.fullmatch(text) and text != ENTRY_POINT_GROUP)


def resolves(text: str) -> bool:
    module, _, name = text.partition(":")
    return module in modules() and (not name or name in defined(modules()[module]))


@pytest.mark.parametrize(("path", "text"), late_names())
def test_a_name_for_late_loading_resolves(path, text):
    assert resolves(text), f"{path} names {text}"


@pytest.mark.parametrize("builder", ["sft.planning.train_step", "sft.planning.decode_step"])
def test_what_decides_a_compiled_program_is_named_by_modules_that_are_there(builder):
    module = importlib.import_module(builder)
    assert module.SOURCES
    assert [name for name in (*module.SOURCES, module.BUILDER) if not resolves(name)] == []


def test_a_name_that_leads_nowhere_is_told():
    assert resolves("harness.core.words:counted")
    assert not resolves("harness.core.words:uncounted")
    assert not resolves("harness.core.wards")


# --- who may import whom ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", files("harness/core"), ids=relative)
def test_core_imports_only_the_standard_library(path):
    others = {name for name in imported(path) if not under(name, "harness.core")}
    assert packages(others) <= set(sys.stdlib_module_names)


def test_below_its_front_door_harness_imports_no_task_no_training_and_no_page():
    floor = {name: wanted for name, wanted in imports().items() if under(name, "harness")}
    below = {name: wanted for name, wanted in floor.items() if not under(name, "harness.api", "harness.cli")}
    assert {name: wanted for name, wanted in below.items() if packages(wanted) - {"harness"}} == {}


@pytest.mark.parametrize("package", ["tasks", "sft", "reports"])
def test_tasks_sft_and_reports_do_not_import_each_other(package):
    strays = {name: packages(wanted) - {"harness", package} for name, wanted in imports().items()}
    assert {name: strange for name, strange in strays.items() if under(name, package) and strange} == {}


def test_nothing_below_imports_the_front_door():
    below = {name: wanted for name, wanted in imports().items() if not under(name, "harness.api", "harness.cli")}
    assert {name for name, wanted in below.items() if any(under(one, "harness.api") for one in wanted)} == set()


def test_nobody_imports_the_command_line():
    outside = [path for name, path in modules().items() if not under(name, "harness.cli")] + files("benchmarks")
    assert [relative(path) for path in outside if any(under(name, "harness.cli") for name in imported(path))] == []


@pytest.mark.parametrize("path", files("harness/api") + files("harness/cli"), ids=relative)
def test_door_and_commands_import_the_others_only_inside_functions(path):
    assert not packages(imported(path, when_loaded=True)) & {"tasks", "sft", "reports"}


# --- the front door ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", files("harness/api"), ids=relative)
def test_the_front_door_prints_nothing(path):
    assert not packages(imported(path)) & {"typer", "rich"}
    called = [node.func for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
    assert [call.lineno for call in called if isinstance(call, ast.Name) and call.id == "print"] == []


def test_no_module_of_harness_takes_a_name_of_the_front_door():
    """`harness.compare` would be the module as soon as anybody imported it, and no longer the verb."""
    inside = {name.split(".")[1] for name in modules() if name.startswith("harness.")}
    assert inside & (VERBS | set(harness.__all__)) == set()


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


@pytest.mark.parametrize("path", [path for folder in (*PACKAGES, "benchmarks") for path in files(folder)], ids=relative)
def test_every_module_of_ours_that_is_imported_is_there(path):
    """Inside functions too, where only a call would tell."""
    ours = {name for name in imported(path) if name.split(".")[0] in PACKAGES}
    assert {name for name in ours if name not in modules()} == set()
