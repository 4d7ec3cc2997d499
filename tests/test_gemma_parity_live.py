"""Against transformers and PEFT themselves: logits, chat template, exported folders. Needs the `parity` extra."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gemma_models import copy_of, small_model
from test_gemma_export import ALPHA, TOKENS, adapted, base

from harness.core.records import Message, Prompt
from harness.gemma.load import load_model
from harness.gemma.model.export import export_adapter, export_model
from harness.gemma.model.tunix_adapter import logits
from harness.gemma.text.tokenizer import load_tokenizer
from harness.gemma.tiny import write_tiny_model

pytestmark = pytest.mark.slow


def transformers_model(folder: Path) -> Any:
    torch = pytest.importorskip("torch", reason="needs the parity extra: torch on the CPU")
    transformers = pytest.importorskip("transformers")
    return transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")


def transformers_logits(model: Any, tokens: np.ndarray) -> np.ndarray:
    import torch

    with torch.no_grad():
        return model(torch.tensor(tokens, dtype=torch.long)).logits.numpy()


@pytest.mark.parametrize(("heads", "kv_heads", "rope_scale"), [(4, 4, 1.0), (4, 2, 8.0), (4, 1, 1.0)])
def test_logits_equal_transformers(heads: int, kv_heads: int, rope_scale: float, tmp_path: Path) -> None:
    folder = write_tiny_model(
        tmp_path / "m", layers=13, window=32, heads=heads, kv_heads=kv_heads, rope_scale=rope_scale, seed=1
    )
    tokens = np.random.default_rng(0).integers(0, 1024, (2, 640))
    expected = transformers_logits(transformers_model(folder), tokens)
    found = np.asarray(logits(load_model(folder).model, tokens))
    assert np.abs(found - expected).max() < 1e-4
    assert (found.argmax(-1) == expected.argmax(-1)).all()


@pytest.mark.parametrize("file_bytes", [4 << 30, 50_000])
def test_transformers_reloads_an_export_to_the_same_logits(file_bytes: int, tmp_path: Path) -> None:
    model = load_model(base()).model
    out = export_model(model, tmp_path / "out", base=base(), dtype="float32", file_bytes=file_bytes)
    expected = np.asarray(logits(model, TOKENS))
    assert np.abs(transformers_logits(transformers_model(out), TOKENS) - expected).max() < 1e-4


def test_transformers_reloads_a_merged_export_to_the_adapted_logits(tmp_path: Path) -> None:
    out = export_model(adapted(), tmp_path / "out", base=base(), lora_alpha=ALPHA, dtype="float32")
    expected = np.asarray(logits(adapted(), TOKENS))
    assert np.abs(transformers_logits(transformers_model(out), TOKENS) - expected).max() < 1e-4


def test_peft_reads_an_exported_adapter(tmp_path: Path) -> None:
    original = transformers_model(base())
    peft = pytest.importorskip("peft")
    out = export_adapter(adapted(), tmp_path / "adapter", base=base(), lora_alpha=ALPHA)
    expected = np.asarray(logits(adapted(), TOKENS))
    with_adapter = peft.PeftModel.from_pretrained(original, str(out))
    assert np.abs(transformers_logits(with_adapter, TOKENS) - expected).max() < 1e-4


def test_an_adapter_that_peft_saved_loads_merged(tmp_path: Path) -> None:
    original = transformers_model(base())
    peft = pytest.importorskip("peft")
    import torch

    config = peft.LoraConfig(r=4, lora_alpha=12, use_rslora=True, target_modules=["q_proj", "v_proj", "down_proj"])
    tuned = peft.get_peft_model(original, config)
    torch.manual_seed(0)
    for name, parameter in tuned.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(parameter, std=0.1)
    tuned.save_pretrained(tmp_path / "adapter")
    found = np.asarray(logits(load_model(tmp_path / "adapter", base=base()).model, TOKENS))
    assert np.abs(transformers_logits(tuned, TOKENS) - found).max() < 1e-4


@pytest.mark.parametrize("tokenizer", ["json", "sentencepiece"])
def test_prompts_equal_transformers_chat_template(tokenizer: str, tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    folder = copy_of(small_model(), tmp_path / "m")
    ours = load_tokenizer(folder)
    if tokenizer == "sentencepiece":
        (tmp_path / "m" / "tokenizer.json").unlink()
        ours = load_tokenizer(folder)
        folder = small_model()
    theirs = transformers.AutoTokenizer.from_pretrained(folder)
    messages = (
        Message(role="system", content="Be brief. "),
        Message(role="user", content="  Natalia has  3 apples,\n\n\tand naïve 漢字 🙂 ones?"),
        Message(role="assistant", content="<reasoning>\n3\n</reasoning>"),
        Message(role="user", content="Why?"),
    )
    turns = [{"role": message.role, "content": message.content} for message in messages]
    expected = theirs.apply_chat_template(turns, add_generation_prompt=True, return_dict=True)["input_ids"]
    assert ours.render(Prompt(messages=messages)) == expected
    prefilled = [*turns, {"role": "assistant", "content": "<reasoning>\nSo"}]
    expected = theirs.apply_chat_template(prefilled, continue_final_message=True, return_dict=True)["input_ids"]
    assert ours.render(Prompt(messages=messages, prefill="<reasoning>\nSo")) == expected
