"""Logits equal those that transformers computed; `benchmarks/record_parity.py` recorded them."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tunix")

from harness.gemma.load import load_model
from harness.gemma.model.tunix_adapter import logits

REPO = Path(__file__).resolve().parent.parent
spec = importlib.util.spec_from_file_location("record_parity", REPO / "benchmarks" / "record_parity.py")
assert spec is not None
assert spec.loader is not None
recorder = importlib.util.module_from_spec(spec)
spec.loader.exec_module(recorder)


@pytest.mark.parametrize("attention", sorted(recorder.ATTENTION))
def test_logits_equal_transformers_over_many_windows(attention: str, tmp_path: Path) -> None:
    loaded = load_model(recorder.write_model(tmp_path, attention))
    found = recorder.summary(np.asarray(logits(loaded.model, recorder.tokens())))
    with np.load(recorder.FIXTURE) as recorded:
        expected = {name: recorded[f"{attention}_{name}"] for name in found}
    np.testing.assert_allclose(found["logits"], expected["logits"], atol=1e-4, rtol=0)
    np.testing.assert_allclose(found["log_sum_exp"], expected["log_sum_exp"], atol=1e-4, rtol=0)
    assert (found["argmax"] == expected["argmax"]).all()


def test_the_recorded_sequence_is_many_windows_long_and_passes_a_global_layer() -> None:
    assert recorder.LENGTH >= 10 * recorder.WINDOW
    assert recorder.LAYERS >= 7


def test_the_recorded_logits_tell_a_wrong_window_from_the_right_one(tmp_path: Path) -> None:
    import json

    folder = recorder.write_model(tmp_path, "mqa")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"sliding_window": recorder.WINDOW + 1}))
    found = recorder.summary(np.asarray(logits(load_model(folder).model, recorder.tokens())))
    with np.load(recorder.FIXTURE) as recorded:
        assert np.abs(found["logits"] - recorded["mqa_logits"]).max() > 1e-2
