"""Whether a configuration fits, what would fit instead, and which to take: pure decisions over figures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from harness.hardware.records import Figures
from harness.hardware.roofline import StepTime
from harness.hardware.topology import GIB, Chip

MARGIN = {"tpu": 0.15, "gpu": 0.0, "cpu": 0.0}
"""Added to the reported peak. On a TPU the quick optimisation level reports 8-12% less than the default one needs."""
SEEN = 0.25
"""Of the peak: what the default level, at which a run compiles, took beyond the quick one on a TPU where memory was in
use: 20 and 21% on eight chips, 0 to 8% on four (docs/internals/planning.md)."""
Remat = Literal["none", "block", "decoder"]
Method = Literal["full", "lora", "qlora"]
REMATS: tuple[Remat, ...] = ("none", "block", "decoder")
"""From the fastest to the leanest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What of a run may be chosen to make it fit."""

    method: Method
    remat: Remat
    batch_rows: int
    micro_batches: int
    fsdp: int
    tp: int

    @property
    def rows_a_device(self) -> int:
        """Of one micro-batch."""
        return self.batch_rows // self.micro_batches // self.fsdp

    def describe(self) -> str:
        """As settings.

        >>> Choice(method="lora", remat="none", batch_rows=32, micro_batches=2, fsdp=4, tp=1).describe()
        'lora, 32 rows in 2 micro-batches, remat none, mesh 4 x 1'
        """
        parts = f" in {self.micro_batches} micro-batches" if self.micro_batches > 1 else ""
        return f"{self.method}, {self.batch_rows} rows{parts}, remat {self.remat}, mesh {self.fsdp} x {self.tp}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Memory of one device."""

    needed_bytes: float
    """The peak and its margin."""
    capacity_bytes: float

    @property
    def fits(self) -> bool:
        """Whether the program has room."""
        return self.needed_bytes <= self.capacity_bytes

    @property
    def fits_narrowly(self) -> bool:
        """Whether a TPU's default level may need more than there is, as far as has been seen."""
        return self.fits and self.needed_bytes * (1 + SEEN) / (1 + MARGIN["tpu"]) > self.capacity_bytes

    @property
    def missing_bytes(self) -> float:
        """What there is too little; 0 where it fits."""
        return max(0.0, self.needed_bytes - self.capacity_bytes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A choice and what came of it."""

    choice: Choice
    verdict: Verdict
    update: StepTime
    """Of a whole update, all its micro-batches."""

    @property
    def row_seconds(self) -> float:
        """Of a row, by the slow end of the range: what choices are compared by."""
        return self.update.high / self.choice.batch_rows


def verdict(figures: Figures, chip: Chip) -> Verdict:
    """Weigh the peak against what a program can have."""
    return verdict_of(figures.peak_bytes, chip)


def verdict_of(peak_bytes: float, chip: Chip) -> Verdict:
    """Weigh a peak, with its margin."""
    return Verdict(needed_bytes=peak_bytes * (1 + MARGIN[chip.platform]), capacity_bytes=chip.hbm_gib * GIB)


def leaner(choice: Choice) -> Iterator[Choice]:
    """What to try instead of a choice that does not fit, nearest first: the same update in other words (rematerialised,
    in micro-batches), then LoRA, then a quantised base.

    >>> start = Choice(method="full", remat="none", batch_rows=16, micro_batches=1, fsdp=8, tp=1)
    >>> [one.describe() for one in leaner(start)][:3]
    ['full, 16 rows, remat decoder, mesh 8 x 1', 'full, 16 rows in 2 micro-batches, remat decoder, mesh 8 x 1', \
'lora, 16 rows, remat decoder, mesh 8 x 1']
    """
    methods: tuple[Method, ...] = ("full", "lora", "qlora")
    for method in methods[methods.index(choice.method) :]:
        for micro_batches in split_batches(choice):
            one = replace(choice, method=method, remat="decoder", micro_batches=micro_batches)
            if one != choice:
                yield one


def least_bytes(method: Method, n_parameters: float) -> float:
    """What the weights and their optimizer state take on all devices together, whatever the batch.

    >>> least_bytes("full", 1e9), least_bytes("lora", 1e9)
    (12000000000.0, 2000000000.0)
    """
    # float32 masters and two moments; a frozen bfloat16 base; one of 4 bits.
    return n_parameters * {"full": 12.0, "lora": 2.0, "qlora": 0.5}[method]


def split_batches(choice: Choice) -> list[int]:
    """Numbers of micro-batches, from the choice's own on, that share out over the devices."""
    rows = choice.batch_rows
    numbers = [choice.micro_batches * 2**i for i in range(12)]
    return [n for n in numbers if rows % (n * choice.fsdp) == 0] or [choice.micro_batches]


def meshes(n_devices: int, *, heads: int, kv_heads: int, rows: int) -> list[tuple[int, int]]:
    """(fsdp, tp) of `n_devices` that `heads`, `kv_heads` and the `rows` of a batch share out over; tp is at most 4.

    >>> meshes(8, heads=4, kv_heads=1, rows=32), meshes(8, heads=8, kv_heads=4, rows=4)
    ([(8, 1), (4, 2), (2, 4)], [(4, 2), (2, 4)])
    """
    found = []
    for tp in (1, 2, 4):
        fsdp, rest = divmod(n_devices, tp)
        if rest == 0 and fsdp and heads % tp == 0 and (kv_heads == 1 or kv_heads % tp == 0) and rows % fsdp == 0:
            found.append((fsdp, tp))
    return found


def recommend(outcomes: Iterable[Outcome]) -> Outcome | None:
    """The fastest that fits, by the slow end of its range; of those within 1%, the one with most room left."""
    fitting = [one for one in outcomes if one.verdict.fits]
    if not fitting:
        return None
    best = min(one.row_seconds for one in fitting)
    near = [one for one in fitting if one.row_seconds <= 1.01 * best]
    return min(near, key=lambda one: one.verdict.needed_bytes / one.verdict.capacity_bytes)


def reason(chosen: Outcome, others: Sequence[Outcome], n_too_large: int) -> str:
    """Why it is this one, in a sentence; `n_too_large` counts what did not fit, also what the compiler refused."""
    slower = [one for one in others if one.verdict.fits and one.choice != chosen.choice]
    parts = [
        f"needs {chosen.verdict.needed_bytes / GIB:.1f} of {chosen.verdict.capacity_bytes / GIB:.2f} GiB",
        f"bound by {chosen.update.bound_by}",
    ]
    if slower:
        nearest = min(slower, key=lambda one: one.row_seconds)
        ratio = nearest.row_seconds / chosen.row_seconds
        how = f"{ratio:.2f} times as fast as" if ratio > 1.01 else "leaner, and within 1% as fast as,"
        parts.append(f"{how} the next that fits ({nearest.choice.describe()})")
    if n_too_large:
        parts.append(f"{n_too_large} tried did not fit")
    return "; ".join(parts)
