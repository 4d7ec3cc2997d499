"""Whole training runs by name: each module here is a docstring that says what to expect, and `SETTINGS`."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

from harness.core.errors import unknown_name


def recipe_names() -> list[str]:
    """Every recipe."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def recipe(name: str) -> dict[str, Any]:
    """The settings of a recipe by dotted key. Raises UserError with the nearest name."""
    if name not in recipe_names():
        raise unknown_name("recipe", name, recipe_names(), tip=f"recipes: {', '.join(recipe_names())}.")
    return dict(importlib.import_module(f"{__name__}.{name}").SETTINGS)
