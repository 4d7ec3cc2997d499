"""Random Gemma 3 models of any size in the Hugging Face layout: for tests, benchmarks and dry runs."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np

from harness.backends.chat_template import GEMMA
from harness.gemma.model.config import config_json
from harness.gemma.model.layout import Parameter, Sizes, Tensor, parameters
from harness.gemma.model.shards import Dtype, write_weights
from harness.gemma.text.tiny_tokenizer import sentencepiece_model, tokenizer_json
from harness.store.files import write_json

TokenizerFiles: TypeAlias = Literal["json", "sentencepiece", "both"]
ONE_B = Sizes(layers=26, vocabulary=262_144, embed=1152, hidden=6912, heads=4, kv_heads=1, head_dim=256)
"""The shape of google/gemma-3-1b-it."""


def write_tiny_model(
    directory: str | Path,
    *,
    layers: int = 7,
    embed: int = 64,
    hidden: int = 128,
    heads: int = 4,
    kv_heads: int = 1,
    head_dim: int = 16,
    window: int = 16,
    vocabulary: int = 1024,
    rope_scale: float = 1.0,
    seed: int = 0,
    shards: int = 1,
    dtype: Dtype = "float32",
    tokenizer: TokenizerFiles = "json",
    chat: bool = True,
) -> Path:
    """Write a random text-only Gemma 3 with a working tokenizer; the same arguments give the same bytes.

    Its sizes: `layers` (seven are the fewest that have a local layer after a global one), `embed` (width), `hidden` (of
    the feed-forward), `heads` and `kv_heads` of `head_dim` numbers each, a `window` of so many tokens, and a
    `vocabulary` of at least 800. `rope_scale` divides the positions of global layers, `seed` decides every number, the
    weights are stored as `dtype` in `shards` files. `tokenizer` says which files it comes in; `chat` False leaves out
    the chat template, as in a pretrained model. Returns the `directory`.
    """
    sizes = Sizes(
        layers=layers,
        vocabulary=vocabulary,
        embed=embed,
        hidden=hidden,
        heads=heads,
        kv_heads=kv_heads,
        head_dim=head_dim,
    )
    return write_random_model(
        directory,
        sizes,
        window=window,
        rope_scale=rope_scale,
        seed=seed,
        shards=shards,
        dtype=dtype,
        tokenizer=tokenizer,
        chat=chat,
    )


def write_random_model(
    directory: str | Path,
    sizes: Sizes,
    *,
    window: int,
    rope_scale: float = 1.0,
    seed: int = 0,
    shards: int = 1,
    dtype: Dtype = "float32",
    tokenizer: TokenizerFiles = "json",
    chat: bool = True,
) -> Path:
    """Write a random model as `write_tiny_model` does, for any `sizes`; one parameter is in memory at a time.

    `window` is in tokens, `rope_scale` divides the positions of global layers, `seed` decides every number, the weights
    are stored as `dtype` in `shards` files. `tokenizer` says which files it comes in; `chat` False leaves out the chat
    template. Returns the `directory`.
    """
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    config = config_json(sizes, window=window, global_rope_scale=rope_scale, dtype=dtype)
    write_json(directory / "config.json", config)
    wanted = parameters(sizes)
    groups = [wanted[i::shards] for i in range(shards)]
    write_weights(directory, groups, lambda p: list(_random_tensors(p, seed)), dtype)
    _write_tokenizer(directory, sizes.vocabulary, tokenizer, chat)
    return directory


def _random_tensors(parameter: Parameter, seed: int) -> Iterator[Tensor]:
    for name, shape in zip(parameter.sources, parameter.source_shapes, strict=True):
        yield _random(name, shape, seed)


def _random(name: str, shape: tuple[int, ...], seed: int) -> Tensor:
    """Uniform with unit variance, scaled: norm scales near 0 (the norm multiplies by one plus them), matrices that
    keep the size of what they multiply.

    From the generator's raw bits, which numpy keeps the same from version to version, unlike its distributions.
    """
    count = math.prod(shape)
    bits = np.random.PCG64([seed, zlib.crc32(name.encode())]).random_raw((count + 1) // 2).view(np.uint32)[:count]
    spread = 0.1 if len(shape) == 1 else shape[1] ** -0.5
    values = (bits >> np.uint32(8)).astype(np.float32)
    del bits  # a 1B's embedding is 1.2 GB a copy
    values *= np.float32(2**-24)
    values -= np.float32(0.5)
    values *= np.float32(12**0.5 * spread)
    return values.reshape(shape)


def _write_tokenizer(directory: Path, vocabulary: int, files: TokenizerFiles, chat: bool) -> None:
    if files in ("json", "both"):
        (directory / "tokenizer.json").write_text(tokenizer_json(vocabulary), encoding="utf-8")
    if files in ("sentencepiece", "both"):
        (directory / "tokenizer.model").write_bytes(sentencepiece_model(vocabulary))
    settings: dict[str, Any] = {
        "tokenizer_class": "GemmaTokenizer",
        "bos_token": "<bos>",
        "eos_token": "<eos>",
        "pad_token": "<pad>",
        "unk_token": "<unk>",
        "add_bos_token": True,
        "add_eos_token": False,
    }
    write_json(directory / "tokenizer_config.json", settings | ({"chat_template": GEMMA} if chat else {}))
    generation = {"bos_token_id": 2, "eos_token_id": [1, 106], "pad_token_id": 0}
    write_json(directory / "generation_config.json", generation)
