"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], Path]:
    """Finds a file of the collected real data, or skips the test with the reason."""
    root = Path(os.environ.get("HARNESS_SHARED_DATA", REPO.parent / "shared" / "data"))

    def find(relative: str) -> Path:
        path = root / relative
        if not path.exists():
            pytest.skip(f"real data not at {path}; set HARNESS_SHARED_DATA to the folder that has it")
        return path

    return find
