"""The `harness` command: each subcommand is a function of its own module, loaded when it is called."""

from __future__ import annotations

import sys

from harness.core.errors import UserError

EXIT_USER_ERROR = 2
EXIT_INTERRUPTED = 130


def main() -> None:
    """Run the command line; a user's mistake prints one line and exits 2."""
    from harness.cli.app import build_app
    from harness.cli.huge_pages import restart_with_huge_pages

    restart_with_huge_pages()
    try:
        build_app()(standalone_mode=True)
    except UserError as error:
        print(f"error: {error.message}", file=sys.stderr)
        if error.tip:
            print(f"tip: {error.tip}", file=sys.stderr)
        sys.exit(EXIT_USER_ERROR)
    except BrokenPipeError:  # `harness ... | head`
        sys.stderr.close()
        sys.exit(0)


if __name__ == "__main__":
    main()
