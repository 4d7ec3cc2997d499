"""Models load from every layout, and whatever does not fit is named."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gemma_models import Tensors, change_tensors, copy_of, small_model
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from harness.core.errors import UserError
from harness.gemma.load import load_model
from harness.gemma.model.config import read_config
from harness.gemma.model.layout import Sizes, parameters
from harness.gemma.model.safetensors import read_weights
from harness.gemma.model.tunix_adapter import sizes_of, state_arrays
from harness.gemma.tiny import write_tiny_model


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))


def checked(folder: Path) -> None:
    """What loading checks before it reads a tensor."""
    read_weights(folder).check(parameters(sizes_of(read_config(folder))))


def arrays(folder: Path, **options: Any) -> dict[Any, np.ndarray]:
    return {path: np.asarray(a) for path, a in state_arrays(load_model(folder, **options).model).items()}


def test_every_parameter_gets_its_own_tensor(tmp_path: Path) -> None:
    loaded = arrays(small_model())
    stored = load_file(small_model() / "model.safetensors")
    for parameter in parameters(sizes_of(read_config(small_model()))):
        for name, part in zip(parameter.sources, parameter.split(loaded[parameter.path]), strict=True):
            np.testing.assert_array_equal(part, stored[name], err_msg=name)


@given(
    heads=st.sampled_from([(4, 4), (4, 2), (4, 1), (1, 1)]),
    embed=st.integers(1, 5),
    hidden=st.integers(1, 5),
    head_dim=st.integers(1, 3),
)
@settings(max_examples=60, deadline=None)
def test_splitting_a_parameter_gives_its_tensors_back(
    heads: tuple[int, int], embed: int, hidden: int, head_dim: int
) -> None:
    sizes = Sizes(
        layers=2, vocabulary=7, embed=embed, hidden=hidden, heads=heads[0], kv_heads=heads[1], head_dim=head_dim
    )
    rng = np.random.default_rng(0)
    for parameter in parameters(sizes):
        stored = [rng.normal(size=shape) for shape in parameter.source_shapes]
        whole = parameter.join(stored)
        assert whole.shape == parameter.shape
        for before, after in zip(stored, parameter.split(whole), strict=True):
            np.testing.assert_array_equal(after, before)


def test_sharded_and_prefixed_files_load_to_the_same_weights(tmp_path: Path) -> None:
    whole = small_model()
    sharded = write_tiny_model(
        tmp_path / "sharded", layers=2, embed=32, hidden=64, heads=2, kv_heads=1, head_dim=8, shards=3
    )
    assert len(list(sharded.glob("*.safetensors"))) == 3
    expected = arrays(whole)
    for folder in (sharded, multimodal(tmp_path / "four", "language_model."), multimodal(tmp_path / "five", "model.")):
        for path, value in arrays(folder).items():
            np.testing.assert_array_equal(value, expected[path])


def multimodal(folder: Path, prefix: str) -> Path:
    """The small model as a vision model stores it: transformers 4 and 5 put the prefix in different places."""
    inside = "language_model.model." if prefix == "language_model." else "model.language_model."
    tower = "vision_tower.x.weight" if prefix == "language_model." else "model.vision_tower.x.weight"
    copy_of(small_model(), folder)
    stored = load_file(folder / "model.safetensors")
    renamed = {inside + name.removeprefix("model."): value for name, value in stored.items()}
    save_file(renamed | {tower: np.zeros((2, 2), np.float32)}, folder / "model.safetensors")
    return folder


def test_unread_vision_weights_are_noted(tmp_path: Path) -> None:
    loaded = load_model(multimodal(tmp_path / "model", "model."))
    assert loaded.notes == ("text only: 1 vision tensors were not read",)


def test_the_models_config_says_the_dtype_that_was_asked_for() -> None:
    assert str(np.dtype(load_model(small_model(), dtype="bfloat16").config.param_dtype)) == "bfloat16"
    assert str(np.dtype(load_model(small_model()).config.param_dtype)) == "float32"


def test_bfloat16_weights_load_as_float32_and_back_without_loss(tmp_path: Path) -> None:
    folder = write_tiny_model(
        tmp_path / "b", layers=2, embed=32, hidden=64, heads=2, kv_heads=1, head_dim=8, dtype="bfloat16"
    )
    stored = load_file(folder / "model.safetensors")["model.embed_tokens.weight"]
    path = ("embedder", "input_embedding")
    assert str(arrays(folder, dtype="bfloat16")[path].dtype) == "bfloat16"
    np.testing.assert_array_equal(arrays(folder)[path], stored.astype(np.float32))


def test_files_that_mix_dtypes_load_each_tensor_in_its_own(tmp_path: Path) -> None:
    def halve(tensors: Tensors) -> None:
        tensors["model.norm.weight"] = tensors["model.norm.weight"].astype(np.float16)

    folder = change_tensors(copy_of(small_model(), tmp_path / "m"), halve)
    expected = load_file(folder / "model.safetensors")["model.norm.weight"].astype(np.float32)
    np.testing.assert_array_equal(arrays(folder)[("final_norm", "scale")], expected)


def drop(name: str) -> Callable[[Tensors], Any]:
    return lambda tensors: tensors.pop(name)


def put(name: str, shape: tuple[int, ...], kind: Any = np.float32) -> Callable[[Tensors], Any]:
    return lambda tensors: tensors.update({name: np.zeros(shape, kind)})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (drop("model.layers.1.mlp.up_proj.weight"), r"lacks model\.layers\.1\.mlp\.up_proj\.weight"),
        (put("model.layers.2.mlp.up_proj.weight", (64, 32)), r"holds model\.layers\.2\.mlp\.up_proj\.weight"),
        (put("model.norm.weight", (33,)), r"model\.norm\.weight .* shape \(33,\); config\.json says \(32,\)"),
        (put("model.norm.weight", (32,), np.int8), r"model\.norm\.weight .* stored as I8"),
        (put("lm_head.weight", (1024, 32)), r"lm_head\.weight .* differs from the embedding"),
    ],
)
def test_weights_that_do_not_fit_are_named(change: Callable[[Tensors], Any], message: str, tmp_path: Path) -> None:
    folder = change_tensors(copy_of(small_model(), tmp_path / "m"), change)
    with pytest.raises(UserError, match=message):
        checked(folder)


def test_a_head_that_repeats_the_embedding_is_fine(tmp_path: Path) -> None:
    def repeat(tensors: Tensors) -> None:
        tensors["lm_head.weight"] = tensors["model.embed_tokens.weight"]

    checked(change_tensors(copy_of(small_model(), tmp_path / "m"), repeat))


def test_a_missing_shard_is_named_with_and_without_an_index(tmp_path: Path) -> None:
    folder = write_tiny_model(tmp_path / "m", layers=1, embed=32, hidden=64, heads=2, head_dim=8, kv_heads=1, shards=3)
    (folder / "model-00002-of-00003.safetensors").unlink()
    with pytest.raises(UserError, match=r"model-00002-of-00003\.safetensors"):
        checked(folder)
    (folder / "model.safetensors.index.json").unlink()
    with pytest.raises(UserError, match=r"model-00002-of-00003\.safetensors"):
        checked(folder)


def test_an_index_that_points_outside_the_folder_is_refused(tmp_path: Path) -> None:
    folder = copy_of(small_model(), tmp_path / "m")
    index = {"weight_map": {"model.norm.weight": "../secret.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(UserError, match="not a file of that directory"):
        checked(folder)


def test_a_cut_off_file_is_named(tmp_path: Path) -> None:
    folder = copy_of(small_model(), tmp_path / "m")
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(UserError, match=r"model\.safetensors is not a complete safetensors file"):
        checked(folder)


def test_pickled_weights_are_never_opened(tmp_path: Path) -> None:
    folder = copy_of(small_model(), tmp_path / "m")
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x04cos\nsystem\n.")
    with pytest.raises(UserError) as caught:
        checked(folder)
    assert "pytorch_model.bin is a pickle" in caught.value.tip


def test_an_unknown_dtype_is_refused() -> None:
    with pytest.raises(UserError, match="unknown dtype 'float16'"):
        load_model(small_model(), dtype="float16")  # type: ignore[arg-type]


def test_the_fingerprint_follows_weights_config_and_dtype_but_not_the_folder(tmp_path: Path) -> None:
    first = load_model(small_model()).fingerprint
    moved = copy_of(small_model(), tmp_path / "moved")
    assert load_model(moved).fingerprint == first
    assert load_model(moved, dtype="bfloat16").fingerprint != first

    def nudge(tensors: Tensors) -> None:
        tensors["model.norm.weight"][0] += 1e-3

    assert load_model(change_tensors(moved, nudge)).fingerprint != first


def test_the_fingerprint_is_remembered_until_a_file_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from harness.gemma.model import fingerprint

    file = tmp_path / "weights"
    file.write_bytes(b"one")
    before = fingerprint.file_hash(file)
    with monkeypatch.context() as patched:
        patched.setattr(fingerprint, "_sha256", lambda _: pytest.fail("read again"))
        assert fingerprint.file_hash(file) == before
    file.write_bytes(b"other")
    assert fingerprint.file_hash(file) != before


def test_a_mesh_gets_every_parameter_where_its_sharding_says(tmp_path: Path) -> None:
    import jax
    from jax.sharding import AxisType, NamedSharding

    mesh = jax.make_mesh((1, 1), ("fsdp", "tp"), axis_types=(AxisType.Auto,) * 2)
    on_mesh = load_model(small_model(), mesh=mesh).model
    plain = arrays(small_model())
    for path, array in state_arrays(on_mesh).items():
        assert isinstance(array.sharding, NamedSharding)
        np.testing.assert_array_equal(np.asarray(array), plain[path])


_EIGHT_DEVICES = """
import sys
import jax, numpy as np
from jax.sharding import AxisType
from harness.core.errors import UserError
from harness.gemma.load import load_model
from harness.gemma.model.tunix_adapter import logits

assert len(jax.devices()) == 8
tokens = np.arange(64, dtype=np.int32).reshape(8, 8)
expected = np.asarray(logits(load_model(sys.argv[1]).model, tokens))
for shape in ((8, 1), (4, 2)):
    mesh = jax.make_mesh(shape, ("fsdp", "tp"), axis_types=(AxisType.Auto,) * 2)
    with mesh:
        model = load_model(sys.argv[1], mesh=mesh).model
        embedding = model.embedder.input_embedding[...]
        assert embedding.addressable_shards[0].data.shape == (1024 // shape[1], 32 // shape[0])
        assert np.abs(np.asarray(logits(model, tokens)) - expected).max() < 1e-5
mesh = jax.make_mesh((1, 8), ("fsdp", "tp"), axis_types=(AxisType.Auto,) * 2)
try:
    load_model(sys.argv[1], mesh=mesh)
except UserError as error:
    print(error)
"""


@pytest.mark.slow
def test_eight_devices_hold_their_shards_and_compute_what_one_does() -> None:
    environment = os.environ | {"XLA_FLAGS": "--xla_force_host_platform_device_count=8", "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _EIGHT_DEVICES, str(small_model())],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "cannot be split over the mesh {'fsdp': 1, 'tp': 8}" in done.stdout
