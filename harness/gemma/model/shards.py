"""Write parameters as safetensors files in the Hugging Face layout, one tensor in memory at a time."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np

from harness.gemma.model.layout import Parameter, Tensor
from harness.gemma.model.safetensors import INDEX_NAME
from harness.store.files import write_json

Dtype: TypeAlias = Literal["float32", "bfloat16"]
DTYPES: tuple[Dtype, ...] = ("float32", "bfloat16")
Parts = Callable[[Parameter], Sequence[Tensor]]
"""The Hugging Face tensors of one parameter, in the order of its sources."""

_STORED: dict[Dtype, tuple[str, int]] = {"float32": ("F32", 4), "bfloat16": ("BF16", 2)}


def write_weights(directory: Path, groups: Sequence[Sequence[Parameter]], parts: Parts, dtype: Dtype) -> None:
    """Write one file for each of `groups` into `directory`, with the index that names each tensor's file where there
    are several.

    `parts` gives the tensors of a parameter when its turn comes; they are stored as `dtype`.
    """
    names = file_names(len(groups))
    for name, group in zip(names, groups, strict=True):
        _write_file(directory / name, group, parts, dtype)
    if len(groups) > 1:
        total = sum(size_bytes(p, dtype) for group in groups for p in group)
        weight_map = {
            source: name for name, group in zip(names, groups, strict=True) for p in group for source in p.sources
        }
        write_json(directory / INDEX_NAME, {"metadata": {"total_size": total}, "weight_map": weight_map})


def file_names(count: int) -> list[str]:
    """How the Hugging Face layout names `count` weight files."""
    if count == 1:
        return ["model.safetensors"]
    return [f"model-{i + 1:05d}-of-{count:05d}.safetensors" for i in range(count)]


def group_by_size(wanted: Sequence[Parameter], dtype: Dtype, limit_bytes: int) -> list[list[Parameter]]:
    """Parameters in order, a new group where the next one would exceed the limit."""
    groups: list[list[Parameter]] = [[]]
    filled = 0
    for parameter in wanted:
        size = size_bytes(parameter, dtype)
        if groups[-1] and filled + size > limit_bytes:
            groups.append([])
            filled = 0
        groups[-1].append(parameter)
        filled += size
    return groups


def size_bytes(parameter: Parameter, dtype: Dtype) -> int:
    """Bytes of one parameter on disk."""
    return math.prod(parameter.shape) * _STORED[dtype][1]


def numpy_dtype(dtype: Dtype) -> np.dtype[Any]:
    """The numpy type of that name; numpy has no bfloat16 of its own."""
    import ml_dtypes

    return np.dtype(ml_dtypes.bfloat16 if dtype == "bfloat16" else np.float32)


def _write_file(file: Path, group: Sequence[Parameter], parts: Parts, dtype: Dtype) -> None:
    """A length, a JSON header, then the raw data; the file gets its name when it is complete."""
    unfinished = file.with_name(file.name + ".part")
    with unfinished.open("wb") as out:
        header = _header(group, dtype)
        out.write(struct.pack("<Q", len(header)) + header)
        for tensor in _arrays(group, parts, numpy_dtype(dtype)):
            out.write(tensor.reshape(-1).view(np.uint8).data)
    unfinished.replace(file)


def _header(group: Sequence[Parameter], dtype: Dtype) -> bytes:
    name, item_bytes = _STORED[dtype]
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    offset = 0
    for source, shape in (pair for p in group for pair in zip(p.sources, p.source_shapes, strict=True)):
        end = offset + math.prod(shape) * item_bytes
        header[source] = {"dtype": name, "shape": list(shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header, separators=(",", ":")).encode()
    return text + b" " * (-len(text) % 8)  # the data starts at a multiple of 8


def _arrays(group: Sequence[Parameter], parts: Parts, kind: np.dtype[Any]) -> Iterator[Tensor]:
    for parameter in group:
        for tensor, shape in zip(parts(parameter), parameter.source_shapes, strict=True):
            if tensor.shape != shape:
                raise ValueError(f"{parameter.sources} needs {shape}, got {tensor.shape}")
            yield np.ascontiguousarray(tensor, dtype=kind)
