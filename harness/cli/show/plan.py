"""What `harness plan` prints: progress to standard error, tables to standard output."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.hardware.compile import OnDone
    from harness.hardware.records import Compiled, Job
    from harness.hardware.roofline import StepTime
    from sft.planning.document import DecodePlan, PlanDocument, TrainingPlan

GIB = 2**30
NOT_VALIDATED = (
    "Step times are rooflines: the low end if compute, memory and network overlap wholly at the vendor's peaks, the "
    "high end if they do not at all. Neither has been confirmed on a TPU; real runs are slower than the low end."
)


def printed_jobs(*, tells: bool) -> OnDone:
    """A line on standard error for every program that is done, unless nothing is told."""
    began = time.perf_counter()

    def show(job: Job, compiled: Compiled, done: int, total: int) -> None:
        outcome = "from an earlier plan" if compiled.cached else f"{time.perf_counter() - began:.0f} s so far"
        refused = ", does not fit" if compiled.too_large else ""
        print(f"{done}/{total} compiled: {job_label(job)}{refused} ({outcome})", file=sys.stderr, flush=True)

    return show if tells else lambda job, compiled, done, total: None


def job_label(job: Job) -> str:
    """A job in few words."""
    given = job.arguments
    if "train" in given:
        train = given["train"]
        what = f"{train['method']} update of {train['batch_rows']} rows, remat {train['remat']}"
    else:
        what = f"decode step of {given['rows']} rows a device"
    return f"{job.topology}, mesh {job.fsdp} x {job.tp}, {what}, {job.layers} layers"


def print_plan(document: PlanDocument) -> None:
    """Tables, and under them what they rest on."""
    from harness.cli.show.console import out
    from harness.hardware.topology import parse_topology

    console = out()
    for line in _heading(document):
        console.print(line, markup=False)
    if document.training:
        console.print("\nMemory of one device, GiB", style="bold")
        console.print(_memory_table(document.training))
        for made in document.training:
            if not made.verdict.fits:
                console.print(does_not_fit(made), markup=False)
            elif made.verdict.fits_narrowly and not document.as_run and parse_topology(made.topology).platform == "tpu":
                console.print(fits_narrowly(made), markup=False)
        console.print("An update, on one device", style="bold")
        console.print(_update_table(document.training))
        console.print("All updates", style="bold")
        console.print(_run_table(document.training))
    if document.decoding:
        spans = sorted({one.span for one in document.decoding})
        console.print(f"Decoding, rows of at most {', '.join(map(str, spans))} tokens", style="bold")
        console.print(_decode_table(document.decoding))
        for decoding in document.decoding:
            if not decoding.verdict.fits:
                console.print(rows_do_not_fit(decoding), markup=False)
        for line in _task_lines(document):
            console.print(line, markup=False)
    for search in document.searches:
        chosen = search.chosen or "nothing"
        console.print(f"{search.topology}: of {search.tried} tried, take {chosen}: {search.reason}.", markup=False)
        if search.settings:
            pairs = " ".join(f"--set {key}={value}" for key, value in search.settings.items())
            console.print(f"  {pairs}", markup=False)
    console.print()
    for line in _grounds(document):
        console.print(line, markup=False)


def does_not_fit(made: TrainingPlan) -> str:
    """How much is missing, and what fits instead."""
    missing = made.verdict.missing_bytes / GIB
    return (
        f"{made.topology}, {made.choice.describe()}: {missing:.2f} GiB too little on each device. "
        f"Nearest that fits: {made.nearest or '–'}."
    )


def fits_narrowly(made: TrainingPlan) -> str:
    """That the room may not be there when a run compiles it."""
    return (
        f"{made.topology}, {made.choice.describe()}: fits narrowly. A run compiles at the default level, which has "
        "taken up to 21% more on eight chips than the quick one of a plan: see with --as-run, or take fewer rows."
    )


def rows_do_not_fit(made: DecodePlan) -> str:
    """How much is missing for the rows that were asked for."""
    missing = made.verdict.missing_bytes / GIB
    return f"{made.topology}, {made.rows} rows a device: {missing:.2f} GiB too little on each device; fewer: --rows."


def _heading(document: PlanDocument) -> list[str]:
    length: Mapping[str, Any] = document.length
    rows = document.settings.get("train", {}).get("batch_rows")
    steps = f"{length['steps']:,} updates of {rows} rows" if length["steps"] else "updates unknown: set train.steps"
    arms = f" x {length['n_arms']} arms" if length["n_arms"] > 1 else ""
    return [
        f"{document.model}: {document.layers} layers, rows of {length['row_length']} tokens",
        f"{steps}{arms} ({length['how']}: {length['about']})",
    ]


def _grounds(document: PlanDocument) -> list[str]:
    depths = document.compiled_layers
    lines = []
    if len(depths) > 1:
        lines.append(
            f"Figures of {document.layers} layers lie on the line through compiled ones of {depths[0]} and "
            f"{depths[1]}, which strays where rows are many; without --quick all are compiled."
        )
    level = "for what else a run keeps there" if document.as_run else "because it is asked to optimise quickly"
    lines.append(f"Peak with margin: the compiler's, and 15% on a TPU, {level}.")
    lines.append(NOT_VALIDATED)
    for name, chip in document.chips.items():
        link = f", link {chip['link_gb_per_second']:.4g} GB/s" if chip["platform"] == "tpu" else ""
        among = ", shared by its simulated devices" if chip["platform"] == "cpu" else ""
        lines.append(
            f"{name}: {chip['teraflops']:.4g} TFLOP/s, {chip['hbm_gb_per_second']:.4g} GB/s, "
            f"{chip['hbm_gib']:.4g} GiB{link}{among} ({chip['source']})"
        )
    return lines


def _memory_table(plans: tuple[TrainingPlan, ...]) -> Any:
    from harness.cli.show.console import table

    right = ("given", "temporary", "peak", "with margin", "of")
    made = table("topology", "training", "fits", *right, right=right)
    for one in plans:
        verdict, figures = one.verdict, one.figures
        parts = (
            [f"{n / GIB:.2f}" for n in (figures.arguments_bytes, figures.temporaries_bytes, figures.peak_bytes)]
            if figures
            else ["–"] * 3
        )
        sums = (f"{verdict.needed_bytes / GIB:.2f}", f"{verdict.capacity_bytes / GIB:.2f}")
        made.add_row(one.topology, one.choice.describe(), "yes" if verdict.fits else "NO", *parts, *sums)
    return made


def _update_table(plans: Sequence[TrainingPlan]) -> Any:
    from harness.cli.show.console import table

    right = ("TFLOP", "memory GB", "network GB", "update ms")
    made = table("topology", "training", "bound by", *right, right=right)
    for one in plans:
        if one.update is None or one.figures is None:
            continue
        parts = one.choice.micro_batches
        moved = [f"{parts * n / 1e9:.1f}" for n in (one.figures.accessed_bytes, one.figures.network_bytes)]
        flops = f"{one.flops / 1e12:.1f}"
        made.add_row(one.topology, _short(one), one.update.bound_by, flops, *moved, _range_ms(one.update))
    return made


def _run_table(plans: Sequence[TrainingPlan]) -> Any:
    """Apart from the update: together they are wider than a terminal of 80 columns."""
    from harness.cli.show.console import table

    right = ("updates", "tokens/s", "time", "device-hours")
    made = table("topology", "training", *right, right=right)
    for one in plans:
        if one.update is None:
            continue
        run = one.run_seconds
        made.add_row(
            one.topology,
            _short(one),
            "–" if one.updates is None else f"{one.updates:,}",
            _rate(one.tokens, one.update),
            "–" if run is None else f"{clock(run[0])} to {clock(run[1])}",
            "–" if one.device_hours is None else _range_hours(*one.device_hours),
        )
    return made


def _short(one: TrainingPlan) -> str:
    return f"{one.choice.method}, {one.choice.batch_rows} rows"


def _decode_table(plans: tuple[DecodePlan, ...]) -> Any:
    from harness.cli.show.console import table

    right = ("rows", "GiB", "of", "memory GB", "step ms", "tokens/s")
    made = table("topology", "bound by", *right, right=right)
    for one in plans:
        rows = one.rows * one.n_devices
        made.add_row(
            one.topology,
            one.step.bound_by,
            f"{one.n_devices} x {one.rows}",
            f"{one.verdict.needed_bytes / GIB:.2f}",
            f"{one.verdict.capacity_bytes / GIB:.2f}",
            f"{one.figures.accessed_bytes / 1e9:.2f}",
            _range_ms(one.step),
            _rate(rows, one.step),
        )
    return made


def _task_lines(document: PlanDocument) -> list[str]:
    """At most: every reply as long as its budget; base and each arm are evaluated."""
    models = 1 + int(document.length["n_arms"])
    return [
        f"{made.topology}: {task.task}, {task.docs:,} docs of at most {task.max_new_tokens} new tokens, "
        f"{models} models: at most {clock(models * task.low_seconds)} to {clock(models * task.high_seconds)}"
        for made in document.decoding
        for task in made.tasks
    ]


def _range_ms(step: StepTime) -> str:
    digits = 1 if step.high < 0.1 else 0
    return f"{1e3 * step.low:,.{digits}f} to {1e3 * step.high:,.{digits}f}"


def _range_hours(low: float, high: float) -> str:
    """As many digits as the shorter runs need.

    >>> _range_hours(0.064, 0.098), _range_hours(0.4, 1.21)
    ('0.06 to 0.10', '0.4 to 1.2')
    """
    digits = 2 if high < 1 else 1 if high < 100 else 0
    return f"{low:,.{digits}f} to {high:,.{digits}f}"


def _rate(tokens: float | None, step: StepTime) -> str:
    return "–" if tokens is None else f"{rounded(tokens / step.high)} to {rounded(tokens / step.low)}"


def rounded(number: float) -> str:
    """Three digits, so that no terminal cuts off more.

    >>> rounded(950.4), rounded(64274.0), rounded(999_960.0), rounded(2_666_667.0)
    ('950', '64.3k', '1.00M', '2.67M')
    """
    kept = float(f"{number:.3g}")
    unit, name = (1e6, "M") if kept >= 1e6 else (1e3, "k") if kept >= 1e3 else (1.0, "")
    return f"{kept / unit:#.3g}".rstrip(".") + name


def clock(seconds: float) -> str:
    """A duration in the two largest units.

    >>> clock(42.4), clock(95), clock(7380), clock(200000)
    ('42 s', '1 min 35 s', '2 h 3 min', '55 h 33 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
