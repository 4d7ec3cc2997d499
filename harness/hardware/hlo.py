"""The text of a compiled program (HLO) as records: its computations, how often each runs, the sizes of arrays."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
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


def computations(text: str) -> dict[str, list[Instruction]]:
    """Every computation's lines, by its name. `text` is a compiled module's, as `compiled.as_text()` gives it."""
    return dict(_computations(text))


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


def runs_of(computations: Mapping[str, list[Instruction]]) -> tuple[dict[str, float], set[str]]:
    """How often each computation runs, and which stand inside a fusion (or a reduction), where nothing is in memory."""
    callers: dict[str, list[tuple[str, float]]] = defaultdict(list)
    inside: set[str] = set()
    for name, lines in computations.items():
        for line in lines:
            times = (trips(line, computations) or 1.0) if line.operation == "while" else 1.0
            for called in called_by(line.attributes):
                callers[called].append((name, times))
                if line.operation not in ("while", "conditional", "call") and not line.operation.startswith("async"):
                    inside.add(called)
    known: dict[str, float] = {}

    def runs(name: str) -> float:
        if name not in known:
            known[name] = 1.0  # against a cycle, which HLO does not have
            known[name] = sum(runs(caller) * times for caller, times in callers[name]) or 1.0
        return known[name]

    return {name: runs(name) for name in computations}, inside


def called_by(attributes: str) -> list[str]:
    """Names of the computations that a line calls."""
    return [name.strip(" %") for match in _CALLED.finditer(attributes) for name in (match[1] or match[2]).split(",")]


def trips(line: Instruction, computations: Mapping[str, Sequence[Instruction]]) -> float | None:
    """Times that a loop runs where that is written: by the compiler, or as `i < constant`; else None."""
    if match := _TRIPS.search(line.attributes):
        return float(match[1])
    condition = re.search(r"condition=%?([\w.\-]+)", line.attributes)
    lines = computations.get(condition[1], []) if condition else []
    root = next((one for one in lines if one.is_root), None)
    if root is None or root.operation != "compare" or "direction=LT" not in root.attributes:
        return None
    bounds = [re.search(r"constant\((\d+)\)", one.attributes) for one in lines if one.name in root.operands]
    return next((float(bound[1]) for bound in bounds if bound), None)
