"""What a trained arm leaves behind: a Hugging Face folder, LoRA's adapter, and a model card."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from harness._version import __version__
from harness.gemma.model.checkpoint import Origin, read_parameters, write_origin
from harness.gemma.model.config import max_positions
from harness.gemma.model.layout import parameters
from harness.gemma.model.peft import write_adapter
from sft.config import export_dtype
from sft.training.inputs import TrainingInputs

if TYPE_CHECKING:
    from harness.gemma.load import LoadedModel

MODEL, ADAPTER = "model", "adapter"


def export(inputs: TrainingInputs, step: Path, folder: Path) -> Path:
    """Write `folder`/model (LoRA merged) and, with LoRA, `folder`/adapter, from a checkpoint's step.

    From the checkpoint, because the weights in memory may be spread over hosts, and quantised: LoRA is merged into the
    base as it lies on the disk. An export that was cut off is replaced.
    """
    from harness.gemma.load import load_model
    from harness.gemma.model.export import export_model

    target, adapter = folder / MODEL, folder / ADAPTER
    for old in (target, adapter):
        shutil.rmtree(old, ignore_errors=True)
    if inputs.config.train.method != "full":
        wanted, alpha = parameters(inputs.sizes), inputs.config.lora.alpha
        write_adapter(adapter, read_parameters(step), wanted, base=str(inputs.base.resolve()), alpha=alpha)
    dtype = export_dtype(inputs.config, inputs.base_config)
    export_model(load_model(step).model, target, base=inputs.base, dtype=dtype)
    for made in (target, adapter) if adapter.is_dir() else (target,):
        write_origin(made, Origin(base=inputs.config.model.base, training_step=int(step.name)))
    return target


def loaded_for_decoding(inputs: TrainingInputs, model: Any) -> LoadedModel:
    """The model in training as the decode engine takes it, LoRA merged into the base on the disk."""
    from harness.gemma.load import LoadedModel, load_model
    from harness.gemma.model.export import export_adapter

    base = str(inputs.base)
    if inputs.config.train.method != "full":
        with TemporaryDirectory() as folder:
            export_adapter(model, folder, base=inputs.base.resolve(), lora_alpha=inputs.config.lora.alpha)
            return load_model(folder, base=base, chat_template=inputs.config.model.chat_template)
    return LoadedModel(
        model=model,
        config=model.config,
        tokenizer=inputs.tokenizer,
        fingerprint="in training",
        path=inputs.base,
        dtype="float32",
        max_positions=max_positions(inputs.base),
    )


def write_card(folder: Path, sections: Mapping[str, str]) -> Path:
    """Write README.md: what the model is, from what, on what, with which settings, and how it scored."""
    text = "\n\n".join(f"## {title}\n\n{body.strip()}" for title, body in sections.items())
    card = folder / "README.md"
    head = "---\nlibrary_name: transformers\npipeline_tag: text-generation\n---"
    card.write_text(f"{head}\n\nMade by reasoning-harness {__version__}.\n\n{text}\n", encoding="utf-8")
    return card
