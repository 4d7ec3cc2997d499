"""Load a Gemma 3: a Hugging Face directory, a hub id, a Kaggle handle, or a Tunix checkpoint with its base."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from harness.core.errors import UserError, unknown_name
from harness.core.hashing import stable_hash
from harness.gemma import tunix_adapter
from harness.gemma.config import max_positions, read_config, read_json
from harness.gemma.fingerprint import fingerprint
from harness.gemma.hub import Source, resolve
from harness.gemma.layout import Parameter, Tensor, parameters
from harness.gemma.tokenizer import Tokenizer, load_tokenizer
from harness.gemma.weights import read_weights

if TYPE_CHECKING:
    import jax
    from jax.sharding import Mesh
    from tunix.models.gemma3.model import Gemma3, ModelConfig

Dtype: TypeAlias = Literal["float32", "bfloat16"]
DTYPES: tuple[Dtype, ...] = ("float32", "bfloat16")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedModel:
    """A model ready to run, with its tokenizer and its identity."""

    model: Gemma3
    config: ModelConfig
    tokenizer: Tokenizer
    fingerprint: str
    """Changes with any weight, the config, or the dtype."""
    path: Path
    """Where config and tokenizer were read from."""
    dtype: Dtype
    max_positions: int
    """The longest sequence, in tokens, that the model was made for."""
    notes: tuple[str, ...] = ()
    """What the user should know: unread vision weights, a merged adapter."""


def load_model(
    spec: str | Path,
    *,
    dtype: Dtype = "float32",
    mesh: Mesh | None = None,
    base: str | Path | None = None,
    chat_template: str = "",
) -> LoadedModel:
    """Load weights, config and tokenizer of `spec`; tensors go to the device one parameter at a time.

    `base` is the model that a Tunix checkpoint started from, where the checkpoint does not record it.
    `chat_template` replaces the model's own: 'gemma', 'none', or a file. LoRA weights come back merged.
    Raises UserError for anything that is missing, unexpected, misshapen or unfinished, and names it.
    """
    if dtype not in DTYPES:
        raise unknown_name("dtype", dtype, DTYPES, tip="float32 or bfloat16.")
    tunix_adapter.require_tunix()
    source = resolve(spec, base=base)
    config = read_config(source.model)
    tokenizer = load_tokenizer(source.model, embeddings=config.num_embed, chat_template=chat_template)
    return _load(source, config, tokenizer, dtype, mesh)


def _load(source: Source, config: ModelConfig, tokenizer: Tokenizer, dtype: Dtype, mesh: Mesh | None) -> LoadedModel:
    wanted = parameters(tunix_adapter.sizes_of(config))
    weights = read_weights(source.model)
    weights.check(wanted)
    with weights.open() as read:
        pieces = ((p, p.join([read(name) for name in p.sources])) for p in wanted)
        model = build(config, pieces, dtype, mesh)
    identity = fingerprint(weights.files, read_json(source.model / "config.json"))
    notes = (f"text only: {len(weights.vision)} vision tensors were not read",) if weights.vision else ()
    return LoadedModel(
        model=model,
        config=config,
        tokenizer=tokenizer,
        fingerprint=stable_hash({"weights": identity, "dtype": dtype}),
        path=source.model,
        dtype=dtype,
        max_positions=max_positions(source.model),
        notes=notes,
    )


def build(config: ModelConfig, pieces: Iterator[tuple[Parameter, Tensor]], dtype: Dtype, mesh: Mesh | None) -> Gemma3:
    """Put each parameter on its device as `dtype` while the next is read, then assemble the model."""
    graph, state = tunix_adapter.abstract_model(config, dtype)
    places = tunix_adapter.shardings_of(state, mesh)
    put = _putter(dtype)
    arrays = {p.path: put(array, places[p.path]) for p, array in pieces}
    if absent := set(places) - set(arrays):
        raise UserError(f"the model has parameters without weights: {sorted(map(str, absent))[:4]}")
    return tunix_adapter.assemble(graph, state, arrays)


def _putter(dtype: Dtype) -> Callable[[Tensor, object], jax.Array]:
    import jax
    import ml_dtypes
    import numpy as np

    kind = np.dtype(ml_dtypes.bfloat16 if dtype == "bfloat16" else np.float32)

    def put(array: Tensor, place: object) -> jax.Array:
        return jax.device_put(np.ascontiguousarray(array, dtype=kind), place)

    return put
