"""Rows of a hub data set through `datasets`: from its cache, or the network where there is one."""

from __future__ import annotations

from harness.core.errors import UserError
from harness.data.rows import Row


class HubUnavailable(UserError):
    """The hub (or its cache) could not give the data set; the message says why."""


def load_hub_rows(dataset: str, *, config: str | None, split: str) -> list[Row]:
    """Every row of a split. Raises HubUnavailable with the reason where it cannot be had.

    The hub token is read from the environment by `datasets` itself.
    """
    import logging

    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    import datasets

    datasets.disable_progress_bars()
    try:
        loaded = datasets.load_dataset(dataset, config, split=split)
    except Exception as error:  # the library raises a dozen kinds: connection, missing cache, gating, schema
        reason = str(error).splitlines()[0][:160] if str(error) else type(error).__name__
        raise HubUnavailable(
            f"{dataset} could not be loaded: {reason}",
            tip="give a local copy with --data FILE, or go online once so that it is cached.",
        ) from error
    return [dict(row) for row in loaded]
