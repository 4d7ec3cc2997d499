"""Tunix's checkpoints (orbax): find the step, refuse unfinished saves, read the parameters as plain arrays."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness.core.errors import UserError
from harness.gemma.model import lora
from harness.gemma.model.layout import Parameter, ParameterPath, Shape, Tensor
from harness.store.files import read_json

UNFINISHED = ".orbax-checkpoint-tmp"
PARAMETERS = "model_params"
RECORD_NAME = "harness_model.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What a model cannot say of itself; `harness_model.json` beside a checkpoint's steps, or in an export, says it."""

    base: str
    """The model that training started from: config, tokenizer, and the weights that LoRA adapts."""
    lora_alpha: float | None = None
    training_step: int | None = None
    """The update that an export was made after; a step's own folder is named for it."""


def write_origin(root: str | Path, origin: Origin) -> None:
    """Record what the checkpoints under `root` were trained from, so that the folder alone can be loaded; or what the
    export in `root` came from."""
    Path(root).mkdir(parents=True, exist_ok=True)
    record = {name: value for name, value in asdict(origin).items() if value is not None}
    (Path(root) / RECORD_NAME).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def read_origin(step: Path) -> Origin | None:
    """The origin of a step's checkpoint folder, or None where nobody recorded it."""
    record = step.parent / RECORD_NAME
    if not record.is_file():
        return None
    value = read_json(record)
    base = str(value.get("base", ""))
    beside = step.parent / base
    alpha = value.get("lora_alpha")
    return Origin(
        base=str(beside) if base and beside.is_dir() else base, lora_alpha=None if alpha is None else float(alpha)
    )


def training_step(folder: Path) -> int | None:
    """After which update of its training a step's folder or an export was written; None for any other model."""
    if folder.name.isdigit() and (folder / PARAMETERS).is_dir():
        return int(folder.name)
    record = folder / RECORD_NAME
    found = read_json(record).get("training_step") if record.is_file() else None
    return found if isinstance(found, int) else None


def find_step(folder: Path) -> Path | None:
    """The step folder that `folder` means: itself, or the latest finished step in it; None where it holds no steps.

    Raises UserError where the only thing there is a save that never finished.
    """
    if UNFINISHED in folder.name:
        raise UserError(f"{folder} is an unfinished save", tip="use an earlier step; this one can be deleted.")
    if (folder / PARAMETERS).is_dir():
        _check_finished(folder)
        return folder
    steps = sorted((d for d in folder.iterdir() if d.name.isdigit() and d.is_dir()), key=lambda d: int(d.name))
    if steps:
        _check_finished(steps[-1])
        return steps[-1]
    unfinished = sorted(d.name for d in folder.iterdir() if UNFINISHED in d.name)
    if unfinished:
        raise UserError(
            f"{folder} holds only an unfinished save ({unfinished[-1]})", tip="training was cut off; train again."
        )
    return None


def _check_finished(step: Path) -> None:
    """Orbax renames a save when it is complete and writes its metadata last; a copy can still be cut off."""
    partial = [d.name for d in step.iterdir() if UNFINISHED in d.name]
    if partial or not (step / PARAMETERS / "_METADATA").is_file():
        what = partial[0] if partial else f"{PARAMETERS}/_METADATA is missing"
        raise UserError(
            f"{step} is an unfinished save ({what})",
            tip="give an earlier step: the folder that holds the steps lists them.",
        )


def stored_shapes(step: Path) -> dict[ParameterPath, Shape]:
    """Path and shape of every parameter in a step, without reading them."""
    return {path: tuple(leaf.shape) for path, leaf in stored(step / PARAMETERS).items()}


def read_parameters(step: Path) -> dict[ParameterPath, Tensor]:
    """Every parameter of a step, on the host, in its stored type, whatever mesh saved it."""
    return restore(step / PARAMETERS)


def check(shapes: Mapping[ParameterPath, Shape], wanted: list[Parameter], step: Path) -> bool:
    """Raises UserError for missing, unknown or misshapen parameters; returns whether the base's weights are needed."""
    by_path = {p.path: p for p in wanted}
    adapters = [path for path in shapes if lora.is_lora(path)]
    own = [path for path in shapes if not lora.is_lora(path)]
    if unknown := [lora.dotted(path) for path in own if path not in by_path]:
        raise UserError(f"{step} holds {', '.join(unknown[:4])}, which the base model's config.json has no place for")
    for path in own:
        if shapes[path] != by_path[path].shape:
            raise UserError(
                f"{lora.dotted(path)} in {step} has shape {shapes[path]}; the base model has {by_path[path].shape}",
                tip="the checkpoint was trained from another base model.",
            )
    lora.check(shapes, by_path, step)
    absent = [lora.dotted(path) for path in by_path if path not in shapes]
    if absent and (own or not adapters):
        raise UserError(f"{step} lacks {', '.join(absent[:4])} and {max(0, len(absent) - 4)} more")
    return bool(absent)


def stored(folder: Path) -> dict[ParameterPath, Any]:
    """Orbax's metadata (shape, dtype) of every array in a folder, by path. Raises UserError where it has none."""
    return _flat(_metadata(folder))


def restore(folder: Path) -> dict[ParameterPath, Tensor]:
    """Every array in a folder, by path, on the host."""
    import jax
    import numpy as np
    import orbax.checkpoint as ocp

    as_numpy = jax.tree.map(lambda _: ocp.RestoreArgs(restore_type=np.ndarray), _metadata(folder))
    with _reader() as reader, _without_warnings():
        return _flat(reader.restore(folder.resolve(), args=ocp.args.PyTreeRestore(restore_args=as_numpy)))


def _reader() -> Any:
    """Reads alone: by default every process of a group would have to read at the same time."""
    import jax
    import orbax.checkpoint as ocp

    own = jax.process_index()
    alone = ocp.options.MultiprocessingOptions(
        primary_host=own, active_processes={own}, barrier_sync_key_prefix=f"reader{own}"
    )
    handler = ocp.PyTreeCheckpointHandler(multiprocessing_options=alone)
    return ocp.Checkpointer(handler, multiprocessing_options=alone)


@contextmanager
def _without_warnings() -> Iterator[None]:
    """Orbax warns of a file of its own that Tunix's manager never writes into a step's folders."""
    logger = logging.getLogger("absl")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


def _metadata(folder: Path) -> Any:
    with _reader() as reader, _without_warnings():
        try:
            found = reader.metadata(folder.resolve()).item_metadata
        except (ValueError, OSError, KeyError) as error:
            raise UserError(f"{folder} cannot be read as an orbax checkpoint: {error}") from error
    if found is None:
        raise UserError(f"{folder} cannot be read as an orbax checkpoint: it has no metadata")
    return found.tree


def _flat(tree: Any) -> dict[ParameterPath, Any]:
    """Leaves by path as nnx spells it: layer numbers as integers, without orbax's trailing 'value'."""
    import jax

    leaves, _ = jax.tree_util.tree_flatten_with_path(tree)
    return {_path(keys): leaf for keys, leaf in leaves}


def _path(keys: tuple[Any, ...]) -> ParameterPath:
    names = [str(getattr(key, "key", key)) for key in keys]
    if names[-1] == "value":
        names.pop()
    return tuple(int(name) if name.isdigit() else name for name in names)
