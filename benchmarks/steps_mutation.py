"""One digit of one result changed: does the checker blame that step, and no step of the solution as it was?

    python benchmarks/steps_mutation.py                  # every set; HARNESS_SHARED_DATA or ../shared/data has the data
    python benchmarks/steps_mutation.py --sets gsm8k --solutions 300 --seed 1
    python benchmarks/steps_mutation.py --misses 20      # also what was missed, by the rule that let it pass
    python benchmarks/steps_mutation.py --blame          # also every blamed statement of unchanged solutions

Sets: GSM8K's test and train solutions without their annotations and `####`, MATH-500's solutions, and GSM-Symbolic's
100 templates where the package reasoning-gym is installed.

A result is a number right behind an equals sign that has a calculation in digits, without unknowns, before it. It is
found without the checker's own grammar. In each solution one result is drawn (the first, the last, any), and one digit
of it is changed.

at step     the first step blamed is the one with the changed digit
elsewhere   another step is blamed first
missed      no step is blamed
false blame statements of the unchanged solutions that are called invalid; each is to be read
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.stats.intervals import wilson
from tasks.scoring.steps import SolutionCheck, check_solution, step_spans

REPO = Path(__file__).resolve().parent.parent
POSITIONS = ("random", "first", "last")
N_SYMBOLIC = 1000
"""Solutions drawn from the 100 templates of GSM-Symbolic."""
_ANNOTATION = re.compile(r"<<[^>]*>>")
_SIGN = r"(?:[-+*/×÷−x]|\\(?:times|cdot|div)|\^)"
_RESULT = re.compile(r"(?P<left>[^=\n<>≈]{3,120})=\s*(?:\\?\$)?\s*(?P<number>\d+(?:,\d{3})*(?:\.\d+)?)(?![\d.,]*\d)")
_CALCULATION = re.compile(rf"\d\D{{0,30}}?{_SIGN}\s*[({{$\\a-z]*\s*[\d.]")
_GOES_ON = re.compile(rf"\s*(?:[A-Za-z$]+\s*)?{_SIGN}\s*\(?\$?[\d(]|\s*(?:\\?%|/|:|\^|!|\\%)|[a-zA-Z_]*[({{\\]")
"""Behind a number that only begins a longer calculation."""
_UNKNOWN = re.compile(r"\d[a-wyzA-Z]\b|(?<![\w\\'’])(?:[b-wyzB-HJ-Z]\b|x\b(?!\s*\$?[\d(.]))|\dx\b(?!\s*\$?[\d(.])")
"""A letter that stands for an unknown: `3x + 4 = 13` is an equation, no result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """A worked solution that nobody changed."""

    id: str
    question: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A solution with one digit of one result changed, and what the checker said."""

    id: str
    outcome: str
    """'at step', 'elsewhere' or 'missed'."""
    rule: str
    """What the checker said of the changed statement."""
    line: str
    """The changed line."""


def main() -> None:
    """Print the tables that the arguments ask for."""
    arguments = _arguments()
    print(
        "| set | solutions | result | changed | found at its step | elsewhere | missed |\n|---|---|---|---|---|---|---|"
    )
    blamed: list[str] = []
    unchanged: list[str] = []
    missed: list[Mutant] = []
    for name in arguments.sets.split(","):
        solutions = _drawn(SETS[name](arguments.data), arguments.solutions, arguments.seed)
        for position in POSITIONS:
            mutants = [m for s in solutions if (m := mutate(s, position, arguments.seed)) is not None]
            print(_row(name, len(solutions), position, mutants))
            missed.extend(m for m in mutants if m.outcome != "at step")
        unchanged.append(_unchanged_row(name, solutions, blamed))
    print("\n| set, unchanged | statements | decided | blamed |\n|---|---|---|---|", *unchanged, sep="\n")
    _print_misses(missed, arguments.misses)
    if arguments.blame:
        print("\nBlamed in unchanged solutions\n", *blamed, sep="\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    default = Path(os.environ.get("HARNESS_SHARED_DATA", REPO.parent / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=default, help="folder with gsm8k/ and math500.jsonl")
    parser.add_argument("--sets", default="gsm8k,math500,gsm_symbolic", help=f"of {', '.join(SETS)}")
    parser.add_argument("--solutions", type=int, default=0, help="draw so many of each set; 0: all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--misses", type=int, default=0, help="missed lines to print for each rule")
    parser.add_argument("--blame", action="store_true", help="print every blamed statement of unchanged solutions")
    return parser.parse_args()


def _drawn(solutions: list[Solution], count: int, seed: int) -> list[Solution]:
    return random.Random(seed).sample(solutions, count) if 0 < count < len(solutions) else solutions


# --- solutions ----------------------------------------------------------------------------------------


def _gsm8k(split: str) -> Callable[[Path], list[Solution]]:
    return lambda data: [
        Solution(id=row["id"], question=row["question"], text=_without_marks(row["solution"]))
        for row in _read(data / "gsm8k" / f"{split}.jsonl")
    ]


def _without_marks(solution: str) -> str:
    """The solution as a model writes it: no annotations, no `#### 18`."""
    return _ANNOTATION.sub("", solution.partition("####")[0]).strip()


def _math500(data: Path) -> list[Solution]:
    return [
        Solution(id=row["id"], question=row["question"], text=row["solution"]) for row in _read(data / "math500.jsonl")
    ]


def _gsm_symbolic(data: Path) -> list[Solution]:
    try:
        import reasoning_gym
    except ImportError:
        print("gsm_symbolic left out: pip install reasoning-gym")
        return []
    rows = reasoning_gym.create_dataset("gsm_symbolic", size=N_SYMBOLIC, seed=0)
    return [
        Solution(id=f"gsm-symbolic-{i}", question=row["question"], text=_without_marks(row["metadata"]["answer_cot"]))
        for i, row in enumerate(rows)
    ]


SETS: dict[str, Callable[[Path], list[Solution]]] = {
    "gsm8k": _gsm8k("test"),
    "gsm8k_train": _gsm8k("train"),
    "math500": _math500,
    "gsm_symbolic": _gsm_symbolic,
}


# --- mutation -----------------------------------------------------------------------------------------


def mutate(solution: Solution, position: str, seed: int) -> Mutant | None:
    """Change one digit of one result and check again; None for a solution without a calculation."""
    rng = random.Random(f"{seed} {position} {solution.id}")
    results = list(find_results(solution.text))
    if not results:
        return None
    start, end = {"random": rng.choice(results), "first": results[0], "last": results[-1]}[position]
    changed, at = change_digit(solution.text, start, end, rng)
    spans = step_spans(changed)
    check = check_solution([changed[a:b] for a, b in spans], solution.question)
    step = next(i for i, (a, b) in enumerate(spans) if a <= at < b)
    found = check.first_error()
    outcome = "at step" if found == step else "missed" if found < 0 else "elsewhere"
    line = changed[spans[step][0] : spans[step][1]]
    return Mutant(id=solution.id, outcome=outcome, rule=_rule(check, step, at - spans[step][0]), line=line)


def find_results(text: str) -> Iterator[tuple[int, int]]:
    """Characters of every number that a calculation is said to give.

    >>> text = "Half of 8 is 4, so 3 * 4 = 12 apples and 12 + 5 = 17 - 2 = 15."
    >>> [text[a:b] for a, b in find_results(text)]
    ['12', '15']
    """
    start = 0
    while match := _RESULT.search(text, start):
        start = match.start("number")
        left = match["left"]
        if _CALCULATION.search(left) and not _UNKNOWN.search(left) and not _GOES_ON.match(text, match.end()):
            yield match.span("number")


def change_digit(text: str, start: int, end: int, rng: random.Random) -> tuple[str, int]:
    """The text with one digit of text[start:end] replaced by another, no leading zero, and where it stands."""
    at = rng.choice([i for i in range(start, end) if text[i].isdigit()])
    digits = [d for d in "0123456789" if d != text[at] and (d != "0" or at > start or end - start == 1)]
    return text[:at] + rng.choice(digits) + text[at + 1 :], at


def _rule(check: SolutionCheck, step: int, at: int) -> str:
    """The verdict and rule of the shortest statement around the changed digit."""
    around = [s for s in check.steps[step].statements if s.start <= at < s.end]
    if not around:
        return "no statement"
    statement = min(around, key=lambda s: s.end - s.start)
    return f"{statement.verdict}: {statement.reason}"


# --- tables -------------------------------------------------------------------------------------------


def _row(name: str, n_solutions: int, position: str, mutants: Sequence[Mutant]) -> str:
    count = Counter(mutant.outcome for mutant in mutants)
    n = len(mutants)
    cells = [f"{count[outcome]}" for outcome in ("elsewhere", "missed")]
    low, high = wilson(count["at step"], n) if n else (0.0, 0.0)
    found = f"{count['at step'] / n:.1%} ({100 * low:.1f}–{100 * high:.1f})" if n else "–"
    return f"| {name} | {n_solutions} | {position} | {n} | {found} | {' | '.join(cells)} |"


def _unchanged_row(name: str, solutions: Sequence[Solution], blamed: list[str]) -> str:
    verdicts: Counter[str] = Counter()
    for solution in solutions:
        steps = [solution.text[a:b] for a, b in step_spans(solution.text)]
        for statement in check_solution(steps, solution.question).statements:
            verdicts[statement.verdict] += 1
            if statement.verdict == "invalid":
                values = f"{statement.left} against {statement.right}"
                blamed.append(f"- {solution.id}: {statement.text!r} ({statement.reason}: {values})")
    n = verdicts.total()
    decided = f"{1 - verdicts['unverifiable'] / n:.1%}" if n else "–"
    share = f"{verdicts['invalid']} ({verdicts['invalid'] / n:.3%})" if n else "–"
    return f"| {name} | {n} | {decided} | {share} |"


def _print_misses(missed: Sequence[Mutant], shown: int) -> None:
    print("\n| missed or found elsewhere, by rule | n |\n|---|---|")
    for rule, n in Counter(mutant.rule for mutant in missed).most_common():
        print(f"| {rule} | {n} |")
    if not shown:
        return
    for rule in sorted({mutant.rule for mutant in missed}):
        lines = dict.fromkeys(f"{m.id} {m.outcome}: {m.line!r}" for m in missed if m.rule == rule)
        print(f"\n{rule}", *list(lines)[:shown], sep="\n- ")


def _read(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


if __name__ == "__main__":
    main()
