"""Records to JSON and back, by their type annotations."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")
_SCALARS = frozenset({str, int, float, bool, type(None)})


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
    if kind in (str, int, float, bool, Any) or data is None:
        return data
    if dataclasses.is_dataclass(kind):  # a class here, never an instance
        if not isinstance(data, Mapping):
            raise TypeError(f"expected an object for {getattr(kind, '__name__', kind)}, found {type(data).__name__}")
        hints = _field_types(kind)  # type: ignore[arg-type]
        present = {name: _decode(hint, data[name]) for name, hint in hints if name in data}
        return kind(**present)  # type: ignore[operator]
    return _decode_generic(get_origin(kind), get_args(kind), data)


def _decode_generic(origin: Any, args: tuple[Any, ...], data: Any) -> Any:
    if origin is Literal:
        if data not in args:
            raise ValueError(f"{data!r} is none of {args}")
        return data
    if origin in (Union, types.UnionType):
        return _decode_union(args, data)
    if origin is tuple:
        item = args[0] if len(args) == 2 and args[1] is Ellipsis else Any
        return tuple(_decode(item, part) for part in data)
    if origin is not None and issubclass(origin, Mapping):
        return {key: _decode(args[1], item) for key, item in data.items()}
    return data


def _decode_union(args: tuple[Any, ...], data: Any) -> Any:
    if isinstance(data, list):
        return _decode(next(a for a in args if get_origin(a) is tuple), data)
    if isinstance(data, Mapping):
        return _decode(next(a for a in args if dataclasses.is_dataclass(a)), data)
    return data
