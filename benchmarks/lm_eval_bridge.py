"""What the bridge costs: lm-eval's gsm8k, 1,319 docs, 8-shot, canned replies, by us and by lm-eval itself.

    python benchmarks/lm_eval_bridge.py [--docs 1319] [--shots 8]

Both sides get the same rows, the same replies and processes of their own; both print what the same work took, imports
apart, and both must arrive at the same numbers. Our side writes its journal; lm-eval's writes nothing. Work is CPU
time, so that other programs on the machine change it little.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

ENDINGS = ("#### {}", "The answer is ${}.", "So it is {}.")


def reply(context: str) -> str:
    """The same canned reply on both sides."""
    last = context.rsplit("Question:", 1)[1]
    return "Step by step. " + ENDINGS[len(last) % 3].format(len(last) % 90)


def write_rows(path: Path, n: int) -> None:
    """Rows as long as GSM8K's."""
    story = "Ann has {a} apples, buys {b} more at the market and then gives half of what she has to each friend. " * 2
    with path.open("w", encoding="utf-8") as file:
        for i in range(n):
            question = story.format(a=i, b=2 * i) + "How many has she?"
            file.write(json.dumps({"question": question, "answer": f"{i}+{i}={2 * i}\n" * 3 + f"#### {i % 90}"}) + "\n")


def ours(data: str, shots: int, scratch: Path) -> dict[str, float]:
    """Build the task, run it, aggregate."""
    import lm_eval.tasks  # noqa: F401  not part of the work that is timed, on either side

    from harness.core.records import Completion, GenerationSettings, ModelInfo
    from harness.core.registry import load_task
    from harness.runner.begin import new_run
    from harness.runner.run import run_task

    class Canned:
        def describe(self) -> ModelInfo:
            return ModelInfo(name="canned", fingerprint="canned")

        def generate(self, requests, settings):  # type: ignore[no-untyped-def]
            for request in requests:
                text = reply(request.prompt.messages[0].content)
                yield Completion(doc_id=request.doc_id, text=text, repeat=request.repeat)

        def close(self) -> None: ...

    start = time.process_time()
    task = load_task("lm_eval:gsm8k", {"data": data, "few_shot": shots})
    built = time.process_time()
    settings = GenerationSettings(max_new_tokens=task.max_new_tokens, stop=task.stop)
    backend = Canned()
    folder = scratch / "run"
    folder.mkdir()
    run = new_run(folder, task, backend.describe(), settings, {})
    run, _ = run_task(task, backend, settings, folder, run)
    done = time.process_time()
    numbers = {name: estimate.value for name, estimate in run.estimates.items()}
    return {"seconds": done - start, "build": built - start, "run": done - built, **numbers}  # type: ignore[dict-item]


def theirs(data: str, shots: int, scratch: Path) -> dict[str, float]:
    """`simple_evaluate`, as `lm_eval run` calls it, on its own gsm8k with these rows."""
    from lm_eval import simple_evaluate
    from lm_eval.api.model import LM
    from lm_eval.tasks import TaskManager

    from harness.lm_eval_bridge.find import task_folders
    from harness.lm_eval_bridge.local_data import write_local_task

    class Canned(LM):
        def generate_until(self, requests, disable_tqdm=False):  # type: ignore[no-untyped-def]
            return [reply(request.args[0]) for request in requests]

        def loglikelihood(self, requests, disable_tqdm=False):  # type: ignore[no-untyped-def]
            raise NotImplementedError

        loglikelihood_rolling = loglikelihood

    write_local_task(task_folders("gsm8k")[0] / "gsm8k.yaml", "gsm8k", scratch, data, "")
    start = time.process_time()
    manager = TaskManager(include_path=str(scratch), include_defaults=False)
    found = simple_evaluate(Canned(), tasks=["gsm8k"], task_manager=manager, num_fewshot=shots, bootstrap_iters=0)
    seconds = time.process_time() - start
    numbers = {key: value for key, value in found["results"]["gsm8k"].items() if key.startswith("exact_match,")}
    return {"seconds": seconds, **numbers}


def measure(side: str, data: Path, shots: int) -> dict[str, float]:
    """One side in a process of its own."""
    command = [sys.executable, __file__, "--side", side, "--data", str(data), "--shots", str(shots)]
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    whole = time.perf_counter() - start
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return {"whole": whole, **found}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--docs", type=int, default=1319)
    parser.add_argument("--shots", type=int, default=8)
    parser.add_argument("--side", choices=("ours", "theirs"))
    parser.add_argument("--data")
    arguments = parser.parse_args()
    with TemporaryDirectory() as scratch:
        if arguments.side:
            side = ours if arguments.side == "ours" else theirs
            print(json.dumps(side(arguments.data, arguments.shots, Path(scratch))))
            return
        data = Path(scratch) / "rows.jsonl"
        write_rows(data, arguments.docs)
        mine, other = measure("ours", data, arguments.shots), measure("theirs", data, arguments.shots)
    agree = all(mine[key] == value for key, value in other.items() if key.startswith("exact_match"))
    print(f"gsm8k, {arguments.docs} docs, {arguments.shots}-shot, canned replies")
    print(f"{'':24}{'work, CPU s':>12}{'process, s':>12}")
    print(f"{'reasoning-harness':24}{mine['seconds']:12.2f}{mine['whole']:12.2f}")
    print(f"{'lm-eval':24}{other['seconds']:12.2f}{other['whole']:12.2f}")
    print(f"prompts {mine['build']:.2f}, drawing, scoring, journal and intervals {mine['run']:.2f}")
    print(f"ratio of work {other['seconds'] / mine['seconds']:.1f}; same numbers: {agree}")


if __name__ == "__main__":
    main()
