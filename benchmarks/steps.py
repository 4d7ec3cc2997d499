"""The step checker against human labels, gold solutions and the clock.

    python benchmarks/steps.py                  # every table; HARNESS_SHARED_DATA or ../shared/data has the data
    python benchmarks/steps.py --flags          # also every flagged statement of the gold solutions
    python benchmarks/steps.py --tier suspicious
    python benchmarks/steps.py --real           # the stored Gemma runs: accuracy beside step metrics

Rows of dev.jsonl are solutions with the 0-based index of the first erroneous step by human label, -1 for none.
'audited' rows take the corrections of label_audit.jsonl, where plain arithmetic contradicts the label. Intervals are
percentile bootstraps over questions. Half A and half B split the solutions by a hash of their id: rules read from one
half must hold in the other.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tasks.scoring.steps import SolutionCheck, check_solution
from tasks.scoring.steps.metrics import FirstErrorScore, first_error_score

REPO = Path(__file__).resolve().parent.parent
N_BOOT = 1000
NAMES_A_CALCULATION = re.compile(
    r"计算(结果)?(有误|错误)|[Cc]alculation (is|was|result is|error|mistake)|miscalc|arithmetic"
    r"|calculated (wrong|incorrect)"
)
"""Human reasons of MR-GSM8K, English and Chinese, that call the error one of calculation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One labelled solution with the checker's first error."""

    id: str
    source: str
    cluster: str
    label: int
    predicted: int
    seconds: float
    n_steps: int
    reason: str


def main() -> None:
    """Print the tables that the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--tier", choices=["strict", "suspicious"], default="strict")
    parser.add_argument("--flags", action="store_true", help="list every flagged statement of the gold solutions")
    parser.add_argument("--real", action="store_true", help="score the stored Gemma runs")
    arguments = parser.parse_args()
    data = Path(os.environ.get("HARNESS_SHARED_DATA", REPO.parent / "shared" / "data"))
    if arguments.real:
        from real_steps import print_real_runs

        print_real_runs(data)
        return
    print_gold(data, arguments.flags)
    judged = judge_dev(data / "steps" / "dev.jsonl", arguments.tier)
    print_first_errors(judged, corrections(data / "steps" / "label_audit.jsonl"), arguments.tier)
    print_speed(judged)


# --- GSM8K's own solutions --------------------------------------------------------------------------


def print_gold(data: Path, list_flags: bool) -> None:
    """Statements of gold solutions: how many are decided, how many flagged."""
    print("| gold solutions | solutions | statements | decided | flagged | imprecise | steps/s, one core |")
    print("|---|---|---|---|---|---|---|")
    flags = [flag for split in ("test", "train") for flag in _gold_row(data, split)]
    if list_flags:
        print("\n| id | statement | values |\n|---|---|---|")
        for flag in flags:
            print(flag)


def _gold_row(data: Path, split: str) -> list[str]:
    rows = _read(data / "gsm8k" / f"{split}.jsonl")
    solutions = [[s for s in row["solution"].split("\n") if s.strip()] for row in rows]
    began = time.process_time()
    checks = [check_solution(steps, row["question"]) for steps, row in zip(solutions, rows, strict=True)]
    spent = time.process_time() - began
    count = Counter(s.verdict for check in checks for s in check.statements)
    n = sum(count.values())
    decided = 1 - count["unverifiable"] / n
    flagged = f"{count['invalid']} ({count['invalid'] / n:.3%})"
    speed = sum(map(len, solutions)) / spent
    print(f"| GSM8K {split} | {len(rows)} | {n} | {decided:.1%} | {flagged} | {count['imprecise']} | {speed:,.0f} |")
    return [
        f"| {row['id']} | `{s.text}` ({s.reason}) | {s.left} against {s.right} |"
        for row, check in zip(rows, checks, strict=True)
        for s in check.statements
        if s.verdict == "invalid"
    ]


# --- human first errors -----------------------------------------------------------------------------


def judge_dev(path: Path, tier: Any) -> list[Judged]:
    """Check every labelled solution."""
    return [_judge(row, tier) for row in _read(path)]


def _judge(row: dict[str, Any], tier: Any) -> Judged:
    began = time.process_time()
    check: SolutionCheck = check_solution(row["steps"], row["question"])
    return Judged(
        id=row["id"],
        source=row["source"],
        cluster=row["question"],
        label=row["first_error"],
        predicted=check.first_error(tier),
        seconds=time.process_time() - began,
        n_steps=len(row["steps"]),
        reason=row.get("error_reason") or "",
    )


def corrections(path: Path) -> dict[str, int | None]:
    """Corrected label by id; None where the audit only says that the label cannot be right."""
    return {row["id"]: row["flag_step"] for row in _read(path)}


def print_first_errors(judged: Sequence[Judged], corrected: dict[str, int | None], tier: str) -> None:
    """One row a source, its halves, and the rows that the human reasons single out."""
    print(f"\nReference-free, tier {tier}; precision = exact / (exact + early + flagged right); 95% intervals\n")
    print("| data | n wrong / right | exact | early | late | flagged right | precision | F1 |")
    print("|---|---|---|---|---|---|---|---|")
    for source in sorted({row.source for row in judged}):
        rows = [row for row in judged if row.source == source]
        _print_row(source, rows)
        audited = [_relabelled(row, corrected) for row in rows if corrected.get(row.id, 0) is not None]
        if any(row.id in corrected for row in rows):
            _print_row(f"{source}, audited", audited)
        for half in "AB":
            _print_row(f"- half {half}", [row for row in rows if _half(row.id) == half], interval=False)
        if source == "mr_gsm8k":
            _print_row("- reason names a calculation", [row for row in rows if NAMES_A_CALCULATION.search(row.reason)])


def _relabelled(row: Judged, corrected: dict[str, int | None]) -> Judged:
    label = corrected.get(row.id, row.label)
    assert label is not None
    return Judged(
        id=row.id, source=row.source, cluster=row.cluster, label=label, predicted=row.predicted, seconds=row.seconds,
        n_steps=row.n_steps, reason=row.reason,
    )  # fmt: skip


def _half(row_id: str) -> str:
    return "AB"[int(hashlib.md5(row_id.encode()).hexdigest(), 16) % 2]


def _score(rows: Sequence[Judged]) -> FirstErrorScore:
    return first_error_score([row.predicted for row in rows], [row.label for row in rows])


def _print_row(name: str, rows: Sequence[Judged], *, interval: bool = True) -> None:
    score = _score(rows)
    low_high = _bootstrap(rows) if interval else {}
    exact = f"{score.exact} ({_percent(score.exact_rate)}{_range(low_high.get('exact'), 100)})"
    right = f"{score.flagged_right} ({_percent(score.flagged_right_rate)})"
    precision = "–" if score.precision is None else f"{score.precision:.3f}{_range(low_high.get('precision'), 1)}"
    f1 = "–" if score.f1 is None else f"{100 * score.f1:.1f}{_range(low_high.get('f1'), 100)}"
    counts = f"{score.n_wrong} / {score.n_right} | {exact} | {score.early} | {score.late}"
    print(f"| {name} | {counts} | {right} | {precision} | {f1} |")


def _bootstrap(rows: Sequence[Judged]) -> dict[str, tuple[float, float]]:
    """Percentile intervals over questions: solutions of one question are drawn together."""
    names = {name: i for i, name in enumerate(dict.fromkeys(row.cluster for row in rows))}
    cells = np.zeros((len(names), 5))
    for row in rows:
        wrong = row.label >= 0
        cells[names[row.cluster]] += [
            wrong, not wrong, wrong and row.predicted == row.label, wrong and 0 <= row.predicted < row.label,
            not wrong and row.predicted >= 0,
        ]  # fmt: skip
    rng = np.random.default_rng(0)
    draws = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=N_BOOT) @ cells
    wrong, right, exact, early, flagged = draws.T
    with np.errstate(invalid="ignore", divide="ignore"):
        a, b = exact / wrong, 1 - flagged / right
        drawn = {"exact": a, "precision": exact / (exact + early + flagged), "f1": 2 * a * b / (a + b)}
    return {name: _quantiles(values) for name, values in drawn.items() if np.isfinite(values).any()}


def _quantiles(values: np.ndarray[Any, Any]) -> tuple[float, float]:
    low, high = np.nanquantile(values[np.isfinite(values)], [0.025, 0.975])
    return float(low), float(high)


def _range(interval: tuple[float, float] | None, scale: int) -> str:
    if interval is None:
        return ""
    digits = 1 if scale == 100 else 2
    return f", {scale * interval[0]:.{digits}f}–{scale * interval[1]:.{digits}f}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}%"


# --- speed ------------------------------------------------------------------------------------------


def print_speed(judged: Sequence[Judged]) -> None:
    """Steps a second by source, and the slowest solution."""
    print("\n| data | steps/s, one core | slowest solution, ms |\n|---|---|---|")
    for source in sorted({row.source for row in judged}):
        rows = [row for row in judged if row.source == source]
        speed = sum(row.n_steps for row in rows) / sum(row.seconds for row in rows)
        print(f"| {source} | {speed:,.0f} | {1000 * max(row.seconds for row in rows):.0f} |")


def _read(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


if __name__ == "__main__":
    main()
