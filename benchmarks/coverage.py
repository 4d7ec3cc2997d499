"""How often nominal 95% intervals hold the truth, over n in {50, 200, 1319} and p in {0.02, 0.2, 0.5, 0.9}.

    python benchmarks/coverage.py [--runs 2000] [--only TEXT]

Exits 1 if a cell is under 92% or a scenario's mean is outside 94-99%. Wilson's coverage is computed exactly, not
simulated; two minutes on one core at 2,000 runs.
"""

from __future__ import annotations

import argparse
import math
import sys
import time

from harness.stats.intervals import wilson
from harness.stats.simulate import NS, PS, SCENARIOS, Cell, measure

LEAST_CELL, LEAST_MEAN, MOST_MEAN = 0.92, 0.94, 0.99


def main() -> int:
    """Print one line per scenario; 0 if every one keeps the promise."""
    options = _options()
    started = time.perf_counter()
    names = [name for name in SCENARIOS if options.only in name]
    print(
        f"coverage in %, cells n = {', '.join(map(str, NS))} by p = {', '.join(map(str, PS))}; {options.runs} runs each"
    )
    kept = [_report(name, _cells(name, options.runs, options.seed)) for name in names]
    print(f"{sum(kept)} of {len(kept)} scenarios keep the promise; {time.perf_counter() - started:.0f} s")
    return 0 if all(kept) else 1


def exact_wilson(n: int, p: float) -> Cell:
    """Wilson's coverage by adding up the binomial probabilities of the counts whose interval holds p."""
    covered = width = 0.0
    for successes in range(n + 1):
        low, high = wilson(successes, n)
        log_chance = math.log(p) * successes + math.log1p(-p) * (n - successes)
        log_ways = math.lgamma(n + 1) - math.lgamma(successes + 1) - math.lgamma(n - successes + 1)
        chance = math.exp(log_chance + log_ways)
        covered += chance * (low <= p <= high)
        width += chance * (high - low)
    return Cell(n=n, p=p, covered=covered, width=width)


def _cells(name: str, runs: int, seed: int) -> list[Cell]:
    if name == "binary: Wilson":
        return [exact_wilson(n, p) for n in NS for p in PS]
    return measure(SCENARIOS[name], runs=runs, seed=seed)


def _report(name: str, cells: list[Cell]) -> bool:
    mean, least = sum(cell.covered for cell in cells) / len(cells), min(cell.covered for cell in cells)
    kept = least >= LEAST_CELL and LEAST_MEAN <= mean <= MOST_MEAN
    rows = [" ".join(f"{100 * cell.covered:5.1f}" for cell in cells if cell.n == n) for n in NS]
    mark = "ok  " if kept else "MISS"
    print(f"{mark} {name:34s} mean {100 * mean:.1f} least {100 * least:.1f} | {' | '.join(rows)}", flush=True)
    return kept


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=2000, help="simulated runs a cell")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="scenarios whose name contains this")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
