"""The front door: `import harness` is light, has every verb, and can do what the command line can, and the reverse."""

from __future__ import annotations

import ast
import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import harness
from harness.core.door import NOUNS, VERBS

REPO = Path(__file__).resolve().parent.parent
GOLDEN = Path(__file__).parent / "fixtures" / "front_door.txt"
COMMANDS = {
    "run": {"evaluate", "resume"},
    "score": {"score"},
    "compare": {"compare"},
    "report": {"report"},
    "probe": {"probe", "load_run"},
    "noise": {"noise_floor"},
    "history": {"list_runs", "history_page"},
    "demo": {"demo"},
    "steps": {"check_steps"},
    "lint": {"lint"},
    "contamination": {"find_contamination"},
    "tasks": {"list_tasks"},
    "new-task": {"new_task"},
    "export-lm-eval": {"export_lm_eval"},
    "prepare": {"prepare"},
    "plan": {"plan"},
    "train": {"train"},
}
"""What each command does, as verbs."""
LATE = VERBS | NOUNS
LIGHT = {"harness", "harness._version"}
"""Of our own modules, beside those of `harness.core`, what may load with `import harness`."""


def imports(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(path.read_text())))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return plain | {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}


def loaded_by(statement: str) -> set[str]:
    """The modules that a fresh interpreter has loaded more of after a statement."""
    told = "print(json.dumps(sorted(set(sys.modules) - before)))"
    code = f"import json, sys; before = set(sys.modules)\n{statement}\n{told}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=REPO, check=True)
    return set(json.loads(done.stdout))


def test_every_command_has_its_verbs_and_every_verb_its_command():
    from harness.cli.app import build_app

    assert {command.name for command in build_app().registered_commands} == set(COMMANDS)
    assert set().union(*COMMANDS.values()) == set(VERBS)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_calls_the_module_of_its_verbs(command):
    used = imports(REPO / f"harness/cli/{command.replace('-', '_')}.py")
    assert {VERBS[verb].partition(":")[0] for verb in COMMANDS[command]} <= used


@pytest.mark.parametrize("path", sorted((REPO / "harness/api").glob("*.py")), ids=lambda path: path.name)
def test_a_verb_touches_neither_streams_nor_arguments_of_the_process(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "sys":
            assert node.attr not in {"stdout", "stderr", "stdin", "argv", "exit"}, node.lineno


def test_importing_the_door_loads_the_core_and_the_standard_library_only():
    loaded = loaded_by("import harness")
    ours = {name for name in loaded if name.split(".")[0] == "harness"}
    assert {name for name in ours if not name.startswith("harness.core")} == LIGHT
    others = {name.split(".")[0] for name in loaded - ours} - set(sys.stdlib_module_names)
    assert {name for name in others if not name.startswith("_")} == set()


def test_looking_at_the_door_loads_nothing_more():
    looked = "import harness; dir(harness); 'evaluate' in dir(harness); hasattr(harness, 'no_such_thing')"
    assert loaded_by(looked) == loaded_by("import harness")


def test_every_verb_is_at_the_door():
    assert set(VERBS) <= set(harness.__all__)
    assert dir(harness) == sorted(harness.__all__)


def test_the_names_of_the_door_are_those_that_were_looked_at():
    text = "".join(f"{name}\n" for name in harness.__all__)
    if os.environ.get("HARNESS_UPDATE_GOLDEN"):
        GOLDEN.write_text(text)
    assert text == GOLDEN.read_text()


@pytest.mark.parametrize("name", sorted(LATE))
def test_what_loads_late_resolves_to_what_is_named_so(name):
    if name == "LiveModel":
        pytest.importorskip("tunix", reason="needs the gemma extra")
    found = getattr(harness, name)
    module, _, attribute = LATE[name].partition(":")
    assert found is getattr(importlib.import_module(module), attribute)
    assert found.__name__ == name


def test_an_unknown_name_is_no_attribute():
    with pytest.raises(AttributeError, match="has no attribute 'evaluat'"):
        _ = harness.evaluat


def test_the_types_of_the_door_are_of_the_same_names_from_the_same_modules():
    """A type checker reads `__init__.pyi` and nothing of `__init__.py`."""
    typed = _places((REPO / "harness/__init__.pyi").read_text())
    assert sorted(typed) == sorted(harness.__all__)
    eager = _places((REPO / "harness/__init__.py").read_text())
    late = {name: place.partition(":")[0] for name, place in LATE.items()}
    assert typed == {name: (eager | late)[name] for name in harness.__all__}


def _places(source: str) -> dict[str, str]:
    """Where each imported name comes from."""
    nodes = [node for node in ast.parse(source).body if isinstance(node, ast.ImportFrom)]
    return {alias.name: str(node.module) for node in nodes for alias in node.names}
