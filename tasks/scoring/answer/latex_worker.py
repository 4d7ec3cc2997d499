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
RELATIVE_TOLERANCE = 1e-5
"""Of two numbers: math-verify takes 0.333333 for 1/3 and so do we; 3^-60 is not 3^-61."""
ORDERED = frozenset({"Tuple", "Interval"})
"""Of sympy's types, those whose parts stand in order."""


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
        if not verify(*parsed, timeout_seconds=None, allow_set_relation_comp=True):
            return "different"
        return "equal" if _near(parsed[0][0], parsed[1][0]) else "different"
    except Exception:
        return "error"


def _near(gold: Any, answer: Any) -> bool:
    """Whether two values that math-verify holds equal are so relative to their size: it rounds to six decimals, which
    makes all tiny numbers equal. What is no number, and the parts of what has no order, are left to math-verify."""
    if getattr(gold, "is_number", False) and getattr(answer, "is_number", False):
        size = max(abs(gold.evalf(20)), abs(answer.evalf(20)))
        return bool(abs((gold - answer).evalf(20)) <= RELATIVE_TOLERANCE * size)
    if isinstance(gold, str) or isinstance(answer, str) or type(gold) is not type(answer):
        return True
    parts, others = getattr(gold, "args", ()), getattr(answer, "args", ())
    if len(parts) != len(others) or type(gold).__name__ not in ORDERED:
        return True
    return all(_near(part, other) for part, other in zip(parts, others, strict=True))


if __name__ == "__main__":
    main()
