"""What a training run needs, found and checked before any device work: base, tokenizer, mesh, rows, disk."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.core.errors import UserError
from harness.core.hashing import stable_hash
from harness.core.progress import OnProgress, followed, quiet
from harness.core.reply.format import ResponseFormat
from harness.core.reply.presets import response_format
from sft.config import Config
from sft.data.enforce import Order
from sft.data.prepare import Prepared, all_rejected, prepare, without
from sft.data.samples import reject_sample
from sft.tokens.loader import check_batch
from sft.tokens.packing import Packed, pack, pad_batch
from sft.tokens.report import TokenReport, token_report
from sft.tokens.tokenise import TokenisedSample, tokenise
from sft.training.checkpoint import check_room
from sft.training.mesh import MeshShape, mesh_shape

if TYPE_CHECKING:
    from harness.gemma.model.layout import Sizes
    from harness.gemma.text.tokenizer import Tokenizer

_PAD_TO = 8
"""Unpacked rows are as long as the longest sample, rounded up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingInputs:
    """A run that can start."""

    config: Config
    base: Path
    """The local folder of the base model."""
    base_config: Mapping[str, Any]
    """Its config.json."""
    sizes: Sizes
    tokenizer: Tokenizer
    form: ResponseFormat
    mesh: MeshShape


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmData:
    """The rows of one arm."""

    prepared: Prepared
    train: Packed
    evaluation: Packed | None
    report: TokenReport


def training_inputs(config: Config, out: Path) -> TrainingInputs:
    """Find the base, read its small files, check everything that can be wrong. Raises UserError for what is."""
    import jax

    from harness.gemma.model import tunix_adapter
    from harness.gemma.model.config import max_positions, read_config, read_raw_config, text_config
    from harness.gemma.model.hub import resolve
    from harness.gemma.text.tokenizer import load_tokenizer

    tunix_adapter.require_tunix()
    source = resolve(config.model.base)
    if source.checkpoint or source.adapter:
        raise UserError(
            f"model.base {config.model.base} is a checkpoint or an adapter, not a whole model",
            tip="train on from the `model` folder that `harness train` exports.",
        )
    model_config = read_config(source.model)
    sizes = tunix_adapter.sizes_of(model_config)
    train = config.train
    _check_length(config, max_positions(source.model), source.model)
    shape = mesh_shape(
        jax.device_count(),
        heads=sizes.heads,
        kv_heads=sizes.kv_heads,
        batch_rows=train.batch_rows,
        micro_batches=train.micro_batches,
        fsdp=config.mesh.fsdp,
        tp=config.mesh.tp,
    )
    check_batch(train.batch_rows, train.micro_batches, jax.process_count(), shape.fsdp)
    check_room(out, sizes, full=train.method == "full", keep=train.keep)
    return TrainingInputs(
        config=config,
        base=source.model,
        base_config=text_config(read_raw_config(source.model)),
        sizes=sizes,
        tokenizer=load_tokenizer(source.model, embeddings=sizes.vocabulary, chat_template=config.model.chat_template),
        form=response_format(config.data.format),
        mesh=shape,
    )


def _check_length(config: Config, longest: int, base: Path) -> None:
    length = config.data.row_length if config.data.pack and config.data.row_length else config.data.max_length
    if config.data.max_length > longest:
        raise UserError(
            f"data.max_length is {length} tokens, but {base} was made for {longest}", tip=f"at most {longest}."
        )


def arms_data(inputs: TrainingInputs, on_progress: OnProgress = quiet) -> dict[Order, ArmData]:
    """Rows of every arm: prepared, tokenised, split into training and evaluation by id, packed.

    All arms hold the same questions: one that is too long in one order is left out of every arm.
    Raises UserError where nothing is left.
    """
    found = {order: _samples(inputs, order, on_progress) for order in inputs.config.train.arms}
    common = set.intersection(*({sample.id for sample in samples} for _, samples in found.values()))
    if not common:
        raise UserError("no sample is left that every arm can hold", tip="train.arms one by one show their rejects.")
    return {order: _arm_data(inputs, prepared, samples, common) for order, (prepared, samples) in found.items()}


def _samples(
    inputs: TrainingInputs, order: Order, on_progress: OnProgress
) -> tuple[Prepared, tuple[TokenisedSample, ...]]:
    from harness.core.task import PromptTemplate

    data = inputs.config.data
    prepared = prepare(
        data.source,
        inputs.form,
        verify=data.verify,
        order=order,
        template=PromptTemplate(response_format=inputs.form, prefill=data.prefill),
        language=data.language,
        near=data.near,
        limit=data.limit or None,
        on_progress=on_progress,
    )
    rendered = followed(prepared.samples, "tokenising", "samples", on_progress)
    samples, rejects = tokenise(rendered, inputs.tokenizer, data.max_length, data.weights)
    prepared = without(prepared, rejects, {sample.id for sample in samples})
    if not samples:
        raise all_rejected(prepared)
    return prepared, samples


def _arm_data(
    inputs: TrainingInputs, prepared: Prepared, samples: tuple[TokenisedSample, ...], common: Collection[str]
) -> ArmData:
    data = inputs.config.data
    lone = [one.sample for one in prepared.samples if one.sample.id not in common]
    rejects = [
        reject_sample(sample, "not_in_every_arm", "another order has no room for it", "tokens") for sample in lone
    ]
    prepared = without(prepared, rejects, common)
    samples = tuple(sample for sample in samples if sample.id in common)
    kept, held_out = split(samples, data.eval_share)
    row_length = data.row_length or data.max_length
    replies = (one.reply for one in prepared.samples)
    return ArmData(
        prepared=prepared,
        train=_rows(kept, row_length, packed=data.pack),
        evaluation=_rows(held_out, row_length, packed=data.pack) if held_out else None,
        report=token_report(samples, inputs.tokenizer, prepared.form, replies, row_length),
    )


def split(
    samples: tuple[TokenisedSample, ...], eval_share: float
) -> tuple[list[TokenisedSample], list[TokenisedSample]]:
    """Training and evaluation samples, by a hash of the id: the same in every arm and whatever else is in the data.

    Where a share is asked for, at least one sample is held out of two or more, and one is always trained on.
    """
    by_hash = sorted(samples, key=lambda sample: stable_hash(sample.id))
    n_below = sum(int(stable_hash(sample.id), 16) < 16**16 * eval_share for sample in samples)
    n_held_out = min(max(n_below, 1 if eval_share else 0), len(samples) - 1)
    held_out = {sample.id for sample in by_hash[:n_held_out]}
    kept = [sample for sample in samples if sample.id not in held_out]
    return kept, [sample for sample in samples if sample.id in held_out]


def _rows(samples: list[TokenisedSample], row_length: int, *, packed: bool) -> Packed:
    return pack(samples, row_length) if packed else pad_batch(samples, multiple_of=_PAD_TO)
