"""What a compiled program moves: bytes through memory and between devices, read off its text.

The compiler's own count takes the body of a loop once, and our loss is a loop over chunks; so what a body moves is
counted here as often as it runs. A decode block is a loop whose end the data decides: what one pass of it moves is
told apart from what the block moves once.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.hardware.hlo import Instruction, array_bytes, called_by, computations, group_size, runs_of, trips

COLLECTIVES = ("all-gather", "all-reduce", "reduce-scatter", "all-to-all", "collective-permute")
_FREE = frozenset({"parameter", "constant", "get-tuple-element", "tuple", "bitcast", "while", "conditional", "call"})
"""Operations that move nothing themselves."""
_PARTS = frozenset({"dynamic-slice", "slice", "gather"})
"""Of their first operand they read no more than they give."""
_CALLS = frozenset({"fusion", "call"})
_NO_MEMORY = re.compile(r"(?:[a-z]+\d+|pred)\[[\d,]*\]\{[^}]*S\([1-9]\d*\)[^}]*\}")
"""An array that lies in the core's own memory, not in the device's."""

Program = Mapping[str, Sequence[Instruction]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """Bytes of one device."""

    network: Mapping[str, float]
    """Received from other devices, by operation."""
    repeated: float
    """Through memory, by what loop bodies run beyond the once that the compiler counts."""
    open_pass: float
    """Through memory, by one pass of the loops whose number of passes only the data decides."""


def moved(text: str) -> Moved:
    """What the program's text says. `text` is a compiled module's, as `compiled.as_text()` gives it."""
    program = computations(text)
    runs, in_fusion = runs_of(program)
    network: dict[str, float] = defaultdict(float)
    for name, lines in program.items():
        scattered = _scattered(lines) if name in in_fusion else ""
        for line in lines:
            operation = line.operation.removesuffix("-start")
            if operation == "all-reduce" and line.name == scattered:
                network["reduce-scatter"] += runs[name] * received_bytes(line) / 2
            elif operation in COLLECTIVES:
                network[operation] += runs[name] * received_bytes(line)
    memory = {name: _body_bytes(lines, program) for name, lines in program.items() if name not in in_fusion}
    return Moved(
        network=dict(network),
        repeated=sum((runs[name] - 1) * size for name, size in memory.items()),
        open_pass=sum(runs[name] * memory.get(name, 0.0) for name in _in_open_loops(program)),
    )


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


def _scattered(lines: Sequence[Instruction]) -> str:
    """The all-reduce of which a fused computation keeps only a slice: so the compiler for a TPU writes a
    reduce-scatter, which is the first half of an all-reduce."""
    root = next((one for one in lines if one.is_root), None)
    return root.operands[0] if root is not None and root.operation == "dynamic-slice" else ""


def _in_open_loops(program: Program) -> set[str]:
    """Computations that run within a loop of unknown length."""
    found: set[str] = set()
    waiting = [
        name
        for lines in program.values()
        for line in lines
        if line.operation == "while" and trips(line, program) is None
        for name in called_by(line.attributes)
    ]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [called for line in program.get(name, ()) for called in called_by(line.attributes)]
    return found


def _body_bytes(lines: Sequence[Instruction], program: Program) -> float:
    """Read and written by the operations of one computation."""
    by_name = {line.name: line for line in lines}
    return sum(_line_bytes(line, by_name, program) for line in lines)


def _line_bytes(line: Instruction, by_name: Mapping[str, Instruction], program: Program) -> float:
    if not line.operation or line.operation in _FREE or line.operation.endswith("-done"):
        return 0.0
    read = sum(
        _read(line, index, _memory_bytes(by_name[name].result), program)
        for index, name in enumerate(line.operands)
        if name in by_name
    )
    return read + _written(line, by_name, program)


def _read(line: Instruction, index: int, size: float, program: Program) -> float:
    """Of an operand of `size` bytes. A fusion that only slices it, or looks rows up in it, reads just these."""
    if not size:
        return 0.0
    if line.operation in _PARTS and index == 0:
        return min(size, array_bytes(line.result))
    if line.operation == "dynamic-update-slice" and index == 0:
        return 0.0  # in place
    if line.operation not in _CALLS:
        return size
    (called,) = called_by(line.attributes)[:1] or ("",)
    inner = program.get(called, ())
    given = next((one.name for one in inner if one.attributes.startswith(f"parameter({index})")), "")
    return _read_inside(given, inner, size, program) if given else size


def _read_inside(name: str, lines: Sequence[Instruction], size: float, program: Program) -> float:
    """Of what `name` stands for, by all that uses it in a fused computation."""
    total = 0.0
    for line in lines:
        for index, operand in enumerate(line.operands):
            if operand != name:
                continue
            if _only_renames(line, program):
                total += _read_inside(line.name, lines, size, program)
            elif line.operation != "tuple":
                total += _read(line, index, size, program)
    return min(size, total)


def _only_renames(line: Instruction, program: Program) -> bool:
    """Whether a line gives its operand on as it is: a bitcast, or a fusion that holds nothing else."""
    if line.operation != "fusion":
        return line.operation == "bitcast"
    (called,) = called_by(line.attributes)[:1] or ("",)
    return all(one.operation in ("parameter", "bitcast") for one in program.get(called, ()))


def _written(line: Instruction, by_name: Mapping[str, Instruction], program: Program) -> float:
    """By a line: its result, or what it changes of an array in place."""
    if line.operation == "dynamic-update-slice":
        update = by_name.get(line.operands[1]) if len(line.operands) > 1 else None
        return array_bytes(update.result if update else line.result)
    if line.operation in _CALLS and (called := called_by(line.attributes)):
        inner = program.get(called[0], ())
        root = next((one for one in inner if one.is_root), None)
        if root is not None:
            return min(_memory_bytes(line.result), _root_written(root, {one.name: one for one in inner}, program))
    return _memory_bytes(line.result)


def _root_written(root: Instruction, by_name: Mapping[str, Instruction], program: Program) -> float:
    if root.operation in ("tuple", "bitcast"):
        return sum(_root_written(by_name[name], by_name, program) for name in root.operands if name in by_name)
    if root.operation == "parameter":
        return 0.0
    return _written(root, by_name, program)


def _memory_bytes(written: str) -> float:
    """Bytes of a type that lie in the device's memory."""
    return array_bytes(_NO_MEMORY.sub("", written))
