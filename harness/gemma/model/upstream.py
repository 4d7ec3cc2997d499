"""Google's own Gemma 3 checkpoints (Kaggle's `flax` variations): orbax, other names, and no config.json."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from harness.core.errors import UserError
from harness.core.hashing import stable_hash
from harness.gemma.model.checkpoint import UNFINISHED, restore, stored
from harness.gemma.model.config import config_json
from harness.gemma.model.fingerprint import cache_folder
from harness.gemma.model.layout import ParameterPath, Shape, Sizes, Tensor
from harness.store.files import write_json

# What shapes do not tell, by width: (window, linear scaling of global rotary positions, longest sequence), from
# config.json of google/gemma-3-270m-it, -1b-it, -4b-it, -12b-it.
KNOWN = {
    640: (512, 1.0, 32_768),
    1152: (512, 1.0, 32_768),
    2560: (1024, 8.0, 131_072),
    3840: (1024, 8.0, 131_072),
}


def find(folder: Path) -> Path | None:
    """The checkpoint in a downloaded folder: itself or one of its subfolders; None where there is none.

    Raises UserError for a download or save that never finished.
    """
    for place in (folder, *sorted(d for d in folder.iterdir() if d.is_dir())):
        if (place / "_METADATA").is_file():
            if UNFINISHED in place.name:
                raise UserError(f"{place} is an unfinished save", tip="download it again.")
            return place
    return None


def view(folder: Path, checkpoint: Path) -> Path:
    """A folder with the config.json that the checkpoint lacks and its tokenizer, kept in the user's cache. Raises
    UserError where there is no tokenizer.
    """
    tokenizer = next((f for place in (folder, checkpoint) for f in sorted(place.glob("*.model"))), None)
    if tokenizer is None:
        raise UserError(f"{folder} holds no tokenizer.model", tip="download the whole Kaggle folder.")
    made = cache_folder() / "upstream" / stable_hash(str(checkpoint.resolve()))
    made.mkdir(parents=True, exist_ok=True)
    write_json(made / "config.json", _config(stored_shapes(checkpoint), checkpoint))
    shutil.copyfile(tokenizer, made / "tokenizer.model")
    return made


def stored_shapes(checkpoint: Path) -> dict[ParameterPath, Shape]:
    """Path and shape of every text parameter, by Tunix's names, without reading them."""
    found: dict[ParameterPath, Shape] = {}
    for path, leaf in stored(checkpoint).items():
        shape = tuple(leaf.shape)
        if names := _names(path):
            found |= dict.fromkeys(names, shape[1:][::-1] if len(names) == 2 else shape)
    return found


def read_parameters(checkpoint: Path) -> dict[ParameterPath, Tensor]:
    """Every text parameter by Tunix's names, on the host; gate and up projections come stacked and transposed."""
    found: dict[ParameterPath, Tensor] = {}
    for path, array in restore(checkpoint).items():
        names = _names(path)
        if len(names) == 2:
            found |= {name: np.asarray(part).T for name, part in zip(names, array, strict=True)}
        elif names:
            found[names[0]] = array
    return found


def _names(path: ParameterPath) -> tuple[ParameterPath, ...]:
    """`('transformer/layer_0/attn/q_einsum', 'w')` as Tunix names it; empty for the image tower."""
    *modules, leaf = [part for key in path for part in str(key).split("/")]
    modules = [part for part in modules if part != "transformer"]
    if not modules or "siglip" in modules[0].lower() or "siglip_encoder" in modules or modules[-1].startswith("mm_"):
        return ()
    if not modules[0].startswith("layer_"):
        return ((*modules, leaf),)
    here: ParameterPath = ("layers", int(modules[0].removeprefix("layer_")))
    match modules[1:]:
        case ["mlp", "gating_einsum"]:
            return ((*here, "mlp", "gate_proj", "kernel"), (*here, "mlp", "up_proj", "kernel"))
        case ["mlp", "linear"]:
            return ((*here, "mlp", "down_proj", "kernel"),)
    return ((*here, *modules[1:], leaf),)


def _config(shapes: Mapping[ParameterPath, Shape], checkpoint: Path) -> dict[str, object]:
    first: ParameterPath = ("layers", 0)
    try:
        vocabulary, embed = shapes[("embedder", "input_embedding")]
        heads, _, head_dim = shapes[(*first, "attn", "q_einsum", "w")]
        kv_heads = shapes[(*first, "attn", "kv_einsum", "w")][1]
        hidden = shapes[(*first, "mlp", "down_proj", "kernel")][0]
    except KeyError as error:
        raise UserError(f"{checkpoint} is not a Gemma 3 checkpoint: it lacks {error.args[0]}") from error
    if embed not in KNOWN:
        raise UserError(
            f"{checkpoint} is {embed} wide; the sizes known without a config.json are {', '.join(map(str, KNOWN))}",
            tip="use the model's Hugging Face folder.",
        )
    window, scale, longest = KNOWN[embed]
    layers = 1 + max(int(path[1]) for path in shapes if path[0] == "layers")
    sizes = Sizes(
        layers=layers,
        vocabulary=vocabulary,
        embed=embed,
        hidden=hidden,
        heads=heads,
        kv_heads=kv_heads,
        head_dim=head_dim,
    )
    return config_json(sizes, window=window, global_rope_scale=scale, max_positions=longest)
