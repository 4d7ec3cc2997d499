"""Trained models leave as Hugging Face folders and PEFT adapters, and come back as the same model."""

from __future__ import annotations

import json
import shutil
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from folders import shared_folder
from gemma_models import copy_of, small_model

from harness.core.errors import UserError
from harness.gemma.load import load_model
from harness.gemma.model import checkpoint, lora
from harness.gemma.model.export import export_adapter, export_model
from harness.gemma.model.tunix_adapter import logits, state_arrays
from harness.gemma.tiny import write_tiny_model

ALPHA, RANK = 8.0, 4
TOKENS = np.arange(100, 124, dtype=np.int32).reshape(1, 24)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))


@lru_cache(maxsize=1)
def base() -> Path:
    """Grouped queries, so that every kind of projection is adapted."""
    folder = shared_folder("gemma-base")
    return write_tiny_model(folder, layers=1, embed=32, hidden=64, heads=4, kv_heads=2, head_dim=8)


@lru_cache(maxsize=1)
def adapted() -> Any:
    """The base under qwix LoRA on every projection, both halves random, as training leaves it."""
    import jax.numpy as jnp
    import qwix
    from flax import nnx

    from harness.gemma.model.tunix_adapter import assemble

    model = load_model(base()).model
    provider = qwix.LoraProvider(module_path=".*(einsum|_proj)", rank=RANK, alpha=ALPHA)
    inputs = model.get_model_input()
    shapes = nnx.eval_shape(lambda: qwix.apply_lora_to_model(model, provider, **inputs, rngs=nnx.Rngs(0)))
    graph, state = nnx.split(shapes)
    rng = np.random.default_rng(1)
    kept = state_arrays(model)
    arrays = {
        path: kept[path] if path in kept else jnp.asarray(rng.normal(size=leaf.shape) * 0.1, dtype=leaf.dtype)
        for path, leaf in nnx.to_flat_state(state)
    }
    return assemble(graph, state, arrays)


def trained(folder: Path, *, lora_only: bool) -> Path:
    """A checkpoint as Tunix's trainer saves it."""
    from tunix.sft.checkpoint_manager import CheckpointManager

    manager = CheckpointManager(str(folder))
    model = adapted() if lora_only else load_model(base()).model
    assert manager.save(7, model, save_only_lora_params=lora_only, force=True)
    manager.close()
    return folder


@lru_cache(maxsize=1)
def merged() -> dict[Any, np.ndarray]:
    """The adapted model's weights with LoRA merged, by the export that the next test compares with it."""
    folder = shared_folder("gemma-merged") / "out"
    return weights(load_model(export_model(adapted(), folder, base=base(), lora_alpha=ALPHA, dtype="float32")).model)


def weights(model: Any) -> dict[Any, np.ndarray]:
    return {path: np.asarray(array) for path, array in state_arrays(model).items()}


def same(found: dict[Any, np.ndarray], expected: dict[Any, np.ndarray]) -> bool:
    return all(np.abs(found[path] - expected[path]).max() < 1e-6 for path in expected)


def test_an_exported_model_has_the_very_same_weights(tmp_path: Path) -> None:
    model = load_model(small_model()).model
    export_model(model, tmp_path / "out", base=small_model(), dtype="float32")
    again = load_model(tmp_path / "out")
    for path, array in weights(model).items():
        np.testing.assert_array_equal(weights(again.model)[path], array)
    assert again.config == load_model(small_model()).config


def test_a_large_export_is_split_into_indexed_files(tmp_path: Path) -> None:
    model = load_model(small_model()).model
    out = export_model(model, tmp_path / "out", base=small_model(), dtype="bfloat16", file_bytes=40_000)
    index = json.loads((out / "model.safetensors.index.json").read_text())
    files = {file.name for file in out.glob("*.safetensors")}
    assert len(files) > 1
    assert set(index["weight_map"].values()) == files
    assert not list(out.glob("*.part"))
    found = weights(load_model(out).model)
    assert all(np.allclose(found[path], array, rtol=2**-8) for path, array in weights(model).items())


def test_the_export_keeps_tokenizer_template_and_settings(tmp_path: Path) -> None:
    model = load_model(small_model()).model
    out = export_model(model, tmp_path / "out", base=small_model())
    config = json.loads((out / "config.json").read_text())
    original = json.loads((small_model() / "config.json").read_text())
    assert {key: config[key] for key in original if key != "torch_dtype"} == {
        key: original[key] for key in original if key != "torch_dtype"
    }
    assert load_model(out).tokenizer.hash == load_model(small_model()).tokenizer.hash


def test_an_export_never_overwrites_a_model(tmp_path: Path) -> None:
    out = copy_of(small_model(), tmp_path / "out")
    with pytest.raises(UserError, match="already holds a model"):
        export_model(load_model(small_model()).model, out, base=small_model())


def test_lora_weights_are_merged_into_the_export(tmp_path: Path) -> None:
    expected = np.asarray(logits(adapted(), TOKENS))
    out = export_model(adapted(), tmp_path / "out", base=base(), lora_alpha=ALPHA, dtype="float32")
    found = np.asarray(logits(load_model(out).model, TOKENS))
    assert np.abs(found - expected).max() < 1e-4
    assert not same(weights(load_model(base()).model), merged())


def test_exporting_lora_weights_without_alpha_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="needs lora_alpha"):
        export_model(adapted(), tmp_path / "out", base=base())


def test_an_exported_adapter_gives_the_adapted_model_back(tmp_path: Path) -> None:
    out = export_adapter(adapted(), tmp_path / "adapter", base=base(), lora_alpha=ALPHA)
    config = json.loads((out / "adapter_config.json").read_text())
    assert (config["r"], config["lora_alpha"], config["peft_type"]) == (RANK, ALPHA, "LORA")
    assert config["target_modules"] == ["down_proj", "gate_proj", "k_proj", "o_proj", "q_proj", "up_proj", "v_proj"]
    loaded = load_model(out)
    assert same(weights(loaded.model), merged())
    assert loaded.notes == (f"LoRA merged from {out}",)


def test_an_adapter_of_another_base_is_refused(tmp_path: Path) -> None:
    out = export_adapter(adapted(), tmp_path / "adapter", base=base(), lora_alpha=ALPHA)
    with pytest.raises(UserError, match=r"adapts model\.layers\.0"):
        load_model(out, base=small_model())


def test_a_kind_of_adapter_that_cannot_be_merged_is_refused(tmp_path: Path) -> None:
    out = export_adapter(adapted(), tmp_path / "adapter", base=base(), lora_alpha=ALPHA)
    file = out / "adapter_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"use_dora": True}))
    with pytest.raises(UserError, match="use_dora"):
        load_model(out)


def test_a_broken_adapter_is_named(tmp_path: Path) -> None:
    out = export_adapter(adapted(), tmp_path / "adapter", base=base(), lora_alpha=ALPHA)
    weights_file, config = out / "adapter_model.safetensors", json.loads((out / "adapter_config.json").read_text())
    weights_file.write_bytes(weights_file.read_bytes()[:-10])
    with pytest.raises(UserError, match="not a complete safetensors file"):
        load_model(out)
    (out / "adapter_config.json").write_text(json.dumps(config | {"r": 0}))
    with pytest.raises(UserError, match="r=0"):
        load_model(out)
    weights_file.unlink()
    with pytest.raises(UserError, match=r"lacks adapter_model\.safetensors"):
        load_model(out)


def test_a_model_without_lora_has_no_adapter_to_export(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no LoRA parameters"):
        export_adapter(load_model(base()).model, tmp_path / "a", base=base(), lora_alpha=ALPHA)


def test_a_tunix_checkpoint_loads_over_its_base(tmp_path: Path) -> None:
    folder = trained(tmp_path / "full", lora_only=False)
    with pytest.raises(UserError, match="does not say which model it was trained from"):
        load_model(folder)
    assert same(weights(load_model(folder, base=base()).model), weights(load_model(base()).model))


def test_a_lora_checkpoint_loads_merged_with_what_its_folder_records(tmp_path: Path) -> None:
    folder = trained(tmp_path / "lora", lora_only=True)
    with pytest.raises(UserError, match="not their alpha"):
        load_model(folder, base=base())
    checkpoint.write_origin(folder, checkpoint.Origin(base=str(base()), lora_alpha=ALPHA))
    loaded = load_model(folder)
    assert same(weights(loaded.model), merged())
    assert loaded.path == base().resolve()
    other = load_model(folder, lora_alpha=2 * ALPHA)
    assert other.fingerprint != loaded.fingerprint
    assert not same(weights(other.model), merged())


def test_a_checkpoint_of_another_model_is_refused(tmp_path: Path) -> None:
    folder = trained(tmp_path / "full", lora_only=False)
    with pytest.raises(UserError, match=r"which the base model's config\.json has no place for|has shape"):
        load_model(folder, base=small_model())
    folder = trained(tmp_path / "lora", lora_only=True)
    with pytest.raises(UserError, match="base model"):
        load_model(folder, base=small_model(), lora_alpha=ALPHA)


def test_the_latest_finished_step_is_taken_and_unfinished_saves_are_named(tmp_path: Path) -> None:
    folder = trained(tmp_path / "full", lora_only=False)
    (folder / "9.orbax-checkpoint-tmp-123").mkdir()
    assert checkpoint.find_step(folder) == folder / "7"
    with pytest.raises(UserError, match="unfinished save"):
        checkpoint.find_step(folder / "9.orbax-checkpoint-tmp-123")
    (folder / "12" / "model_params").mkdir(parents=True)
    with pytest.raises(UserError, match=r"12 is an unfinished save \(model_params/_METADATA is missing\)"):
        load_model(folder, base=base())
    shutil.rmtree(folder / "12")
    shutil.rmtree(folder / "7")
    with pytest.raises(UserError, match=r"only an unfinished save \(9\.orbax-checkpoint-tmp-123\)"):
        load_model(folder, base=base())


@pytest.mark.parametrize(
    ("name", "a", "b", "shape"),
    [
        ("q_einsum", (6, 2), (2, 3, 4), (3, 6, 4)),
        ("kv_einsum", (6, 2), (2, 2, 3, 4), (2, 3, 6, 4)),
        ("qkv_einsum", (6, 2), (2, 3, 5, 4), (3, 5, 6, 4)),
        ("attn_vec_einsum", (3, 4, 2), (2, 6), (3, 4, 6)),
        ("gate_proj", (6, 2), (2, 8), (6, 8)),
        ("down_proj", (8, 2), (2, 6), (8, 6)),
    ],
)
def test_what_lora_adds_has_the_shape_of_the_weight_and_the_rank_of_its_halves(
    name: str, a: tuple[int, ...], b: tuple[int, ...], shape: tuple[int, ...]
) -> None:
    rng = np.random.default_rng(0)
    added = lora.delta(("layers", 0, name, "w"), rng.normal(size=a), rng.normal(size=b))
    assert added.shape == shape
    axis = shape.index(6)  # the width, which q, k, v sum over and the output projection makes
    flat = np.moveaxis(added, axis, 0).reshape(6, -1)
    assert np.linalg.matrix_rank(flat, tol=1e-4) == 2
