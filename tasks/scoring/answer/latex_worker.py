"""The helper process of latex_process.py: reads pairs of answers as JSON lines, writes 'equal', 'different' or 'error'.

Only math-verify's LaTeX path runs: an ANTLR grammar that builds sympy objects. Its plain-expression path ends in
sympy's parse_expr, which is Python's eval, and is left out: nothing a model writes is evaluated.
"""

from __future__ import annotations

import json
import signal
import sys
from typing import Any

MEMORY_BYTES = 4 * 2**30


def main() -> None:
    """Answer questions until standard input closes."""
    limit_memory()
    replies, sys.stdout = sys.stdout, sys.stderr  # a library that prints must not be taken for a reply
    from math_verify import LatexExtractionConfig, parse, verify

    config = (LatexExtractionConfig(),)
    _judge("1", "2", config, parse, verify)  # the first comparison loads what all others use
    print("ready", file=replies, flush=True)
    for line in sys.stdin:
        question = json.loads(line)
        limit_time(question["seconds"])
        print(_judge(question["gold"], question["answer"], config, parse, verify), file=replies, flush=True)


def limit_time(seconds: float) -> None:
    """Let the system end this process after so much more processor time, in the middle of C code too; where it has
    no such timer, the other end waits for its own limit."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, seconds)


def limit_memory() -> None:
    """A power tower may ask for any amount of memory; where the system has no limits, time alone protects."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def _judge(gold: str, answer: str, config: Any, parse: Any, verify: Any) -> str:
    try:
        parsed = [
            parse(f"${text.replace('$', '')}$", extraction_config=config, parsing_timeout=None)
            for text in (gold, answer)
        ]
        if not all(parsed):
            return "error"
        return "equal" if verify(*parsed, timeout_seconds=None) else "different"
    except Exception:
        return "error"


if __name__ == "__main__":
    main()
