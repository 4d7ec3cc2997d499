"""Accelerators by name: what a topology means, how much memory it has, how fast it can be at most."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from harness.core.errors import UserError, unknown_name

GIB = 2**30


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """One kind of accelerator. Speeds are the vendor's peaks; no program reaches them."""

    name: str
    platform: str
    """tpu, gpu or cpu."""
    teraflops: float
    """Dense bfloat16 products, 10^12 operations a second."""
    hbm_gib: float
    """What a program can have, after what the compiler and the runtime keep for themselves."""
    hbm_gb_per_second: float
    link_gb_per_second: float
    """Of one link between chips, one way; 0 where there is only one."""
    source: str
    """Where the figures are from."""
    kinds: tuple[str, ...] = ()
    """How JAX names it (`device_kind`)."""
    wraps_at: int = 0
    """Sides of this many chips (or a multiple) are closed to a ring; 0: never."""


_CLOUD = "cloud.google.com/tpu/docs/system-architecture-tpu-vm"
_LINKS = "jax-ml.github.io/scaling-book"
CHIPS: Mapping[str, Chip] = MappingProxyType(
    {
        chip.name: chip
        for chip in (
            Chip(
                name="v5e",
                platform="tpu",
                teraflops=197,
                hbm_gib=15.75,  # of 16: what the compiler says that it has
                hbm_gb_per_second=819,
                link_gb_per_second=45,
                source=f"{_CLOUD}, links: {_LINKS}",
                kinds=("TPU v5 lite", "TPU v5e"),
                wraps_at=16,
            ),
            Chip(
                name="v6e",
                platform="tpu",
                teraflops=918,
                hbm_gib=31.25,
                hbm_gb_per_second=1640,
                link_gb_per_second=90,
                source=f"{_CLOUD}, links: {_LINKS}",
                kinds=("TPU v6 lite", "TPU v6e"),
                wraps_at=16,
            ),
            Chip(
                name="v5p",
                platform="tpu",
                teraflops=459,
                hbm_gib=95,
                hbm_gb_per_second=2765,
                link_gb_per_second=90,
                source=f"{_CLOUD}, links: {_LINKS}",
                kinds=("TPU v5p", "TPU v5"),
                wraps_at=4,
            ),
            Chip(
                name="v4",
                platform="tpu",
                teraflops=275,
                hbm_gib=31.25,
                hbm_gb_per_second=1228,
                link_gb_per_second=45,
                source=f"{_CLOUD}, links: {_LINKS}",
                kinds=("TPU v4",),
                wraps_at=4,
            ),
        )
    }
)
SIDES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "v5e": ("1x1", "2x2", "2x4", "4x4", "4x8", "8x8", "8x16", "16x16"),
        "v6e": ("1x1", "2x2", "2x4", "4x4", "4x8", "8x8", "8x16", "16x16"),
        "v5p": ("2x2x1", "2x2x2", "2x2x4", "2x4x4", "4x4x4"),
        "v4": ("2x2x1", "2x2x2", "2x2x4", "2x4x4", "4x4x4"),
    }
)
"""Slices that are rented out, smallest first."""
_CORES_A_CHIP = MappingProxyType({"v4": 2, "v5p": 2})
"""Names such as v5p-8 count cores, where v5e-8 counts chips."""
_ALIASES = MappingProxyType({"v5litepod": "v5e", "v5lite": "v5e", "v5": "v5p", "trillium": "v6e", "v6litepod": "v6e"})
LOCAL = ("cpu", "gpu")
_SHAPED = re.compile(r"(?P<chip>[a-z0-9]+):(?P<sides>\d+x\d+(?:x\d+)?)")
_COUNTED = re.compile(r"(?P<chip>[a-z0-9]+?)(?:[-_:]|(?<=[a-z]))(?P<count>\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    """The devices that a program is compiled for."""

    name: str
    """As this harness writes it: v5e:2x4, cpu:1, gpu:1."""
    platform: str
    chip: str
    """A key of CHIPS; cpu or gpu for this machine's own."""
    sides: tuple[int, ...]

    @property
    def n_devices(self) -> int:
        """Chips of all sides."""
        return math.prod(self.sides)


def parse_topology(text: str) -> Topology:
    """A topology by any of its names: v5e:2x4, v5e-8, v5litepod-8, v5p-8 (it counts cores: four chips), cpu:8, gpu.

    >>> [parse_topology(name).name for name in ("v5litepod-8", "v5e8", "v5p-8", "CPU")]
    ['v5e:2x4', 'v5e:2x4', 'v5p:2x2x1', 'cpu:1']

    Raises UserError for a name that means nothing, with the nearest that does.
    """
    given = text.strip().lower()
    kind, _, count = given.partition(":")
    if kind in LOCAL and (not count or count.isdigit()):
        return _local(kind, int(count or 1))
    if match := _SHAPED.fullmatch(given):
        return _shaped(text, match["chip"], match["sides"])
    if match := _COUNTED.fullmatch(given):
        return _counted(text, match["chip"], int(match["count"]))
    raise unknown_name("topology", text, known_names(), tip=f"for example {', '.join(known_names()[:4])}, cpu or gpu.")


def known_names() -> list[str]:
    """Every slice that has a name here."""
    return [f"{chip}:{sides}" for chip, shapes in SIDES.items() for sides in shapes] + list(LOCAL)


def larger(topology: Topology) -> list[Topology]:
    """The slices of the same chip that are larger, smallest first."""
    shapes = SIDES.get(topology.chip, ())
    made = [_shaped(f"{topology.chip}:{sides}", topology.chip, sides) for sides in shapes]
    return [one for one in made if one.n_devices > topology.n_devices]


def chip_of_kind(device_kind: str) -> Chip | None:
    """The chip that JAX calls `device_kind`; None for one that is not listed."""
    return next((chip for chip in CHIPS.values() if device_kind in chip.kinds), None)


def links(topology: Topology) -> int:
    """Links of the chip that has fewest: a corner's, one a side, two where the side is closed to a ring."""
    wraps_at = CHIPS[topology.chip].wraps_at
    return max(1, sum(1 + (wraps_at > 0 and side % wraps_at == 0) for side in topology.sides if side > 1))


def shared(chip: Chip, n_devices: int) -> Chip:
    """What each of a CPU's simulated devices has: they are one machine."""
    parts = ("teraflops", "hbm_gib", "hbm_gb_per_second", "link_gb_per_second")
    return replace(chip, **{name: getattr(chip, name) / n_devices for name in parts})


def _local(kind: str, count: int) -> Topology:
    if count < 1:
        raise UserError(f"topology {kind}:{count} has no device")
    return Topology(name=f"{kind}:{count}", platform=kind, chip=kind, sides=(count,))


def _shaped(text: str, chip: str, sides: str) -> Topology:
    name = _chip(text, chip)
    same = [known for known in SIDES[name] if _long_sides(known) == _long_sides(sides)]
    if not same:
        raise unknown_name("topology", text, known_names(), tip=f"{name} comes as {', '.join(SIDES[name])}.")
    return Topology(name=f"{name}:{same[0]}", platform="tpu", chip=name, sides=tuple(map(int, same[0].split("x"))))


def _long_sides(sides: str) -> list[int]:
    """Sides in order of length, those of one chip left out: 4x2 and 2x4x1 are the same slice."""
    return sorted(n for n in map(int, sides.split("x")) if n != 1)


def _counted(text: str, chip: str, count: int) -> Topology:
    name = _chip(text, chip)
    n_chips = count / _CORES_A_CHIP.get(name, 1)
    for sides in SIDES[name]:
        if math.prod(map(int, sides.split("x"))) == n_chips:
            return _shaped(text, name, sides)
    cores = f" ({name}-N counts {_CORES_A_CHIP[name]} cores a chip)" if name in _CORES_A_CHIP else ""
    raise UserError(f"no slice of {name} is called {text!r}{cores}", tip=f"{name} comes as {', '.join(SIDES[name])}.")


def _chip(text: str, chip: str) -> str:
    name = _ALIASES.get(chip, chip)
    if name not in CHIPS:
        raise unknown_name("topology", text, known_names(), tip=f"chips: {', '.join(CHIPS)}; or cpu, gpu.")
    return name
