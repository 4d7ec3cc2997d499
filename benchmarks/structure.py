"""Compliance beside accuracy on real Gemma-3-1B-it outputs, the speed of the scorer, and verdicts to read by hand.

    python benchmarks/structure.py DATA                    # the table and the timings
    python benchmarks/structure.py DATA --sample 50        # seeded verdicts with their replies, to be read

DATA is the folder with gsm8k/test.jsonl and gemma3_1b_it_outputs/.
"""

from __future__ import annotations

import argparse
import random
import re
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from scipy.stats import binomtest

from harness.core.records import Completion, Doc, Score
from harness.core.reply.presets import response_format
from harness.data.rows import read_rows
from tasks.scoring.final_answer import final_answer
from tasks.scoring.structure import structure

PREFILL = "<reasoning>\n"
RUNS = {
    "base_think": PREFILL,
    "sft_lr1e6_prefill": PREFILL,
    "sft_lr1e5": PREFILL,
    "base_kaggle_starter_prompt": "",
    "base_b32_a": "",
    "lora_grpo_b1": "",
}
PLAIN_REGEX = re.compile(r"\s*<reasoning>.*?</reasoning>\s*<answer>.*?</answer>\s*", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One stored completion with its verdict."""

    run: str
    doc: Doc
    completion: Completion
    score: Score
    correct: bool
    """By the last number in the text, as the data has it."""


def judge_run(data: Path, run: str) -> tuple[list[Judged], tuple[float, float]]:
    """Every completion of a run with its verdict, in order of doc, and the CPU seconds of structure and of answers."""
    questions = read_rows(data / "gsm8k/test.jsonl")
    rows = read_rows(data / f"gemma3_1b_it_outputs/{run}.jsonl")
    rows.sort(key=lambda row: row["idx"])
    asked = [questions[row["idx"]] for row in rows]
    docs = [Doc(id=q["id"], question=q["question"], target=q["answer"]) for q in asked]
    completions = [
        Completion(doc_id=doc.id, text=row["completion"], prefill=RUNS[run])
        for doc, row in zip(docs, rows, strict=True)
    ]
    scorer = structure("reasoning-answer-tags")
    scorer.score(docs[0], completions[0])  # compiles the patterns once
    started = time.process_time()
    scores = [scorer.score(doc, completion) for doc, completion in zip(docs, completions, strict=True)]
    seconds = time.process_time() - started
    answers = final_answer(response_format=response_format("reasoning-answer-tags"))
    answers.score(docs[0], completions[0])
    started = time.process_time()
    for doc, completion in zip(docs, completions, strict=True):
        answers.score(doc, completion)
    answer_seconds = time.process_time() - started
    judged = [
        Judged(run=run, doc=doc, completion=completion, score=score, correct=bool(row["official_correct"]))
        for doc, completion, score, row in zip(docs, completions, scores, rows, strict=True)
    ]
    return judged, (seconds, answer_seconds)


def print_table(runs: dict[str, tuple[list[Judged], tuple[float, float]]]) -> None:
    """One line a run: compliance, a plain regex, accuracy, bare answers, what broke, CPU seconds of both scorers."""
    heads = f"{'run':28}{'compliant':>10}{'regex':>8}{'accuracy':>10}{'bare':>7}{'CPU s':>9}{'+ answers':>11}"
    print(f"{heads}  first rule broken")
    for run, (judged, (seconds, answer_seconds)) in runs.items():
        regex = sum(bool(PLAIN_REGEX.fullmatch(one.completion.reply)) for one in judged)
        types = [kind for one in judged if (kind := one.score.detail["answer_type"])]
        bare = f"{100 * types.count('number') / len(types):.1f}" if types else "–"
        broken = Counter(first for one in judged if (first := one.score.detail["first_broken"]))
        shown = ", ".join(f"{name} {count}" for name, count in broken.most_common(4))
        line = (
            f"{run:28}{_percent(sum(one.score.value == 1 for one in judged), judged):>10}{_percent(regex, judged):>8}"
        )
        print(f"{line}{_percent(sum(one.correct for one in judged), judged):>10}{bare:>7}{seconds:>9.3f}", end="")
        print(f"{seconds + answer_seconds:>11.3f}  {shown}")


def print_difference(base: list[Judged], candidate: list[Judged]) -> None:
    """Fixed and broken docs of both numbers, with the exact sign test on them (McNemar's exact test)."""
    for name, read in (("compliant", lambda one: one.score.value == 1), ("accuracy", lambda one: one.correct)):
        pairs = [(read(before), read(after)) for before, after in zip(base, candidate, strict=True)]
        fixed, broke = pairs.count((False, True)), pairs.count((True, False))
        p_value = binomtest(fixed, fixed + broke).pvalue
        shown = f"{p_value:.2g}" if p_value > 1e-300 else "below 1e-300"
        gain = 100 * (fixed - broke) / len(pairs)
        print(f"{base[0].run} -> {candidate[0].run}: {name} {gain:+.2f} (fixed {fixed}, broke {broke}, p {shown})")


def print_megabyte() -> None:
    """The time a megabyte of nested tags takes, the worst of the shapes tried."""
    scorers = structure("reasoning-answer-tags"), final_answer(response_format=response_format("reasoning-answer-tags"))
    doc = Doc(id="1", question="What is 3 + 4?", target="7")
    shapes = {
        "opened, then closed": "<reasoning>" * 45_000 + "</reasoning>" * 42_000,
        "interleaved": "<answer><reasoning></answer>" * 36_000,
        "with text": "<reasoning>a\n" * 40_000 + "</reasoning><answer>5</answer>" * 18_000,
    }
    for name, text in shapes.items():
        best = [min(_seconds(s.score, doc, Completion(doc_id="1", text=text)) for _ in range(3)) for s in scorers]
        print(f"1 MB of nested tags, {name}: {1000 * best[0]:.0f} ms of CPU, answer {1000 * best[1]:.0f} ms")


def print_sample(runs: dict[str, tuple[list[Judged], tuple[float, float]]], n: int, seed: int, rule: str) -> None:
    """Verdicts drawn evenly from every completion of the tag runs, or from those that break one rule."""
    pool = [one for judged, _ in list(runs.values())[:4] for one in judged]
    if rule:
        pool = [one for one in pool if rule in one.score.detail["broken"]]
    for number, one in enumerate(random.Random(seed).sample(pool, min(n, len(pool))), 1):
        detail = one.score.detail
        broken = {name: breach["why"] for name, breach in detail["broken"].items()}
        print(f"\n===== {number}. {one.run} {one.doc.id}: {one.score.why}\nbroken: {broken}")
        print(f"steps {detail['n_steps']}, answer type {detail['answer_type']}\n{one.completion.reply}")


def _percent(count: int, judged: list[Judged]) -> str:
    return f"{100 * count / len(judged):.2f}"


def _seconds(function, *arguments: object) -> float:  # type: ignore[no-untyped-def]
    started = time.process_time()
    function(*arguments)
    return time.process_time() - started


def main() -> None:
    """Print what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rule", default="", help="sample only completions that break this rule")
    given = parser.parse_args()
    runs = {run: judge_run(given.data, run) for run in RUNS}
    if given.sample:
        return print_sample(runs, given.sample, given.seed, given.rule)
    print_table(runs)
    for candidate in ("sft_lr1e6_prefill", "sft_lr1e5"):
        print_difference(runs["base_think"][0], runs[candidate][0])
    print_megabyte()


if __name__ == "__main__":
    main()
