"""One reply of 4,000 tokens among 1,319: when the other 1,318 are done, with it and without it.

    python benchmarks/straggler.py [--size 5m] [--requests 1319] [--tokens 4000]

GSM8K's test questions behind 8 shots, replies as long as real ones (as benchmarks/generate.py makes them) but for one,
in the middle of the queue, or first, where it is beside the others for longest (`--where`).
Every request may write up to the straggler's length, as in a real run, where nobody knows which one will. The same
requests are drawn with a usual length in the straggler's place and with the straggler, each once to compile and then
once by the clock.
"""

from __future__ import annotations

import argparse
import resource
import time
from dataclasses import replace
from typing import Any

from generate_peers import SIZES, Job, build_model, make_jobs


def main() -> None:
    """Draw both and print when the others were done."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=SIZES, default="5m")
    parser.add_argument("--requests", type=int, default=1319)
    parser.add_argument("--tokens", type=int, default=4000, help="of the straggler")
    parser.add_argument("--where", choices=("first", "middle"), default="first", help="of the queue")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()

    from harness.gemma.engine.engine import Engine

    model = build_model(given.size)
    usual = make_jobs(given.requests, model.config.num_embed, given.seed)
    in_queue = sorted(usual, key=lambda job: -len(job.prompt))  # as the engine admits equal budgets
    slow = in_queue[0 if given.where == "first" else len(in_queue) // 2].index
    straggling = [replace(job, n_new=given.tokens) if job.index == slow else job for job in usual]
    engine = Engine(model)
    for name, jobs in (("no straggler", usual), ("one straggler", straggling)):
        _draw(engine, jobs, given.tokens, slow)
        rest, whole, tokens = _draw(engine, jobs, given.tokens, slow)
        keys = engine.stats.key_steps / 1e6
        print(
            f"{name:14} the other {len(jobs) - 1:,} after {rest:.1f} s, all after {whole:.1f} s; {tokens:,} tokens "
            f"({tokens / whole:,.0f}/s); {keys:,.0f} million cache slots read",
            flush=True,
        )
    assert engine.fit is not None
    print(f"memory: {engine.fit.describe()}")
    print(f"peak of the process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20):.2f} GiB")


def _draw(engine: Any, jobs: list[Job], budget: int, slow: int) -> tuple[float, float, int]:
    """Seconds until all but `slow` were done, and until all were; tokens."""
    from harness.gemma.engine.requests import TokenRequest
    from harness.gemma.engine.sampling import Sampling

    wanted = {job.index: job.n_new for job in jobs}
    requests = [TokenRequest(index=job.index, tokens=job.prompt, max_new_tokens=budget) for job in jobs]
    begun = time.perf_counter()
    rest, tokens = 0.0, 0
    for done in engine.generate(requests, Sampling(), [], lambda index, written, _: len(written) >= wanted[index]):
        tokens += min(len(done.tokens), wanted[done.index])
        if done.index != slow:
            rest = time.perf_counter() - begun
    return rest, time.perf_counter() - begun, tokens


if __name__ == "__main__":
    main()
