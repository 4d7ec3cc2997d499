"""Step metrics of the stored Gemma-3-1B-it runs, and seeded flagged steps to be read by hand.

python benchmarks/steps.py --real                      # the table
python benchmarks/real_steps.py --sample 10            # ten flagged steps a run, one a reply, with their surroundings
"""

from __future__ import annotations

import argparse
import json
import os
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.core.records import Completion, Doc, MetricValue, Score
from harness.core.scorer import Scorer
from harness.stats.intervals import wilson
from tasks.scoring.final_answer import final_answer
from tasks.scoring.step_validity import step_validity

REPO = Path(__file__).resolve().parent.parent
PREFILL = "<reasoning>\n"
RUNS = {
    "base_b32_a": "",
    "base_think": PREFILL,
    "base_kaggle_starter_prompt": "",
    "sft_lr1e6_prefill": PREFILL,
    "sft_lr1e5": PREFILL,
    "lora_grpo_b1": "",
    "lora_grpo_b32": "",
}
COLUMNS = (
    "accuracy", "sound_and_correct", "step_validity", "proven_unsound", "right_answer_wrong_reasoning",
    "wrong_answer_explained", "answer_follows", "statement_coverage", "step_coverage",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One stored completion with its scores."""

    doc: Doc
    completion: Completion
    scores: dict[str, Score]


def main() -> None:
    """Print the table, or a sample of flagged steps."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--sample", type=int, default=0, help="flagged steps a run to print instead of the table")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    data = Path(os.environ.get("HARNESS_SHARED_DATA", REPO.parent / "shared" / "data"))
    if arguments.sample:
        print_sample(data, arguments.sample, arguments.seed)
    else:
        print_real_runs(data)


def print_real_runs(data: Path) -> None:
    """One row a run, every metric with its 95% interval over questions."""
    print("| run | " + " | ".join(COLUMNS) + " | steps/s |")
    print("|---|" + "---|" * (len(COLUMNS) + 1))
    for run, prefill in RUNS.items():
        began = time.process_time()
        rows = score_run(data, run, prefill)
        spent = time.process_time() - began
        speed = sum(row.scores["step_validity"].detail["n_steps"] for row in rows) / spent
        print(f"| {run} | " + " | ".join(_cell(rows, name) for name in COLUMNS) + f" | {speed:,.0f} |")


def score_run(data: Path, run: str, prefill: str) -> list[Scored]:
    """Score every completion of a stored run with the answer and step scorers."""
    questions = _read(data / "gsm8k" / "test.jsonl")
    scorers = (final_answer(), step_validity())
    found = []
    for row in _read(data / "gemma3_1b_it_outputs" / f"{run}.jsonl"):
        question = questions[row["idx"]]
        doc = Doc(id=question["id"], question=question["question"], target=question["answer"])
        completion = Completion(doc_id=doc.id, text=row["completion"], prefill=prefill)
        found.append(Scored(doc=doc, completion=completion, scores=_scores(scorers, doc, completion)))
    return found


def _scores(scorers: Sequence[Scorer], doc: Doc, completion: Completion) -> dict[str, Score]:
    return {scorer.name: scorer.score(doc, completion) for scorer in scorers}


_METRICS = {m.info.name: m for scorer in (final_answer(), step_validity()) for m in scorer.metrics}


def _cell(rows: Sequence[Scored], name: str) -> str:
    values: list[MetricValue] = [_METRICS[name].read(row.doc, row.scores) for row in rows]
    pairs = [value if isinstance(value, tuple) else (value, 1.0) for value in values if value is not None]
    top, bottom = sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)
    if not bottom:
        return "–"
    if _METRICS[name].info.kind == "ratio":
        return f"{top / bottom:.1%} (n {bottom:.0f})"
    low, high = wilson(top, bottom)
    return f"{top / bottom:.1%} ({100 * low:.1f}–{100 * high:.1f}, n {bottom:.0f})"


def print_sample(data: Path, size: int, seed: int) -> None:
    """Flagged steps drawn at random: one a reply, its first."""
    for run, prefill in RUNS.items():
        flagged = [row for row in score_run(data, run, prefill) if row.scores["step_validity"].detail["flags"]]
        print(f"\n## {run}: {len(flagged)} replies flagged")
        for row in random.Random(seed).sample(flagged, min(size, len(flagged))):
            _print_flag(row)


def _print_flag(row: Scored) -> None:
    flag: dict[str, Any] = row.scores["step_validity"].detail["flags"][0]
    start, end = flag["span"]
    around = row.completion.reply[max(0, start - 120) : end + 80]
    print(
        f"- {row.doc.id} [{flag['reason']}: {flag['left']} against {flag['right']}] {flag['text']!r}\n    in {around!r}"
    )


def _read(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


if __name__ == "__main__":
    main()
