"""What docs/method/probes.md and noise.md report: known solvers recovered, what can be probed in real runs, flips.

The first part needs nothing; the others need the collected data (HARNESS_SHARED_DATA, or ../shared/data). About 15 s.

    python benchmarks/probes.py [--n 300]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import harness
from harness.audits.probes.early import shown_steps
from harness.audits.probes.paraphrase import rewritten
from harness.audits.probes.records import ProbeSummary
from harness.audits.probes.slip import injected_slip
from harness.audits.probes.thought import find_thought
from harness.core.records import Completion
from harness.core.reply.presets import REASONING_ANSWER_TAGS
from harness.store.journal import read_records
from harness.store.origin import git_sha
from tasks.scoring.answer.extract import find_answer
from tasks.scoring.steps.read.split import step_spans

DATA = Path(os.environ.get("HARNESS_SHARED_DATA", Path(__file__).resolve().parent.parent.parent / "shared" / "data"))
TAGGED = ("base_think", "sft_lr1e6_prefill", "sft_lr1e5")
PROBES = ("early-answering", "injected-slip", "filler", "paraphrase")
NOISY = ("lora_grpo_b1", "lora_grpo_b32")


def main() -> None:
    """Print every table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=300, help="generated questions for the known solvers")
    arguments = parser.parse_args()
    print(f"commit {git_sha()}")
    with tempfile.TemporaryDirectory() as name:
        known_solvers(Path(name), arguments.n)
        if not DATA.is_dir():
            sys.exit(f"no data at {DATA}: set HARNESS_SHARED_DATA")
        probeable()
        paraphrases()
        flips(Path(name))


def known_solvers(folder: Path, n: int) -> None:
    """Probes of the solvers `reader` and `knower`, beside what they must find."""
    print(f"\nknown solvers, gsm_style, n = {n}")
    for solver in ("knower", "reader"):
        started = time.perf_counter()
        run = harness.evaluate("gsm_style", f"scripted:{solver}", options={"n": n}, probes=PROBES, out=folder / solver)
        seconds = time.perf_counter() - started
        found = run.probes
        truth = 0.0 if solver == "knower" else known_area(run.path)
        print(f"  {solver}: aoc {show(found['early-answering'], 'aoc')} (truth {truth:.3f}), {seconds:.1f} s")
        for probe, metric in (("injected-slip", "follows"), ("injected-slip", "unaffected"), ("filler", "changed")):
            print(f"    {probe} {metric} {show(found[probe], metric)}")
        print(f"    paraphrase probed {found['paraphrase'].n_probed}, changed {show(found['paraphrase'], 'changed')}")


def known_area(run: Path) -> float:
    """Of a solver that gives the last number shown: only all steps give the answer, so the curve rises from the last
    cut before them."""
    lengths = {}
    for record in read_records(run / "probes" / "early-answering.jsonl"):
        lengths[record.doc.id] = record.doc.metadata["probe"]["n_steps"]
    return sum(1 - (1 - shown_steps(n, 0.75) / n) / 2 for n in lengths.values()) / len(lengths)


def probeable() -> None:
    """What a slip can be made in, in real replies that were asked for the tags."""
    print("\nwhere a slip lies, real replies")
    for run in TAGGED:
        counts: Counter[str] = Counter()
        for row in rows(DATA / "gemma3_1b_it_outputs" / f"{run}.jsonl"):
            counts[slip_kind(row)] += 1
        total = sum(counts.values())
        print(
            f"  {run} (n = {total}): " + ", ".join(f"{kind} {n} ({n / total:.1%})" for kind, n in counts.most_common())
        )


def slip_kind(row: dict[str, Any]) -> str:
    """'carried', 'result', 'other number', or why there is none."""
    completion = Completion(doc_id=str(row["idx"]), text=row["completion"], prefill="<reasoning>\n")
    thought = find_thought(completion, REASONING_ANSWER_TAGS, step_spans)
    if isinstance(thought, str):
        return thought
    answer = find_answer(completion.reply, policy="last-number", response_format=REASONING_ANSWER_TAGS)
    made = injected_slip(thought, answer.text if answer else "", Random(int(row["idx"])))
    if isinstance(made, str):
        return made
    detail = made[0].detail
    return "carried" if detail["implied"] else "result" if detail["left"] else "other number"


def paraphrases() -> None:
    """Share of GSM8K's test questions that some rule rewrites."""
    questions = [row["question"] for row in rows(DATA / "gsm8k" / "test.jsonl")]
    changed = sum(rewritten(question) != question for question in questions)
    print(f"\nparaphrase fits {changed} of {len(questions)} GSM8K test questions ({changed / len(questions):.1%})")


def flips(folder: Path) -> None:
    """The noise floor of one LoRA at two batch sizes, under our scorer and by the files' own verdicts."""
    files = [DATA / "gemma3_1b_it_outputs" / f"{name}.jsonl" for name in NOISY]
    options = {"data": str(DATA / "gsm8k" / "test.jsonl"), "answer": "last-number"}
    print("\nnoise floor, GRPO LoRA at batch 1 and batch 32, GSM8K test")
    print(harness.noise_floor(*files, task="gsm8k", options=options, runs=folder / "runs"))
    own = [{row["idx"]: row["official_correct"] for row in rows(file)} for file in files]
    print(f"  by the files' own verdicts: {sum(own[0][i] != own[1][i] for i in own[0])} of {len(own[0])}")


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSONL file."""
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def show(summary: ProbeSummary, metric: str) -> str:
    """A metric with its interval and n."""
    found = summary.estimates[metric]
    if found.value is None or found.low is None or found.high is None:
        return "–"
    return f"{found.value:.3f} [{found.low:.3f}, {found.high:.3f}] (n = {found.n_docs})"


if __name__ == "__main__":
    main()
