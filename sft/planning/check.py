"""`harness train --plan`: a plan laid beside the run, and compared with what the run measured on that hardware."""

from __future__ import annotations

import json
import shutil
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sft.config import Config
    from sft.training.arms import TrainedArm
    from sft.training.checked import Check

UNTIMED = 2
"""Updates at the start that compile."""


def store(plan: Path, folder: Path) -> None:
    """Copy a plan into a run folder. Raises UserError for a file that is no plan."""
    from sft.planning.document import FILE, read_plan

    read_plan(plan)
    folder.mkdir(parents=True, exist_ok=True)
    if plan.resolve() != (folder / FILE).resolve():
        shutil.copyfile(plan, folder / FILE)


def check(config: Config, folder: Path, arms: Sequence[TrainedArm]) -> list[Check]:
    """The run's plan against each arm, also written to plan_check.json; none without a plan for these devices."""
    import jax

    from harness.core.codec import encode
    from sft.planning.document import CHECK_FILE, FILE, Ran, matching, read_plan
    from sft.training.checked import Check

    if not (folder / FILE).is_file():
        return []
    device, train = jax.devices()[0], config.train
    ran = Ran(
        model=config.model.base,
        method=train.method,
        remat=train.remat,
        batch_rows=train.batch_rows,
        micro_batches=train.micro_batches,
        row_length=config.data.row_length or config.data.max_length,
        device_kind=device.device_kind,
        n_devices=jax.device_count(),
    )
    planned = matching(read_plan(folder / FILE), ran)
    if planned is None or planned.figures is None or planned.update is None:
        return []
    made = [
        Check(
            topology=planned.topology,
            planned_peak_bytes=planned.figures.peak_bytes,
            measured_peak_bytes=arm.peak_bytes,
            planned_update_seconds=(planned.update.low, planned.update.high),
            measured_update_seconds=update_seconds(arm),
            whole_process=device.platform == "cpu",
        )
        for arm in arms
    ]
    document = {arm.order: encode(one) | {"peak_error": one.peak_error} for arm, one in zip(arms, made, strict=True)}
    (folder / CHECK_FILE).write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return made


def update_seconds(arm: TrainedArm) -> float | None:
    """Of a usual update: mean tokens over the median speed, those that compile left out; None for a run too short."""
    from harness.store.beside import TRAINING_METRICS, read_metrics

    rows = [row for row in read_metrics(arm.folder / TRAINING_METRICS) if row.get("tokens_per_second")]
    speeds = [float(row["tokens_per_second"]) for row in rows[UNTIMED:]]
    return arm.tokens / arm.steps / statistics.median(speeds) if speeds and arm.steps else None


def compared(config: Config, folder: Path, arms: Sequence[TrainedArm]) -> tuple[Check, ...] | None:
    """What came of comparing the plan in `folder` with the run of `config` and its `arms`, which is told; None where no
    plan lies there."""
    from harness.core.notices import remark
    from sft.planning.document import FILE, read_plan

    if not (folder / FILE).is_file():
        return None
    made = check(config, folder, arms)
    for one in made:
        remark(one.describe())
    if not made:
        document = read_plan(folder / FILE)
        planned = "; ".join(f"{one.topology}: {one.choice.describe()}" for one in document.training) or "nothing"
        remark(f"the plan of {document.model} is for {planned}: this run was on other devices, or set otherwise")
    return tuple(made)
