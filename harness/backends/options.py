"""Reads the `key=value` options of a `--model`: unknown keys and unreadable values are the user's mistake."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from harness.core.errors import UserError, unknown_name


def check_options(backend: str, options: Mapping[str, str], known: Iterable[str]) -> None:
    """Raise UserError for the first option that is not known."""
    known = list(known)
    for key in options:
        if key not in known:
            tip = f"it takes {', '.join(known)}." if known else "it takes no options."
            raise unknown_name(f"option of {backend}:", key, known, tip=tip)


def read_float(backend: str, options: Mapping[str, str], key: str, default: float, low: float, high: float) -> float:
    """The option `key` as a number within [low, high], or `default` where `options` has none.

    Raises UserError, which names the `backend`, for anything else.
    """
    text = options.get(key)
    if text is None:
        return default
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise UserError(f"{backend}: {key}={text!r}: expected a number from {low:g} to {high:g}")
    return value


def read_int(backend: str, options: Mapping[str, str], key: str, default: int, low: int, high: int) -> int:
    """The option `key` as a whole number within [low, high], or `default` where `options` has none.

    Raises UserError, which names the `backend`, for anything else.
    """
    text = options.get(key)
    if text is None:
        return default
    if not text.removeprefix("-").isdigit() or not low <= int(text) <= high:
        raise UserError(f"{backend}: {key}={text!r}: expected a whole number from {low} to {high}")
    return int(text)
