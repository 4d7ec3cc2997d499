"""The README's table: the seven real Gemma-3-1B runs on GSM8K under one scorer, with intervals, n and commit.

Needs the collected data (HARNESS_SHARED_DATA, or ../shared/data).

    python benchmarks/real_runs.py [--answer last-number]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

import harness

REPO = Path(__file__).resolve().parent.parent
PREFILL = "<reasoning>\n"
RUNS = {
    "base_b32_a": ("base, plain question", ""),
    "lora_grpo_b1": ("GRPO LoRA, batch 1", ""),
    "lora_grpo_b32": ("GRPO LoRA, batch 32", ""),
    "base_think": ("base, tag prompt with prefill", PREFILL),
    "sft_lr1e6_prefill": ("SFT, lr 1e-6, prefill", PREFILL),
    "sft_lr1e5": ("SFT, lr 1e-5, prefill", PREFILL),
    "base_kaggle_starter_prompt": ("base, chat template without its newline", ""),
}
PAIRS = [("base_think", "sft_lr1e6_prefill"), ("base_b32_a", "lora_grpo_b1"), ("lora_grpo_b1", "lora_grpo_b32")]
METRICS = ("accuracy", "compliant", "step_validity", "sound_and_correct", "certified_correct")


def main() -> None:
    """Score every run, print the table and the comparisons."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--answer", default="last-number", help="the answer policy, the same for every run")
    arguments = parser.parse_args()
    data = Path(os.environ.get("HARNESS_SHARED_DATA", REPO.parent / "shared" / "data"))
    if not data.is_dir():
        sys.exit(f"no data at {data}: set HARNESS_SHARED_DATA")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        runs = {run: score(data, run, folder, arguments.answer) for run in RUNS}
        print_table(runs, arguments.answer)
        for baseline, candidate in PAIRS:
            print(f"- `{baseline}` to `{candidate}`: {harness.compare(runs[baseline], runs[candidate]).verdict}")


def score(data: Path, run: str, folder: Path, answer: str) -> harness.StoredRun:
    """Score one run's completions."""
    questions = data / "gsm8k" / "test.jsonl"
    return harness.score(
        data / "gemma3_1b_it_outputs" / f"{run}.jsonl",
        "gsm8k",
        options={"answer": answer, "format": "reasoning-answer-tags", "data": str(questions)},
        scorers=["step_validity", "step_reference"],
        prefill=RUNS[run][1],
        note=RUNS[run][0],
        out=folder / run,
    )


def print_table(runs: dict[str, harness.StoredRun], answer: str) -> None:
    """One row a run, Markdown."""
    first = next(iter(runs.values())).run
    print(f"GSM8K test, n = {first.data.n_docs}, answer policy `{answer}`, 95% intervals, commit `{first.git_sha}`\n")
    print("| run | what it is | " + " | ".join(METRICS) + " |")
    print("|---|---|" + "--:|" * len(METRICS))
    for name, run in runs.items():
        cells = [cell(run.estimates.get(metric)) for metric in METRICS]
        print(f"| `{name}` | {RUNS[name][0]} | " + " | ".join(cells) + " |")
    print()


def cell(estimate: harness.Estimate | None) -> str:
    """Value and interval in percent."""
    if estimate is None or estimate.value is None or estimate.low is None or estimate.high is None:
        return "–"
    return f"{100 * estimate.value:.1f} [{100 * estimate.low:.1f}, {100 * estimate.high:.1f}]"


if __name__ == "__main__":
    main()
