"""Where a run comes from: the command, the commit, and the versions of what can change a number."""

from __future__ import annotations

import shlex
import subprocess
import sys
from functools import lru_cache


def command_line() -> str:
    """The command as it was typed."""
    return shlex.join(["harness", *sys.argv[1:]])


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
    """Versions of what can change a number."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": platform.python_version()}
    for package in ("reasoning-harness", "jax", "google-tunix", "transformers", "sympy", "math-verify", "lm-eval"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
