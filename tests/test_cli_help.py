"""What `--help` prints is looked at before it changes.

`HARNESS_UPDATE_GOLDEN=1 pytest tests/test_cli_help.py` rewrites the golden files.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent / "fixtures" / "help"
COMMANDS = ["", "run", "score", "compare", "steps", "plan"]


def printed(*arguments: str) -> str:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("FORCE_COLOR", "GITHUB", "PY_COLORS"))}
    done = subprocess.run(
        [sys.executable, "-m", "harness.cli.main", *arguments, "--help"],
        capture_output=True,
        text=True,
        env=environment | {"COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb"},
        check=True,
    )
    return re.sub(r"[ \t]+$", "", done.stdout, flags=re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c or "harness")
def test_help_is_as_it_was_looked_at(command):
    text = printed(*filter(None, [command]))
    path = GOLDEN / f"{command or 'harness'}.txt"
    if os.environ.get("HARNESS_UPDATE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert text == path.read_text()


def test_every_command_has_one_line_of_help():
    listed = re.findall(r"^│ ([a-z-]+) {2,}(\S.*?)\s*│$", printed(), flags=re.MULTILINE)
    assert {"run", "score", "compare", "report", "tasks", "steps"} <= {name for name, _ in listed}
