"""Small files: written whole or not at all, and JSON that names its file where it is broken."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from harness.core.errors import UserError


def write_atomic(path: Path, text: str) -> None:
    """Replace a file in one step."""
    draft = path.with_name(path.name + ".part")
    with draft.open("w", encoding="utf-8", errors="surrogatepass") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def read_text(path: Path) -> str:
    """What `write_atomic` wrote: lone surrogates of odd data and odd file names too."""
    return path.read_text(encoding="utf-8", errors="surrogatepass")


def read_json(path: Path, *, tip: str = "") -> dict[str, Any]:
    """A JSON object from a file. Raises UserError where it is missing, with `tip`, or broken."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path} is missing", tip=tip) from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not valid JSON: {error}") from error
    if not isinstance(value, dict):
        raise UserError(f"{path} holds a {type(value).__name__}, not an object")
    return value


def write_json(path: Path, value: Any) -> None:
    """Indented JSON with a final newline; a reader sees the old or the new, never half of it."""
    write_atomic(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")
