"""What a user should see beside a result. It goes through `logging`, so that a library never prints."""

from __future__ import annotations

import logging

LOGGER = logging.getLogger("harness")
"""The command line prints its messages as `note: ...`; a notebook shows warnings without being asked."""


def notice(text: str) -> None:
    """Something that changes how a result must be read: another data source, docs without completions."""
    LOGGER.warning("%s", text)


def remark(text: str) -> None:
    """Something good to know that changes no result: a file that was written, memory that is used."""
    LOGGER.info("%s", text)


def detail(text: str) -> None:
    """Something for whoever looks for a cause: how memory was shared out. The command line shows it with `--debug`."""
    LOGGER.debug("%s", text)
