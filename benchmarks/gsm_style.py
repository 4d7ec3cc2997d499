"""How fast the story problems are made: docs a second of one core, by split and variant.

python benchmarks/gsm_style.py [N_DOCS]
"""

from __future__ import annotations

import sys
import time
from itertools import islice
from typing import Any

from tasks.gsm_style import all_templates, stream

CASES: tuple[dict[str, Any], ...] = (
    {"split": "train"},
    {"split": "train", "variant": "longer"},
    {"split": "test"},
    {"split": "test", "variant": "all"},
)


def docs_per_second(n_docs: int, **options: Any) -> float:
    """Docs a second of processor time, templates already imported."""
    started = time.process_time()
    made = sum(1 for _ in islice(stream(1, **options), n_docs))
    return made / (time.process_time() - started)


def main() -> None:
    """Print one line a case."""
    n_docs = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    print(f"{len(all_templates())} templates, {n_docs:,} docs a case")
    for options in CASES:
        print(f"{docs_per_second(n_docs, **options):>8,.0f} docs/s  {options}")


if __name__ == "__main__":
    main()
