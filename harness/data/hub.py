"""Rows of a hub data set through `datasets`: from its cache, or the network where there is one."""

from __future__ import annotations

import os
import sys
from functools import lru_cache

from harness.core.errors import UserError
from harness.core.notices import notice
from harness.data.network import client_trouble, tls
from harness.data.rows import Row

PROBE_SECONDS = 4.0


class HubUnavailable(UserError):
    """The hub (or its cache) could not give the data set; the message says why."""


def load_hub_rows(dataset: str, *, config: str | None, split: str) -> list[Row]:
    """Every row of a split. Raises HubUnavailable with the reason where it cannot be had.

    The hub token is read from the environment by `datasets` itself.
    """
    stay_offline_without_hub()
    import datasets

    datasets.disable_progress_bars()
    datasets.logging.set_verbosity_error()
    try:
        loaded = datasets.load_dataset(dataset, config, split=split)
    except Exception as error:  # the library raises a dozen kinds: connection, missing cache, gating, schema
        reason = str(error).splitlines()[0][:160] if str(error) else type(error).__name__
        raise HubUnavailable(
            f"{dataset} could not be loaded: {reason}",
            tip="give a local file (--data FILE; for prepare FILE itself), or go online once so that it is cached.",
        ) from error
    return [dict(row) for row in loaded]


def stay_offline_without_hub() -> None:
    """Tell the hub's libraries where no hub answers: they retry for half a minute before they look into their cache.

    They read the environment once, when they are imported; in one that is loaded already its own constant is set.
    """
    if hub_answers():
        return
    os.environ["HF_HUB_OFFLINE"] = os.environ["HF_DATASETS_OFFLINE"] = "1"
    for module in ("huggingface_hub.constants", "datasets.config"):
        if module in sys.modules:
            sys.modules[module].HF_HUB_OFFLINE = True  # type: ignore[attr-defined]


@lru_cache(maxsize=1)
def hub_answers() -> bool:
    """Whether the hub can be reached now, asked once with a short time limit; HF_HUB_OFFLINE says no without asking.

    Where the environment's proxy or certificates cannot be used, that is told and the hub is out of reach.
    """
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}:
        return False
    import httpx

    try:
        httpx.head(os.environ.get("HF_ENDPOINT", "https://huggingface.co"), timeout=PROBE_SECONDS, verify=tls())
    except httpx.HTTPError:
        return False
    except (ImportError, ValueError, httpx.InvalidURL) as error:
        return _out_of_reach(client_trouble(error))
    except UserError as error:
        return _out_of_reach(error)
    return True


def _out_of_reach(why: UserError) -> bool:
    notice(f"the hub is treated as out of reach: {why.message}; {why.tip}")
    return False
