"""Google's own checkpoints, as Kaggle's flax variations hold them, load to the same model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from gemma_models import small_model

from harness.core.errors import UserError
from harness.gemma.load import load_model
from harness.gemma.model import upstream
from harness.gemma.model.tunix_adapter import state_arrays


@pytest.fixture
def kaggle_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The small model under upstream names, beside its tokenizer, with a vision weight that text does not need."""
    import orbax.checkpoint as ocp

    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setitem(upstream.KNOWN, 32, (16, 1.0, 32_768))
    tree: dict[str, dict[str, np.ndarray]] = {"SigLiPFromPatches_0/siglip_encoder": {"pos_embedding": np.zeros((1, 2))}}
    for path, array in state_arrays(load_model(small_model()).model).items():
        module, leaf = "/".join(map(str, path[:-1])).replace("layers/", "layer_"), str(path[-1])
        if module.endswith(("gate_proj", "up_proj")):
            module, leaf = module.replace("gate_proj", "gating_einsum").replace("up_proj", "gating_einsum"), "w"
            stacked = tree.setdefault(f"transformer/{module}", {}).get(leaf)
            one = np.asarray(array).T[None]
            # state order is alphabetical: gate before up, as upstream stacks them
            tree[f"transformer/{module}"][leaf] = one if stacked is None else np.concatenate([stacked, one])
            continue
        if module.endswith("down_proj"):
            module, leaf = module.replace("down_proj", "linear"), "w"
        tree.setdefault(f"transformer/{module}", {})[leaf] = np.asarray(array)
    folder = tmp_path / "kaggle"
    folder.mkdir()
    with ocp.PyTreeCheckpointer() as writer:
        writer.save((folder / "gemma3-small").resolve(), tree)
    (folder / "tokenizer.model").write_bytes((small_model() / "tokenizer.model").read_bytes())
    return folder


def test_the_same_weights_come_back(kaggle_folder: Path) -> None:
    expected = load_model(small_model())
    found = load_model(kaggle_folder)
    arrays = state_arrays(found.model)
    for path, array in state_arrays(expected.model).items():
        np.testing.assert_array_equal(np.asarray(arrays[path]), np.asarray(array), err_msg=str(path))
    assert found.config == expected.config
    assert found.tokenizer.template.origin.startswith("built-in Gemma 3")


def test_a_width_that_is_not_known_is_refused(kaggle_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(upstream.KNOWN, 32)
    with pytest.raises(UserError, match="32 wide"):
        load_model(kaggle_folder)


def test_a_folder_without_its_tokenizer_is_refused(kaggle_folder: Path) -> None:
    (kaggle_folder / "tokenizer.model").unlink()
    with pytest.raises(UserError, match="holds no tokenizer"):
        load_model(kaggle_folder)


def test_the_known_sizes_are_tunixs() -> None:
    from tunix.models.gemma3.model import ModelConfig

    for config in (ModelConfig.gemma3_270m(), ModelConfig.gemma3_1b_it(), ModelConfig.gemma3_4b_it()):
        window, scale, _ = upstream.KNOWN[config.embed_dim]
        assert (window, scale) == (config.sliding_window_size, config.global_scale_factor)
