"""Where a run comes from: the command, the commit, the versions of what can change a number."""

from __future__ import annotations

import shlex
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

PACKAGES = ("reasoning-harness", "jax", "google-tunix", "transformers", "sympy", "math-verify", "lm-eval")
"""What can change a number."""


def command_line() -> str:
    """The command as it was typed; of a call from Python, the program that made it."""
    program = Path(sys.argv[0]).name if sys.argv and sys.argv[0] else ""
    if program in ("harness", "main.py"):
        return shlex.join(["harness", *sys.argv[1:]])
    return shlex.join(["python", *sys.argv]) if program.endswith(".py") else "python"


@lru_cache(maxsize=1)
def git_sha() -> str:
    """The commit of the working folder, '-dirty' with uncommitted changes; empty outside a repository."""
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"],
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def versions() -> dict[str, str]:
    """Versions of Python and of `PACKAGES`, as far as they are installed."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
