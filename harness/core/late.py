"""Objects named by strings, so that what is heavy, or stands a floor higher, loads only when it is asked for."""

from __future__ import annotations

import importlib
from typing import Any


def load(name: str) -> Any:
    """The object of `module:attribute`. Raises ImportError and AttributeError as importing it does.

    >>> load("harness.core.words:counted")(2, "doc")
    '2 docs'
    """
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)
