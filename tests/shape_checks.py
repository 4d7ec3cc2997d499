"""Checks the shapes in the signatures of `harness.gemma` and `sft` while tests run (HARNESS_SHAPES=1)."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import lru_cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

PACKAGES = ("harness.gemma", "sft")
SWITCH = "HARNESS_SHAPES"


def switched_on() -> bool:
    """Whether this process checks shapes."""
    return os.environ.get(SWITCH) == "1"


def install() -> None:
    """Have every function and dataclass of the packages checked that is imported from here on."""
    from jaxtyping import install_import_hook

    install_import_hook(PACKAGES, "shape_checks.checked")


def checked(function: Callable[..., Any]) -> Callable[..., Any]:
    """beartype, for hints that speak of arrays: mypy checks the others, and tests hand in doubles of records.

    It also looks into named tuples: to beartype alone, `Rows` is any tuple of that name, whatever it holds.
    """
    from beartype import beartype

    hints = {name: _looked_into(hint) for name, hint in function.__annotations__.items() if speaks_of_arrays(hint)}
    if not hints:
        return function
    function.__annotations__ = hints
    return beartype(function)


def speaks_of_arrays(hint: Any) -> bool:
    """Whether a resolved hint holds a shape, or a named tuple with one."""
    from jaxtyping import AbstractArray

    if isinstance(hint, type) and not get_args(hint):
        return issubclass(hint, AbstractArray) or (
            _is_named_tuple(hint) and any(map(speaks_of_arrays, _fields(hint).values()))
        )
    return any(map(speaks_of_arrays, get_args(hint)))


def _looked_into(hint: Any) -> Any:
    from beartype.vale import Is

    if _is_named_tuple(hint):
        return Annotated[hint, Is[fits]]
    if get_origin(hint) is tuple:
        return tuple[tuple(map(_looked_into, get_args(hint)))]
    if get_origin(hint) in (Union, UnionType):
        return Union[tuple(map(_looked_into, get_args(hint)))]  # noqa: UP007  # as many as there are
    return hint


def fits(record: Any) -> bool:
    """Whether the arrays of a named tuple have the shapes of its fields, axes of one name being of one size."""
    from jaxtyping import jaxtyped

    with jaxtyped("context"):
        return all(_field_fits(getattr(record, name), hint) for name, hint in _fields(type(record)).items())


def _field_fits(value: Any, hint: Any) -> bool:
    """Abstract shapes and shardings may stand for an array: only arrays are looked at."""
    if get_origin(hint) is tuple:
        return all(_field_fits(item, get_args(hint)[0]) for item in value)
    if _is_named_tuple(hint):
        return not isinstance(value, hint) or fits(value)
    import jax
    import numpy as np

    kinds = get_args(hint) if get_origin(hint) is Union else (hint,)  # isinstance asks a Union about types alone
    return not isinstance(value, jax.Array | np.ndarray) or any(isinstance(value, kind) for kind in kinds)


def _is_named_tuple(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, tuple) and hasattr(hint, "_fields")


@lru_cache
def _fields(record: type) -> dict[str, Any]:
    return get_type_hints(record)
