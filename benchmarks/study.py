"""Does reasoning before the answer help a model of a million parameters? Three arms, several seeds, with intervals.

    python benchmarks/study.py --out runs/study [--seeds 5]     # trains what is missing, then prints the tables
    python benchmarks/study.py --out runs/study --seeds 0       # only prints what is there

Each seed is a `harness train --recipe gemma3_nano` with its own training problems, order of training and held-out
questions, so the spread over seeds holds all three. Cells are means over seeds with Student's 95% interval. Differences
are taken within a seed, where both arms met the same questions. A seed that was cut off goes on where it stood.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import product
from pathlib import Path
from statistics import mean, stdev

import harness
from harness.api.benchmark import by_steps
from harness.api.watch import Lines
from harness.stats.student import t_quantile
from harness.store.beside import TRAINING_METRICS, read_metrics

MODELS = ("base", "reasoning-answer", "answer-only", "answer-reasoning")
TASK = "small_steps"
QUESTIONS, PROBED = 1000, 200
"""Of the final measurement, and of each measurement during training."""


def main() -> None:
    """Train what is missing and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("runs/study"))
    parser.add_argument("--seeds", type=int, default=5)
    given = parser.parse_args()
    for seed in range(given.seeds):
        _train(given.out / f"seed-{seed}", seed)
    folders = [folder for folder in sorted(given.out.glob("seed-*")) if (folder / "done").is_file()]
    if not folders:
        raise SystemExit(f"{given.out} holds no finished seed; run with --seeds 5")
    print(f"{len(folders)} seeds x {QUESTIONS} held-out questions, commit {_commit()}\n")
    _print_by_steps(folders)
    _print_differences(folders)
    _print_by_kind(folders)
    _print_by_tokens(folders)


def _train(folder: Path, seed: int) -> None:
    """One seed, through the verb that a user has."""
    if (folder / "done").is_file():
        return
    changes = {
        "data.source": f"small_steps:n=8000,seed={seed},steps=1-5",
        "train.seed": seed,
        "train.eval_every": 60,
        "benchmark.options": {"n": QUESTIONS, "seed": seed},
        "benchmark.probe_docs": PROBED,
    }
    tell = Lines(lambda line: print(line, file=sys.stderr, flush=True))
    if (folder / "config.json").is_file():
        harness.train(resume=folder, on_progress=tell)
    else:
        harness.train(recipe="gemma3_nano", overrides=changes, out=folder, on_progress=tell)
    (folder / "done").touch()


def _print_by_steps(folders: Sequence[Path]) -> None:
    cells = _accuracy(folders)
    lengths = sorted({n for _, n in cells})
    print("| accuracy at | " + " | ".join(f"{n} step{'s' * (n > 1)}" for n in lengths) + " | all |")
    print("|---" + "|--:" * (len(lengths) + 1) + "|")
    for model in MODELS:
        shown = [_interval(cells[model, n]) for n in lengths]
        shown.append(_interval([mean(values) for values in zip(*(cells[model, n] for n in lengths), strict=True)]))
        print(f"| {model} | " + " | ".join(shown) + " |")
    print()


def _print_differences(folders: Sequence[Path]) -> None:
    cells = _accuracy(folders)
    lengths = sorted({n for _, n in cells})
    print("| reasoning-answer less | " + " | ".join(f"{n} step{'s' * (n > 1)}" for n in lengths) + " | 3 and more |")
    print("|---" + "|--:" * (len(lengths) + 1) + "|")
    for model in (one for one in MODELS if one != "reasoning-answer"):
        gaps = {n: [a - b for a, b in zip(cells["reasoning-answer", n], cells[model, n], strict=True)] for n in lengths}
        long = [mean(values) for values in zip(*(gaps[n] for n in lengths if n >= 3), strict=True)]
        print(f"| {model} | " + " | ".join(_interval(gap, sign="+") for gap in [*gaps.values(), long]) + " |")
    print()


def _print_by_kind(folders: Sequence[Path]) -> None:
    """Held-out questions of themes that were trained on, and of other themes."""
    cells: dict[tuple[str, str], list[float]] = defaultdict(list)
    for folder, model in product(folders, MODELS):
        counted: dict[str, list[float]] = defaultdict(list)
        for record in harness.load_run(folder / "runs" / f"{TASK}-{model}").records:
            counted[record.doc.metadata["held_out"]].append(float(record.metrics["accuracy"]))
        for kind, values in counted.items():
            cells[model, kind].append(mean(values))
    print("| accuracy on | new numbers | new themes |\n|---|--:|--:|")
    for model in MODELS:
        print(f"| {model} | {_interval(cells[model, 'numbers'])} | {_interval(cells[model, 'template'])} |")
    print()


def _print_by_tokens(folders: Sequence[Path]) -> None:
    curves: dict[str, dict[int, list[float]]] = {arm: defaultdict(list) for arm in MODELS[1:]}
    for folder, arm in product(folders, curves):
        for row in read_metrics(folder / "arms" / arm / TRAINING_METRICS):
            if "accuracy" in row:
                curves[arm][row["step"]].append(float(row["accuracy"]))
    whole = set.intersection(*({n for n, v in curve.items() if len(v) == len(folders)} for curve in curves.values()))
    print(f"| accuracy on {PROBED} questions after tokens | " + " | ".join(curves) + " |")
    print("|--:" * (len(curves) + 1) + "|")
    for update in sorted(whole):
        tokens = update * _tokens_an_update(folders[0])
        print(f"| {tokens:,.0f} | " + " | ".join(_interval(curves[arm][update]) for arm in curves) + " |")


def _tokens_an_update(folder: Path) -> float:
    arm = json.loads((folder / "arms" / MODELS[1] / "arm.json").read_text(encoding="utf-8"))
    return arm["tokens"] / arm["steps"]


def _accuracy(folders: Iterable[Path]) -> dict[tuple[str, int], list[float]]:
    """By model and number of steps: one accuracy a seed, recomputed from the records."""
    cells: dict[tuple[str, int], list[float]] = defaultdict(list)
    for folder in folders:
        for row in by_steps({model: harness.load_run(folder / "runs" / f"{TASK}-{model}") for model in MODELS}):
            cells[row.model, row.n_steps].append(row.value)
    return cells


def _interval(values: Sequence[float], *, sign: str = "") -> str:
    """Mean over seeds with Student's 95% interval, in points."""
    if len(values) < 2:
        return f"{100 * values[0]:{sign}.1f} (one seed)"
    half = t_quantile(0.975, len(values) - 1) * stdev(values) / math.sqrt(len(values))
    middle = mean(values)
    return f"{100 * middle:{sign}.1f} [{100 * (middle - half):{sign}.1f}, {100 * (middle + half):{sign}.1f}]"


def _commit() -> str:
    done = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


if __name__ == "__main__":
    main()
