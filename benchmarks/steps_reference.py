"""Reference-guided step checking against human labels: exact first errors, false alarms, certified answers, speed.

    python benchmarks/steps_reference.py                   # every table
    python benchmarks/steps_reference.py --misses 5        # also solutions located elsewhere than the label, to read

HARNESS_SHARED_DATA or ../shared/data has the data: steps/dev.jsonl, gsm8k/, math500.jsonl, gemma3_1b_it_outputs/.
Rows of ProcessBench have no gold solution of their own: they get that of GSM8K or MATH-500 with the same question.

exact       first error predicted at the labelled step, over solutions with a labelled error
early/late  predicted before or after it; none: nothing predicted
flagged     solutions labelled without error in which a first error is predicted, over those
F1          ProcessBench's: harmonic mean of exact and 1 - flagged
certified   the answer is the gold answer as a function of the question's numbers

Half A and B split by a hash of the question: rules were read from half A. Intervals are percentile bootstraps over
questions. Baselines: always the first step, always the last that is no bare number, and the reference-free checker.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from harness.data.rows import read_rows
from tasks.scoring.steps import split_steps
from tasks.scoring.steps.metrics import FirstErrorScore, first_error_score
from tasks.scoring.steps.reference import ReferenceCheck, check_with_reference
from tasks.scoring.steps.reference.locate import last_spoken

REPO = Path(__file__).resolve().parent.parent
N_BOOT = 1000
SOURCES = ("verify_then_generate", "processbench_gsm8k", "mr_gsm8k", "processbench_math")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One labelled solution with its check."""

    row: dict[str, Any]
    gold: str
    question: str
    """Without case and punctuation: the cluster."""
    half: str
    check: ReferenceCheck
    seconds: float

    @property
    def label(self) -> int:
        return int(self.row["first_error"])


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--misses", type=int, default=0, help="wrongly located solutions to print, each source")
    parser.add_argument("--half", choices=["A", "B"], default="A", help="half that misses are taken from")
    arguments = parser.parse_args()
    data = Path(os.environ.get("HARNESS_SHARED_DATA", REPO.parent / "shared" / "data"))
    judged = judge_dev(data)
    print_located(judged)
    print_baselines(judged)
    print_certified(judged, data)
    print_speed(judged)
    for source in SOURCES if arguments.misses else ():
        print_misses([j for j in judged if j.row["source"] == source and j.half == arguments.half], arguments.misses)


def key(question: str) -> str:
    """A question without case and punctuation."""
    return re.sub(r"\W+", " ", question.lower()).strip()


def gold_solutions(data: Path) -> dict[str, str]:
    """Gold solutions by question."""
    paths = (data / "gsm8k/train.jsonl", data / "gsm8k/test.jsonl", data / "math500.jsonl")
    return {key(row["question"]): row["solution"] for path in paths for row in read_rows(path)}


def judge_dev(data: Path) -> list[Judged]:
    """Every labelled solution that has a gold solution."""
    golds = gold_solutions(data)
    judged: list[Judged] = []
    for row in read_rows(data / "steps/dev.jsonl"):
        question = key(row["question"])
        gold = row["gold_solution"] or golds.get(question)
        if row["source"] not in SOURCES or not gold:
            continue
        start = time.process_time()
        check = check_with_reference(row["steps"], row["question"], gold)
        seconds = time.process_time() - start
        half = "AB"[hashlib.sha256(question.encode()).digest()[0] % 2]
        judged.append(Judged(row=row, gold=gold, question=question, half=half, check=check, seconds=seconds))
    return judged


def print_located(judged: Sequence[Judged]) -> None:
    """Exact first errors by source and half, with intervals for the whole."""
    print("| data | half | wrong | exact | early | late | none | right | flagged | F1 |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for source in SOURCES:
        own = [j for j in judged if j.row["source"] == source]
        for half in ("A", "B", "all"):
            chosen = [j for j in own if half in (j.half, "all")]
            print(f"| {source} | {half} | {cells(chosen, with_interval=half == 'all')} |")
    print()


def cells(judged: Sequence[Judged], with_interval: bool) -> str:
    """One row of the table."""
    score = scored(judged, lambda j: j.check.first_error())
    none = score.n_wrong - score.exact - score.early - sum(j.check.first_error() > j.label >= 0 for j in judged)
    late = score.n_wrong - score.exact - score.early - none
    exact = percent(score.exact, score.n_wrong)
    if with_interval and score.n_wrong:
        exact += " [{:.1f}, {:.1f}]".format(*interval(judged))
    flagged = percent(score.flagged_right, score.n_right)
    f1 = "–" if score.f1 is None else f"{100 * score.f1:.1f}"
    shares = " | ".join(percent(count, score.n_wrong) for count in (score.early, late, none))
    return f"{score.n_wrong} | {exact} | {shares} | {score.n_right} | {flagged} | {f1}"


def scored(judged: Iterable[Judged], predict: Callable[[Judged], int]) -> FirstErrorScore:
    """Predictions against labels."""
    pairs = [(predict(j), j.label) for j in judged]
    return first_error_score([p for p, _ in pairs], [label for _, label in pairs])


def percent(count: int, total: int) -> str:
    """A share, undefined over nothing."""
    return f"{100 * count / total:.1f}" if total else "–"


def interval(judged: Sequence[Judged]) -> tuple[float, float]:
    """95% bootstrap interval of the exact share, over questions."""
    hits: dict[str, list[bool]] = {}
    for j in judged:
        if j.label >= 0:
            hits.setdefault(j.question, []).append(j.check.first_error() == j.label)
    exact = np.array([sum(h) for h in hits.values()])
    total = np.array([len(h) for h in hits.values()])
    drawn = np.random.default_rng(0).integers(len(exact), size=(N_BOOT, len(exact)))
    shares = 100 * exact[drawn].sum(1) / total[drawn].sum(1)
    low, high = np.percentile(shares, [2.5, 97.5])
    return float(low), float(high)


def print_baselines(judged: Sequence[Judged]) -> None:
    """What needs no comparison with a gold solution."""
    baselines: dict[str, Callable[[Judged], int]] = {
        "always the first step": lambda j: 0,
        "always the last spoken step": lambda j: last_spoken(j.row["steps"]),
        "reference-free, proofs only": lambda j: j.check.alone.first_error(),
        "right answer: none; wrong: the first step": lambda j: 0 if j.check.answer != j.check.gold_answer else -1,
        "reference-guided": lambda j: j.check.first_error(),
    }
    print("| exact % / flagged % | " + " | ".join(SOURCES) + " |")
    print("|---" * (len(SOURCES) + 1) + "|")
    for name, predict in baselines.items():
        scores = [scored([j for j in judged if j.row["source"] == source], predict) for source in SOURCES]
        shown = [f"{percent(s.exact, s.n_wrong)} / {percent(s.flagged_right, s.n_right)}" for s in scores]
        print(f"| {name} | " + " | ".join(shown) + " |")
    print()


def print_certified(judged: Sequence[Judged], data: Path) -> None:
    """Certified answers and flags among solutions that are right, or that have the right answer."""
    print("| solutions | n | certified | not | undecided | flagged |")
    print("|---|---|---|---|---|---|")
    for source in ("processbench_gsm8k", "processbench_math"):
        right = [j.check for j in judged if j.row["source"] == source and j.label < 0]
        print(f"| {source}, labelled right | {certified_cells(right)} |")
    docs = read_rows(data / "gsm8k/test.jsonl")
    own = [check_with_reference(d["solution"].splitlines(), d["question"], d["solution"]) for d in docs]
    print(f"| GSM8K test, the gold solution itself | {certified_cells(own)} |")
    pairs = same_answer(docs)
    other = [check_with_reference(d["solution"].splitlines(), d["question"], e["solution"]) for d, e in pairs]
    print(f"| GSM8K test, the gold of another question with the same answer | {certified_cells(other)} |")
    for run in ("base_b32_a", "lora_grpo_b1"):
        rows = [row for row in read_rows(data / f"gemma3_1b_it_outputs/{run}.jsonl") if row["official_correct"]]
        checks = [
            check_with_reference(split_steps(r["completion"]), docs[r["idx"]]["question"], docs[r["idx"]]["solution"])
            for r in rows
        ]
        print(f"| {run}, right answer | {certified_cells(checks)} |")
    print()


def same_answer(docs: Sequence[dict[str, Any]]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Each row with the next one that has the same answer: certified here is certified wrongly."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in docs:
        groups.setdefault(str(row["answer"]), []).append(row)
    return [pair for group in groups.values() for pair in pairwise(group)]


def certified_cells(checks: Sequence[ReferenceCheck]) -> str:
    """One row of the table."""
    counts = Counter(check.certified for check in checks)
    n = len(checks)
    flagged = sum(check.first_error() >= 0 for check in checks)
    return f"{n} | " + " | ".join(percent(counts[c], n) for c in (True, False, None)) + f" | {percent(flagged, n)}"


def print_speed(judged: Sequence[Judged]) -> None:
    """CPU time, the reference-free check and both replays included."""
    seconds = np.array([j.seconds for j in judged])
    steps = sum(len(j.row["steps"]) for j in judged)
    print(
        f"{len(judged) / seconds.sum():.0f} solutions/s, {steps / seconds.sum():.0f} steps/s on one core;"
        f" median {1e3 * np.median(seconds):.1f} ms, slowest {1e3 * seconds.max():.0f} ms"
    )


def print_misses(judged: Sequence[Judged], count: int) -> None:
    """Solutions whose first error was located elsewhere than the label says."""
    for j in [j for j in judged if j.check.first_error() != j.label][:count]:
        print(f"\n--- {j.row['id']}: label {j.label}, predicted {j.check.first_error()}: {j.check.why}")
        print(f"question: {j.row['question']}\ngold: {j.gold}")
        for i, (text, step) in enumerate(zip(j.row["steps"], j.check.steps, strict=False)):
            shown = [f"{e.value} {e.support}" for e in step.evidence if e.support != "stated"]
            print(f"  [{i}] {step.verdict}: {text}\n        {', '.join(shown)}")


if __name__ == "__main__":
    main()
