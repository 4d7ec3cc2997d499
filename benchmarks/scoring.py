"""Scoring 1,319 completions as a whole process, start-up included: `harness score` against lm-eval's own pipeline.

Both read the same completions from disk and score them; no model runs. With HARNESS_SHARED_DATA (or ../shared/data) the
completions are real Gemma-3-1B replies on GSM8K; without, a scripted solver's replies to generated problems.
lm-eval runs its stock gsm8k configuration, 5-shot: it renders every prompt although the replies are there already.

    python benchmarks/scoring.py [--runs 3] [--shots 5]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
N_DOCS = 1319

LM_EVAL_TASK = """\
task: gsm8k_local
dataset_path: json
dataset_kwargs:
  data_files:
    test: {data}
test_split: test
output_type: generate_until
doc_to_text: "Question: {{{{question}}}}\\nAnswer:"
doc_to_target: "{{{{solution}}}}"
num_fewshot: {shots}
fewshot_split: test
metric_list:
  - metric: exact_match
    aggregation: mean
    higher_is_better: true
    ignore_case: true
    ignore_punctuation: false
    regexes_to_ignore: [",", "\\\\$", "(?s).*#### ", "\\\\.$"]
generation_kwargs:
  until: ["Question:", "</s>", "<|im_end|>"]
  do_sample: false
filter_list:
  - name: "strict-match"
    filter:
      - function: "regex"
        regex_pattern: "#### (\\\\-?[0-9\\\\.\\\\,]+)"
      - function: "take_first"
  - name: "flexible-extract"
    filter:
      - function: "regex"
        group_select: -1
        regex_pattern: "(-?[$0-9.,]{{2,}})|(-?[0-9]+)"
      - function: "take_first"
"""

LM_EVAL_DRIVER = """\
import json, sys
from lm_eval import simple_evaluate
from lm_eval.api.model import LM
from lm_eval.tasks import TaskManager

completions = {row["idx"]: row["completion"] for row in map(json.loads, open(sys.argv[2]))}

class Canned(LM):
    def generate_until(self, requests, **kwargs):
        return [completions[request.doc_id] for request in requests]
    def loglikelihood(self, requests, **kwargs):
        raise NotImplementedError
    def loglikelihood_rolling(self, requests, **kwargs):
        raise NotImplementedError

manager = TaskManager(include_path=sys.argv[1], include_defaults=False)
found = simple_evaluate(Canned(), tasks=["gsm8k_local"], task_manager=manager, bootstrap_iters=0)
print(json.dumps({k: v for k, v in found["results"]["gsm8k_local"].items() if isinstance(v, float)}))
"""


def main() -> None:
    """Time both, in turn, and print medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3, help="timed runs of each, after one warm-up")
    parser.add_argument("--shots", type=int, default=5, help="worked examples in lm-eval's prompts; its default is 5")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data, completions, what = find_inputs(folder)
        commands = {
            "harness score": ours(folder, data, completions),
            "lm-eval": lm_eval(folder, data, completions, arguments.shots),
        }
        seconds: dict[str, list[float]] = {name: [] for name in commands}
        for attempt in range(arguments.runs + 1):
            for name, command in commands.items():
                taken = timed(command, folder, attempt)
                if attempt > 0:
                    seconds[name].append(taken)
    print(f"{N_DOCS} {what}; lm-eval {arguments.shots}-shot; whole processes, median of {arguments.runs} runs")
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    for name, values in seconds.items():
        print(f"  {name:14} {medians[name]:7.2f} s   (min {min(values):.2f}, max {max(values):.2f})")
    print(f"  ratio          {medians['lm-eval'] / medians['harness score']:7.1f} x")


def find_inputs(folder: Path) -> tuple[Path, Path, str]:
    """The questions and completions to score: real ones where they are, else generated ones."""
    root = Path(os.environ.get("HARNESS_SHARED_DATA", REPO.parent / "shared" / "data"))
    real = root / "gsm8k" / "test.jsonl", root / "gemma3_1b_it_outputs" / "base_b32_a.jsonl"
    if all(path.exists() for path in real):
        return *real, "real Gemma-3-1B-it replies on GSM8K"
    return *generated(folder), "scripted replies to generated problems"


def generated(folder: Path) -> tuple[Path, Path]:
    """Generated problems in GSM8K's columns, and the replies of a solver that writes the gold reasoning."""
    from tasks.gsm_style import generate

    docs = generate(N_DOCS, seed=0, split="test")
    rows = [
        {"id": d.id, "question": d.question, "answer": d.target, "solution": f"{d.gold_reasoning}\n#### {d.target}"}
        for d in docs
    ]
    replies = [{"idx": i, "completion": f"{d.gold_reasoning}\n#### {d.target}"} for i, d in enumerate(docs)]
    return write(folder / "data.jsonl", rows), write(folder / "completions.jsonl", replies)


def write(path: Path, rows: list[dict]) -> Path:
    """Rows as JSONL."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def ours(folder: Path, data: Path, completions: Path) -> list[str]:
    """The command that scores with the harness: answers and structure."""
    return [sys.executable, "-m", "harness.cli.main", "score", str(completions), "--task", "gsm8k", "--data", str(data)]


def lm_eval(folder: Path, data: Path, completions: Path, shots: int) -> list[str]:
    """The command that scores with lm-eval: its gsm8k filters and metric, its template rendering."""
    (folder / "task").mkdir()
    (folder / "task" / "gsm8k_local.yaml").write_text(LM_EVAL_TASK.format(data=data, shots=shots))
    (folder / "driver.py").write_text(LM_EVAL_DRIVER)
    return [sys.executable, str(folder / "driver.py"), str(folder / "task"), str(completions)]


def timed(command: list[str], folder: Path, attempt: int) -> float:
    """Wall seconds of one process."""
    if "score" in command:
        command = [*command, "--out", str(folder / f"run-{attempt}")]
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(folder / "hf"), "PYTHONPATH": str(REPO)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # both as installed packages run: from compiled modules
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=folder, check=False)
    taken = time.perf_counter() - started
    if done.returncode != 0:
        sys.exit(f"{command[:4]} failed:\n{done.stderr[-2000:]}")
    return taken


if __name__ == "__main__":
    main()
