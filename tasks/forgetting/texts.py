"""Plain prose written for this panel, or a file of the user's own, whose likelihood is measured.

One doc: a paragraph of one of twelve pieces (a story, a recipe, a letter, a news report, ...). Its `question` is the
text; `cluster` is the piece, as paragraphs of one piece are no independent draws.
"""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

from harness.core.errors import UserError
from harness.core.records import Doc

PART = "text"
MAX_CHARS = 2000
"""Of a paragraph of the user's own file: longer ones may not fit into a small model's context."""


def bundled_texts() -> tuple[Doc, ...]:
    """The first paragraph of every piece, then the second ones, so that the first docs cover all pieces."""
    pieces: list[dict[str, Any]] = json.loads(
        files("tasks.forgetting").joinpath("passages.json").read_text(encoding="utf-8")
    )
    rounds = range(max(len(piece["paragraphs"]) for piece in pieces))
    return tuple(
        _doc(f"{piece['piece']}-{i + 1}", piece["paragraphs"][i], piece["piece"])
        for i in rounds
        for piece in pieces
        if i < len(piece["paragraphs"])
    )


def local_texts(path: str) -> tuple[Doc, ...]:
    """Paragraphs of a text file, which blank lines part, each a doc of its own. Raises UserError for a file that
    cannot be read or holds no text."""
    try:
        content = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise UserError(f"{path} cannot be read: {reason}", tip="-o text=FILE is a plain text file.") from error
    blocks = [block.strip() for block in re.split(r"\n[ \t]*\n", content) if block.strip()]
    parts = [block[at : at + MAX_CHARS] for block in blocks for at in range(0, len(block), MAX_CHARS)]
    if not parts:
        raise UserError(f"{path} holds no text", tip="one paragraph at least; blank lines part them.")
    return tuple(_doc(str(i), part, "") for i, part in enumerate(parts, start=1))


def _doc(name: str, text: str, piece: str) -> Doc:
    return Doc(
        id=f"{PART}-{name}",
        question=text,
        target="",
        cluster=f"{PART}/{piece}" if piece else "",
        metadata={"part": PART, "kind": piece or "own", "bytes": len(text.encode("utf-8"))},
    )
