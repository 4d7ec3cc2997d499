"""The safetensors files of a model directory: what is in them, whether it is complete, and reading one tensor."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.core.errors import UserError
from harness.gemma.model.layout import Parameter, Shape, Tensor
from harness.store.files import read_json

INDEX_NAME = "model.safetensors.index.json"
_PREFIXES = re.compile(r"^(?:language_model\.model\.|model\.language_model\.)")
_VISION = re.compile(r"^(?:model\.)?(?:vision_tower|multi_modal_projector)\.")
_HEAD = ("lm_head.weight", "language_model.lm_head.weight")
_FLOATS = ("F32", "BF16", "F16", "F64")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One tensor in a file."""

    name: str
    """As the file spells it."""
    file: Path
    shape: Shape
    dtype: str
    """As safetensors spells it: 'F32', 'BF16', ..."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """The tensors of a model directory by plain name (`model.layers.0...`), whatever prefix the files use."""

    directory: Path
    files: tuple[Path, ...]
    tensors: Mapping[str, Stored]
    vision: tuple[str, ...]
    """Tensors of the image tower, which a text-only model leaves unread."""

    def check(self, wanted: Iterable[Parameter]) -> None:
        """Raises UserError that names the missing, unexpected or misshapen tensors."""
        shapes = {name: shape for p in wanted for name, shape in zip(p.sources, p.source_shapes, strict=True)}
        missing = [name for name in shapes if name not in self.tensors]
        if missing:
            raise UserError(
                f"{self.directory} lacks {_some(missing)}",
                tip="download it again, or check num_hidden_layers in config.json.",
            )
        extra = [name for name in self.tensors if name not in shapes and name not in _HEAD]
        if extra:
            raise UserError(
                f"{self.directory} holds {_some(extra)}, which config.json's model has no place for",
                tip="check num_hidden_layers and model_type in config.json.",
            )
        for name, shape in shapes.items():
            self._check_one(self.tensors[name], shape)

    def _check_one(self, stored: Stored, shape: Shape) -> None:
        if stored.shape != shape:
            raise UserError(
                f"{stored.name} in {stored.file} has shape {stored.shape}; config.json says {shape}",
                tip="config.json and weights belong to different models.",
            )
        if stored.dtype not in _FLOATS:
            raise UserError(
                f"{stored.name} in {stored.file} is stored as {stored.dtype}; expected one of {', '.join(_FLOATS)}",
                tip="quantised weights are not supported: use the original ones.",
            )

    @contextmanager
    def open(self) -> Iterator[Reader]:
        """A reader that keeps the files memory-mapped while the block runs."""
        with ExitStack() as stack:
            yield Reader(self, stack)


class Reader:
    """Reads tensors by plain name."""

    def __init__(self, weights: Weights, stack: ExitStack) -> None:
        self._weights = weights
        self._stack = stack
        self._handles: dict[Path, Any] = {}

    def __call__(self, name: str) -> Tensor:
        """The tensor in its stored type."""
        stored = self._weights.tensors[name]
        if stored.file not in self._handles:
            self._handles[stored.file] = self._stack.enter_context(_open(stored.file))
        return self._handles[stored.file].get_tensor(stored.name)


def read_weights(directory: Path) -> Weights:
    """Read the headers of a directory's safetensors files; no tensor is read yet.

    Raises UserError for no files, a missing shard, a broken file, or a tensor that two files hold.
    """
    files = _files(directory)
    stored = [tensor for file in files for tensor in _header(file)]
    vision = tuple(t.name for t in stored if _VISION.match(t.name))
    tensors: dict[str, Stored] = {}
    for tensor in stored:
        if _VISION.match(tensor.name):
            continue
        name = _PREFIXES.sub("model.", tensor.name)
        if name in tensors:
            raise UserError(f"{tensor.name} is in both {tensors[name].file} and {tensor.file}")
        tensors[name] = tensor
    weights = Weights(directory=directory, files=files, tensors=tensors, vision=vision)
    _check_head(weights)
    return weights


def _files(directory: Path) -> tuple[Path, ...]:
    if (directory / INDEX_NAME).is_file():
        weight_map = read_json(directory / INDEX_NAME).get("weight_map")
        if not isinstance(weight_map, dict):
            raise UserError(f"{directory / INDEX_NAME} has no weight_map")
        files = tuple(sorted({_inside(directory, str(name)) for name in weight_map.values()}))
    else:
        files = tuple(sorted(f for f in directory.glob("*.safetensors") if f.name != "adapter_model.safetensors"))
        files += tuple(_absent_shards(files))
    missing = [file.name for file in files if not file.is_file()]
    if missing:
        raise UserError(f"{directory} lacks the weight files {_some(missing)}", tip="download the rest of the model.")
    if not files:
        raise UserError(f"{directory} holds no *.safetensors file", tip=_other_formats(directory))
    return files


def _inside(directory: Path, name: str) -> Path:
    if Path(name).name != name:
        raise UserError(f"{directory / INDEX_NAME} names {name!r}, which is not a file of that directory")
    return directory / name


def _absent_shards(files: tuple[Path, ...]) -> Iterator[Path]:
    """Without an index, `model-00001-of-00003.safetensors` still says how many there should be."""
    for file in files:
        if match := re.fullmatch(r"(.*-)(\d+)-of-(\d+)\.safetensors", file.name):
            stem, digits, count = match[1], len(match[2]), match[3]
            expected = (file.parent / f"{stem}{i:0{digits}d}-of-{count}.safetensors" for i in range(1, int(count) + 1))
            yield from (shard for shard in expected if shard not in files)
            return


def _other_formats(directory: Path) -> str:
    pickled = [f.name for f in (*directory.glob("*.bin"), *directory.glob("*.pt"), *directory.glob("*.pth"))]
    if pickled:
        return f"{pickled[0]} is a pickle, which can run code and is never opened: convert it to safetensors."
    return "give a Hugging Face directory, or a Tunix checkpoint with base=..."


def _header(file: Path) -> list[Stored]:
    from safetensors import SafetensorError

    try:
        with _open(file) as opened:
            slices = {name: opened.get_slice(name) for name in opened.keys()}  # noqa: SIM118  # not a dict
            return [
                Stored(name=name, file=file, shape=tuple(s.get_shape()), dtype=s.get_dtype())
                for name, s in slices.items()
            ]
    except (SafetensorError, OSError, json.JSONDecodeError) as error:
        raise UserError(
            f"{file} is not a complete safetensors file: {error}", tip="download it again: it may be cut off."
        ) from error


def _open(file: Path) -> Any:
    """The `safetensors` library's reader: memory-mapped, header validated."""
    import safetensors

    library: Any = safetensors  # its stubs are untyped
    return library.safe_open(file, framework="numpy")


def _check_head(weights: Weights) -> None:
    """Gemma 3 ties its output head to the embedding; a separate head is fine only while it is the same."""
    head = next((weights.tensors[name] for name in _HEAD if name in weights.tensors), None)
    if head is None or "model.embed_tokens.weight" not in weights.tensors:
        return
    import numpy as np

    with weights.open() as read:
        if not np.array_equal(read("model.embed_tokens.weight"), read(head.name)):
            raise UserError(
                f"{head.name} in {head.file} differs from the embedding; Gemma 3 ties the two",
                tip="merge the trained head back, or serve the model and use --model http:URL.",
            )


def _some(names: list[str], limit: int = 4) -> str:
    """The first few names and how many more there are."""
    rest = len(names) - limit
    return ", ".join(names[:limit]) + (f" and {rest} more" if rest > 0 else "")
