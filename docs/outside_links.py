"""Pages link to files of the checkout beside docs/ (CONTRIBUTING.md); on the site those links go to the repository."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Any

DOCS = Path(__file__).resolve().parent
LINK = re.compile(r"(\]\()((?:\.\./)+[^)\s]+)(\))")


def on_page_markdown(markdown: str, *, page: Any, config: Any, **_: Any) -> str:
    """Called by mkdocs with each page's text."""
    folder = DOCS / PurePosixPath(page.file.src_uri).parent

    def outside(link: re.Match[str]) -> str:
        name, hash_sign, anchor = link[2].partition("#")
        target = (folder / name).resolve()
        if target.is_relative_to(DOCS):
            return link[0]
        path = target.relative_to(DOCS.parent).as_posix()
        return f"{link[1]}{config.repo_url}/blob/main/{path}{hash_sign}{anchor}{link[3]}"

    return LINK.sub(outside, markdown)
