"""Where the page of what is shown lies, as a notebook can follow it."""

from __future__ import annotations

from pathlib import Path


def page_link(page: Path, *ids: str) -> str:
    """The page's path from here, which is where notebooks are read from; empty where there is none, or where the
    Markdown beside it does not name all of `ids`: another comparison's page may lie in the same folder."""
    try:
        told = page.with_suffix(".md").read_text(encoding="utf-8")
        found = page.is_file() and all(name in told for name in ids)
    except OSError:
        return ""
    if not found:
        return ""
    here = Path.cwd()
    whole = page.resolve()
    return str(whole.relative_to(here)) if whole.is_relative_to(here) else str(whole)
