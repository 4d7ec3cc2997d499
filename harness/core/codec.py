"""Records to JSON and back, by their type annotations."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")
_SCALARS = frozenset({str, int, float, bool, type(None)})
LARGEST = 2**63
"""Whole numbers at or beyond it are no counts of anything, and no floating-point number may hold them."""


def encode(value: Any) -> Any:
    """The record as plain dicts, lists and scalars."""
    if type(value) in _SCALARS:
        return value
    if dataclasses.is_dataclass(value):
        names = _field_names(type(value))  # type: ignore[arg-type]
        found = {name: _inner(getattr(value, name)) for name in names}
        for name, default in _left_out(type(value)):  # type: ignore[arg-type]
            if found[name] == default:
                del found[name]
        return found
    if isinstance(value, Mapping):
        return {str(key): _inner(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_inner(item) for item in value]
    return value if isinstance(value, (str, int, float)) else str(value)


def _inner(value: Any) -> Any:
    """`encode`, without its cost for the scalars that most values are."""
    return value if type(value) in _SCALARS else encode(value)


def decode(kind: type[T], data: Any) -> T:
    """The record of type `kind` from what `encode` gave.

    Fields that `data` lacks take their default. Raises TypeError, KeyError or ValueError where `data` does not fit.
    """
    return _decode(kind, data)


@cache
def _field_names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


@cache
def _left_out(kind: Any) -> tuple[tuple[str, Any], ...]:
    """Fields that are not written while they have their default."""
    return tuple((field.name, field.default) for field in dataclasses.fields(kind) if field.metadata.get("left_out"))


@cache
def _field_types(kind: Any) -> tuple[tuple[str, Any], ...]:
    hints = get_type_hints(kind)
    return tuple((name, hints[name]) for name in _field_names(kind))


def _decode(kind: Any, data: Any) -> Any:
    if kind is Any:
        return data
    if kind in _SCALARS:
        return _scalar(kind, data)
    if dataclasses.is_dataclass(kind):  # a class here, never an instance
        if not isinstance(data, Mapping):
            raise _unfit(getattr(kind, "__name__", str(kind)), data)
        hints = _field_types(kind)  # type: ignore[arg-type]
        present = {name: _field(name, hint, data[name]) for name, hint in hints if name in data}
        return kind(**present)  # type: ignore[operator]
    return _decode_generic(get_origin(kind), get_args(kind), data)


def _field(name: str, kind: Any, data: Any) -> Any:
    try:
        return _decode(kind, data)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{name}: {error}") from None


def _scalar(kind: Any, data: Any) -> Any:
    """The value as it stands, where it is of that kind: whole numbers are floats too, truth values are no numbers."""
    fits = type(data) is kind or (kind is float and type(data) is int) or (isinstance(data, kind) and kind is not int)
    if not fits:
        raise _unfit(kind.__name__, data)
    if type(data) is int and abs(data) >= LARGEST:
        raise ValueError(f"a number of {len(str(abs(data)))} digits is too large")
    return data


def _unfit(wanted: str, data: Any) -> TypeError:
    return TypeError(f"expected {wanted}, found {type(data).__name__} {str(data)[:40]!r}")


def _decode_generic(origin: Any, args: tuple[Any, ...], data: Any) -> Any:
    if origin is Literal:
        if data not in args:
            raise ValueError(f"{data!r} is none of {args}")
        return data
    if origin in (Union, types.UnionType):
        return _decode_union(args, data)
    if origin is tuple:
        return _decode_tuple(args, data)
    if origin is not None and issubclass(origin, Mapping):
        if not isinstance(data, Mapping):
            raise _unfit("an object", data)
        return {key: _decode(args[1], item) for key, item in data.items()}
    return data


def _decode_tuple(args: tuple[Any, ...], data: Any) -> tuple[Any, ...]:
    if not isinstance(data, (list, tuple)):
        raise _unfit("a list", data)
    if len(args) == 2 and args[1] is Ellipsis:
        return tuple(_decode(args[0], part) for part in data)
    if len(data) != len(args):
        raise ValueError(f"expected {len(args)} values, found {len(data)}")
    return tuple(_decode(kind, part) for kind, part in zip(args, data, strict=True))


def _decode_union(args: tuple[Any, ...], data: Any) -> Any:
    if data is None and type(None) in args:
        return None
    fits: Any = next(iter(args))
    if isinstance(data, (list, tuple)):
        fits = next((a for a in args if get_origin(a) is tuple), fits)
    elif isinstance(data, Mapping):
        fits = next((a for a in args if dataclasses.is_dataclass(a)), fits)
    else:
        fits = next((a for a in args if a in _SCALARS and a is not type(None)), fits)
    return _decode(fits, data)
