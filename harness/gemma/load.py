"""Load a Gemma 3: a Hugging Face directory, a hub id, a Kaggle handle, or a Tunix checkpoint with its base."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.core.errors import UserError, unknown_name
from harness.core.hashing import stable_hash
from harness.gemma.model import tunix_adapter
from harness.gemma.model.checkpoint import training_step
from harness.gemma.model.config import max_positions, read_config
from harness.gemma.model.hub import resolve
from harness.gemma.model.layout import Parameter, Tensor, parameters
from harness.gemma.model.lora import dotted
from harness.gemma.model.shards import DTYPES, Dtype, numpy_dtype
from harness.gemma.model.source import open_parameters
from harness.gemma.text.tokenizer import Tokenizer, load_tokenizer

if TYPE_CHECKING:
    import jax
    from jax.sharding import Mesh
    from tunix.models.gemma3.model import Gemma3, ModelConfig

__all__ = ["DTYPES", "Dtype", "LoadedModel", "load_model"]


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
    training_step: int | None = None
    """The update of its training after which it was saved, where that is recorded."""


def load_model(
    spec: str | Path,
    *,
    dtype: Dtype = "float32",
    mesh: Mesh | None = None,
    base: str | Path | None = None,
    lora_alpha: float | None = None,
    chat_template: str = "",
) -> LoadedModel:
    """Load weights, config and tokenizer of `spec`; tensors go to the device one parameter at a time.

    `dtype` is how weights are kept, whatever they are stored as; with a `mesh` (axes fsdp and tp) each goes to its
    shards. `base` and `lora_alpha` describe a Tunix checkpoint whose folder does not record them. `chat_template`
    replaces the model's own: 'gemma', 'none', or a file. LoRA weights come back merged. Raises UserError for anything
    that is missing, unexpected, misshapen or unfinished, and names it.
    """
    if dtype not in DTYPES:
        raise unknown_name("dtype", dtype, DTYPES, tip="float32 or bfloat16.")
    tunix_adapter.require_tunix()
    source = resolve(spec, base=base)
    config = read_config(source.model)
    tokenizer = load_tokenizer(source.model, embeddings=config.num_embed, chat_template=chat_template)
    wanted = parameters(tunix_adapter.sizes_of(config))
    with open_parameters(source, wanted, lora_alpha=lora_alpha) as found:
        model = build(config, ((p, found.read(p)) for p in wanted), dtype, mesh)
    return LoadedModel(
        model=model,
        config=model.config,
        tokenizer=tokenizer,
        fingerprint=stable_hash({"weights": found.identity, "dtype": dtype}),
        path=source.model,
        dtype=dtype,
        max_positions=max_positions(source.model),
        notes=found.notes,
        training_step=training_step(source.checkpoint or source.adapter or source.model),
    )


def build(config: ModelConfig, pieces: Iterator[tuple[Parameter, Tensor]], dtype: Dtype, mesh: Mesh | None) -> Gemma3:
    """Put each parameter on its device as `dtype` while the next is read, then assemble the model of this `config`.

    `pieces` are the parameters with their values, in any order; with a `mesh` each goes to its shards. Raises UserError
    for a parameter that the mesh cannot hold, and for parameters without weights.
    """
    graph, state = tunix_adapter.abstract_model(config, dtype)
    places = tunix_adapter.shardings_of(state, mesh)
    put = _putter(dtype)
    arrays = {}
    for p, array in pieces:
        _check_divides(p, places[p.path])
        arrays[p.path] = put(array, places[p.path])
    if absent := set(places) - set(arrays):
        raise UserError(f"the model has parameters without weights: {sorted(map(str, absent))[:4]}")
    return tunix_adapter.assemble(graph, state, arrays)


def _check_divides(parameter: Parameter, place: Any) -> None:
    """A sharding splits axes evenly or not at all."""
    try:
        getattr(place, "shard_shape", tuple)(parameter.shape)
    except ValueError as error:
        mesh = dict(place.mesh.shape)
        raise UserError(
            f"{dotted(parameter.path)} of shape {parameter.shape} cannot be split over the mesh {mesh}",
            tip="use a smaller tp (it must divide the attention heads), or another number of devices for fsdp.",
        ) from error


def _putter(dtype: Dtype) -> Callable[[Tensor, object], jax.Array]:
    import jax
    import numpy as np

    kind = numpy_dtype(dtype)

    def put(array: Tensor, place: object) -> jax.Array:
        return jax.device_put(np.ascontiguousarray(array, dtype=kind), place)

    return put
