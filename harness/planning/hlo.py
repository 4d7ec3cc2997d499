"""What a compiled program moves: bytes through memory and between devices, read off its text.

The compiler's own count takes the body of a loop once, and our loss is a loop over chunks; so what a body moves is
counted here as often as it runs.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_ITEM_BYTES = {
    "pred": 1,
    "s4": 0.5,
    "u4": 0.5,
    "s8": 1,
    "u8": 1,
    "s16": 2,
    "u16": 2,
    "bf16": 2,
    "f16": 2,
    "s32": 4,
    "u32": 4,
    "f32": 4,
    "s64": 8,
    "u64": 8,
    "f64": 8,
    "c64": 8,
}
COLLECTIVES = ("all-gather", "all-reduce", "reduce-scatter", "all-to-all", "collective-permute")
_FREE = frozenset({"parameter", "constant", "get-tuple-element", "tuple", "bitcast", "while", "conditional", "call"})
"""Operations that move nothing themselves."""
_HEAD = re.compile(r"^(ENTRY )?%?(?P<name>[\w.\-]+) \(.*\{$")
_LINE = re.compile(r"^\s+(?P<root>ROOT )?%?(?P<name>[\w.\-]+) = (?P<rest>.*)$")
_OPERATION = re.compile(r"(?<=[\s)}\]])(?P<name>[a-z][\w\-]*)\((?P<operands>[^()]*)\)")
_ARRAY = re.compile(r"(?P<kind>[a-z]+\d+|pred)\[(?P<sizes>[\d,]*)\]")
_CALLED = re.compile(
    r"(?:calls|to_apply|body|condition|branch_computations|called_computations)=(?:\{([^}]*)\}|(%?[\w.\-]+))"
)
_TRIPS = re.compile(r'"known_trip_count":\{"n":"(\d+)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """One line of a computation."""

    name: str
    operation: str
    result: str
    """Its type as written."""
    operands: tuple[str, ...]
    attributes: str
    is_root: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """Bytes of one device."""

    network: Mapping[str, float]
    """Received from other devices, by operation."""
    repeated: float
    """Through memory, by what loop bodies run beyond the once that the compiler counts."""


def moved(text: str) -> Moved:
    """What the program's text says. `text` is a compiled module's, as `compiled.as_text()` gives it."""
    computations = dict(_computations(text))
    runs, in_fusion = _runs(computations)
    network: dict[str, float] = defaultdict(float)
    repeated = 0.0
    for name, lines in computations.items():
        for line in lines:
            operation = line.operation.removesuffix("-start")
            if operation in COLLECTIVES:
                network[operation] += runs[name] * received_bytes(line)
        if runs[name] > 1 and name not in in_fusion:
            repeated += (runs[name] - 1) * _body_bytes(lines)
    return Moved(network=dict(network), repeated=repeated)


def array_bytes(written: str) -> float:
    """Bytes of a type as HLO writes it, all arrays of a tuple together.

    >>> array_bytes("(f32[8,128]{1,0:T(8,128)}, bf16[2])"), array_bytes("pred[]")
    (4100.0, 1.0)
    """
    sizes = ((m["kind"], m["sizes"]) for m in _ARRAY.finditer(written))
    return float(sum(_ITEM_BYTES.get(kind, 4) * math.prod(map(int, filter(None, s.split(",")))) for kind, s in sizes))


def group_size(attributes: str) -> int:
    """Devices that take part together, from any of the three ways that HLO writes groups; 1 where none is written.

    >>> group_size("replica_groups={{0,1},{2,3}}"), group_size("replica_groups=[2,4]<=[8]")
    (2, 4)
    >>> group_size("replica_groups=mesh['axis_0'=2,'axis_1'=4] {'axis_1'}")
    4
    """
    if match := re.search(r"replica_groups=\{\{([\d,]+)\}", attributes):
        return len(match[1].split(","))
    if match := re.search(r"replica_groups=\[(\d+),(\d+)\]<=", attributes):
        return int(match[2])
    if match := re.search(r"replica_groups=mesh\[([^\]]*)\][^{]*\{([^}]*)\}", attributes):
        sizes = {name: int(size) for name, size in re.findall(r"'(\w+)'=(\d+)", match[1])}
        return math.prod(sizes[name] for name in re.findall(r"'(\w+)'", match[2]) if name in sizes)
    return 1


def received_bytes(line: Instruction) -> float:
    """What one device gets from the others in a ring, which is the least that each operation needs."""
    kind, size = line.operation.removesuffix("-start"), array_bytes(line.result)
    started = line.operation.endswith("-start")
    if kind == "collective-permute":
        return size / 2 if started else size  # a start's type holds operand and result
    n = group_size(line.attributes)
    if started and kind == "all-gather":
        size *= n / (n + 1)
    share = {"all-gather": 1 / n, "all-to-all": 1 / n, "all-reduce": 2 / n, "reduce-scatter": 1.0}[kind]
    return size * share * (n - 1)


def _computations(text: str) -> Iterator[tuple[str, list[Instruction]]]:
    name, lines = "", list[Instruction]()
    for line in text.splitlines():
        if match := _HEAD.match(line):
            name, lines = match["name"], []
        elif line.startswith("}") and name:
            yield name, lines
            name = ""
        elif name and (match := _LINE.match(line)):
            lines.append(_instruction(match))


def _instruction(match: re.Match[str]) -> Instruction:
    rest = match["rest"]
    head = rest.split(", metadata=")[0]
    found = _OPERATION.search(head)
    operation, operands, at = (found["name"], found["operands"], found.start()) if found else ("", "", len(head))
    return Instruction(
        name=match["name"],
        operation=operation,
        result=rest[:at],
        operands=tuple(re.findall(r"%([\w.\-]+)", operands)),
        attributes=rest[at:],
        is_root=bool(match["root"]),
    )


def _runs(computations: Mapping[str, list[Instruction]]) -> tuple[dict[str, float], set[str]]:
    """How often each computation runs, and which stand inside a fusion (or a reduction), where nothing is in memory."""
    callers: dict[str, list[tuple[str, float]]] = defaultdict(list)
    inside: set[str] = set()
    for name, lines in computations.items():
        for line in lines:
            trips = _trips(line, computations) if line.operation == "while" else 1.0
            for called in _called(line.attributes):
                callers[called].append((name, trips))
                if line.operation not in ("while", "conditional", "call") and not line.operation.startswith("async"):
                    inside.add(called)
    known: dict[str, float] = {}

    def runs(name: str) -> float:
        if name not in known:
            known[name] = 1.0  # against a cycle, which HLO does not have
            known[name] = sum(runs(caller) * trips for caller, trips in callers[name]) or 1.0
        return known[name]

    return {name: runs(name) for name in computations}, inside


def _called(attributes: str) -> list[str]:
    return [name.strip(" %") for match in _CALLED.finditer(attributes) for name in (match[1] or match[2]).split(",")]


def _trips(line: Instruction, computations: Mapping[str, list[Instruction]]) -> float:
    """Times that a loop runs where that is written: by the compiler, or as `i < constant`; else once."""
    if match := _TRIPS.search(line.attributes):
        return float(match[1])
    condition = re.search(r"condition=%?([\w.\-]+)", line.attributes)
    lines = computations.get(condition[1], []) if condition else []
    root = next((one for one in lines if one.is_root), None)
    if root is None or root.operation != "compare" or "direction=LT" not in root.attributes:
        return 1.0
    bounds = [re.search(r"constant\((\d+)\)", one.attributes) for one in lines if one.name in root.operands]
    return next((float(bound[1]) for bound in bounds if bound), 1.0)


def _body_bytes(lines: list[Instruction]) -> float:
    """Read and written by the operations of one computation."""
    sizes = {line.name: array_bytes(line.result) for line in lines}
    return sum(_line_bytes(line, sizes) for line in lines)


def _line_bytes(line: Instruction, sizes: Mapping[str, float]) -> float:
    if not line.operation or line.operation in _FREE or line.operation.endswith("-done"):
        return 0.0
    result, operands = sizes[line.name], [sizes.get(operand, 0.0) for operand in line.operands]
    label = f"{line.operation} {line.name}"
    if "dynamic-update-slice" in label:  # in place: the slice is read and written, not the whole
        return 2 * min((size for size in operands if 0 < size < result), default=result)
    if "dynamic-slice" in label:
        return 2 * result
    return result + sum(operands)
