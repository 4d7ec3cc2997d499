"""A model placed on its devices: reads prompts into keys and values, and says how many rows fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import jax.numpy as jnp
import numpy as np

from harness.core.errors import UserError
from harness.gemma.engine.cache import Prefix, cut_to_window, empty_prefix
from harness.gemma.engine.memory import MOST_ROWS_CPU, MemoryFit, fit_memory, free_memory
from harness.gemma.engine.prefill import append_to_prefix, read_pack
from harness.gemma.engine.requests import EngineStats, TokenRequest
from harness.gemma.engine.sampling import Mode
from harness.gemma.engine.schedule import BATCH_SIZES, batch_bucket, pack_bucket, prefix_bucket, span_bucket
from harness.gemma.engine.shape import ModelShape, shape_of
from harness.gemma.engine.weights import Weights, place, weights_of

if TYPE_CHECKING:
    from jax.sharding import Mesh
    from tunix.models.gemma3.model import Gemma3


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOptions:
    """How the engine runs; none of it changes what is generated, beyond rounding."""

    batch_size: int | None = None
    """Rows per data-parallel device, rounded down to 1, 4, 8, 16, ... 256; None: as many as memory holds."""
    max_length: int = 32_768
    """Tokens of prompt and reply together."""
    steps_per_sync: int = 16
    """Decode steps between two looks of the host, at most."""
    pack_tokens: int | None = None
    """Prompt tokens read at once per device; None: 256 on a CPU, 512 elsewhere."""
    shrink_factor: int | None = None
    """The batch shrinks once this many times fewer rows would do; None: 2 on a CPU, where each row costs time, and 4
    elsewhere, where a step costs much the same for few rows as for many and each size costs a compilation."""

    def __post_init__(self) -> None:
        if self.batch_size is not None and self.batch_size < 1:
            raise UserError(f"batch_size is {self.batch_size}, but must be 1 or more")
        if self.max_length < 2:
            raise UserError(f"max_length is {self.max_length}, but must be 2 or more (a prompt and a reply)")


class PlacedModel:
    """The weights of a Tunix Gemma 3 on a mesh, and what every use of them needs. Not for use from several threads."""

    def __init__(self, model: Gemma3, *, mesh: Mesh | None = None, options: EngineOptions | None = None) -> None:
        self.options = options or EngineOptions()
        self.shape: ModelShape = shape_of(model.config)
        self.mesh = mesh
        self.weights: Weights = place(weights_of(model), self.shape, mesh)
        self.stats = EngineStats()
        self.fit: MemoryFit | None = None
        self._kept_prefix: tuple[tuple[int, ...], Prefix] | None = None

    @property
    def dtype(self) -> jnp.dtype:
        """Of weights and cache."""
        return self.weights.embedding.dtype

    @cached_property
    def n_devices(self) -> int:
        """Devices that share the rows."""
        return self.mesh.shape["fsdp"] if self.mesh is not None else 1

    @cached_property
    def on_cpu(self) -> bool:
        """Whether the weights are on a CPU."""
        return next(iter(self.weights.embedding.devices())).platform == "cpu"

    @property
    def largest_pack(self) -> int:
        """Tokens of a pack at most."""
        return self.options.pack_tokens or (256 if self.on_cpu else 512)

    @property
    def shrink_factor(self) -> int:
        """See EngineOptions."""
        return self.options.shrink_factor or (2 if self.on_cpu else 4)

    def most_rows(self, requests: Sequence[TokenRequest], prefix: int, mode: Mode) -> int:
        """Rows on all devices for these requests; also sets `fit`."""
        longest = max(len(r.tokens) - prefix + r.max_new_tokens for r in requests)
        span = span_bucket(longest + self.options.steps_per_sync)
        most = MOST_ROWS_CPU if self.on_cpu else BATCH_SIZES[-1]
        self.fit = fit_memory(
            self.shape,
            item_bytes=self.dtype.itemsize,
            prefix=prefix_bucket(prefix),
            span=span,
            pack_tokens=self.largest_pack,
            free_bytes=free_memory(),
            most_rows=batch_bucket(-(-len(requests) // self.n_devices), most),
            mode=mode,
            max_steps=self.options.steps_per_sync,
            fixed_rows=self.options.batch_size,
        )
        return self.fit.n_rows * self.n_devices

    def prefix_of(self, tokens: tuple[int, ...]) -> Prefix:
        """Keys and values of a shared prefix, whole on every layer; the last one asked for is kept."""
        if self._kept_prefix is None or self._kept_prefix[0] != tokens:
            blank = empty_prefix(self.shape, prefix_bucket(len(tokens)), self.dtype)
            self._kept_prefix = (tokens, self.extend(blank, tokens, self.largest_pack) if tokens else blank)
            self.stats.prefix_tokens = len(tokens)
        return self._kept_prefix[1]

    def extend(self, prefix: Prefix, tokens: Sequence[int], largest_pack: int) -> Prefix:
        """Read tokens behind a prefix in chunks of one pack, so that memory does not grow with their number."""
        size = pack_bucket(len(tokens), largest_pack)
        start = int(prefix.length)
        for offset in range(0, len(tokens), size):
            chunk = np.asarray(tokens[offset : offset + size], np.int32)
            padded = np.zeros((1, size), np.int32)
            padded[0, : len(chunk)] = chunk
            segments = np.where(np.arange(size) < len(chunk), 0, -1)[None].astype(np.int32)
            positions = (start + offset + np.arange(size, dtype=np.int32))[None]
            pack = read_pack(self.weights, prefix, padded, positions, segments, shape=self.shape)
            prefix = append_to_prefix(prefix, pack, np.int32(len(chunk)))
        return prefix

    def cut(self, prefix: Prefix) -> Prefix:
        """The prefix as decode steps use it."""
        return cut_to_window(prefix, shape=self.shape)
