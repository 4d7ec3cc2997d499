"""The published Gemma 3 sizes, so that one can be planned for without its files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from harness.core.errors import UserError
from harness.gemma.model.config import config_json, read_raw_config, text_config
from harness.gemma.model.hub import BUNDLED, SHORT_NAMES
from harness.gemma.model.layout import Sizes

_EMBEDDINGS = 262_144


def _published(layers: int, embed: int, hidden: int, heads: int, kv_heads: int, window: int, scale: float) -> Any:
    sizes = Sizes(
        layers=layers,
        vocabulary=_EMBEDDINGS,
        embed=embed,
        hidden=hidden,
        heads=heads,
        kv_heads=kv_heads,
        head_dim=256,
    )
    return MappingProxyType(config_json(sizes, window=window, global_rope_scale=scale))


PUBLISHED: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "270m": _published(18, 640, 2048, 4, 1, 512, 1.0),
        "1b": _published(26, 1152, 6912, 4, 1, 512, 1.0),
        "4b": _published(34, 2560, 10_240, 8, 4, 1024, 8.0),
        "12b": _published(48, 3840, 15_360, 16, 8, 1024, 8.0),
    }
)
"""By size: what config.json says of the text model (a test compares with Tunix's own)."""
_NAMED = re.compile(r"gemma-?3-(270m|1b|4b|12b)(-it|-pt)?", re.IGNORECASE)


def model_text_config(base: str) -> Mapping[str, Any]:
    """The text part of config.json of a local folder, or of a published Gemma 3 by its name, without a download.

    Raises UserError for a name whose size is not known.
    """
    folder = BUNDLED.get(base, Path(base).expanduser())
    if folder.is_dir():
        return text_config(read_raw_config(folder))
    name = SHORT_NAMES.get(base, base)
    if match := _NAMED.search(name):
        return PUBLISHED[match[1].lower()]
    raise UserError(
        f"no model at {base!r}, and its size is not known by its name",
        tip=f"give a local folder, or google/gemma-3-1b-it and the like ({', '.join(PUBLISHED)}).",
    )


def local_folder(base: str) -> Path | None:
    """The model's folder where it is on this machine (in the hub's cache too); None where it is not."""
    folder = BUNDLED.get(base, Path(base).expanduser())
    if folder.is_dir():
        return folder
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        found = Path(snapshot_download(SHORT_NAMES.get(base, base), local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError):
        return None
    return found if (found / "config.json").is_file() else None
