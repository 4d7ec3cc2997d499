"""The story problems, grouped by theme; every module here registers its own."""

from __future__ import annotations

import importlib
import pkgutil
from functools import lru_cache

from tasks.gsm_style.registry import Template, registered


@lru_cache(maxsize=1)
def all_templates() -> tuple[Template, ...]:
    """Every template, by name."""
    for module in pkgutil.iter_modules(__path__, f"{__name__}."):
        importlib.import_module(module.name)
    return registered()
