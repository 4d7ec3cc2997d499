"""`python -m harness.lm_eval_bridge run ...`: lm-eval's own command, in which `--model reasoning-harness` is known."""

from __future__ import annotations

import sys

from harness.core.errors import UserError
from harness.lm_eval_bridge.compat import lm_eval_name


def main() -> None:
    """Register our model and hand over to lm-eval; a user's mistake prints one line and exits 2."""
    try:
        command = lm_eval_name("lm_eval.__main__:cli_evaluate")
        import harness.lm_eval_bridge.model  # noqa: F401  importing registers it

        command()
    except UserError as error:
        print(f"error: {error.message}", file=sys.stderr)
        if error.tip:
            print(f"tip: {error.tip}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
