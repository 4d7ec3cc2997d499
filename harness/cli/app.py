"""The typer application: names the commands and groups them, nothing more."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any

import typer

from harness._version import __version__
from harness.cli.compare import compare
from harness.cli.contamination import contamination
from harness.cli.demo import demo
from harness.cli.export_lm_eval import export_lm_eval
from harness.cli.history import history
from harness.cli.lint import lint
from harness.cli.new_task import new_task
from harness.cli.noise import noise
from harness.cli.plan import plan
from harness.cli.prepare import prepare
from harness.cli.probe import probe
from harness.cli.report import report
from harness.cli.run import run
from harness.cli.score import score
from harness.cli.steps import steps
from harness.cli.tasks import tasks
from harness.cli.train import train
from harness.core.stopped import Stopped

EXIT_STOPPED = 130
_EPILOG = (
    "Exit codes: 0 done, 2 a mistake in the call or the data, or nothing could be scored, 3 gate or lint failed, "
    "4 gate inconclusive, 130 stopped."
)
_GROUPS = {
    "Measure": (run, score, compare, report, probe, noise, history, demo),
    "Check": (steps, lint, contamination),
    "Tasks": (tasks, new_task, export_lm_eval),
    "Train": (prepare, plan, train),
}


def build_app() -> typer.Typer:
    """The `harness` application with every command."""
    app = typer.Typer(
        name="harness",
        help="Measure whether a fine-tuned model thinks better or only formats better.",
        epilog=_EPILOG,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_options)
    for group, commands in _GROUPS.items():
        for command in commands:
            app.command(name=command.__name__.replace("_", "-"), rich_help_panel=group)(_stoppable(command))
    return app


def _stoppable(command: Callable[..., None]) -> Callable[..., None]:
    """The command; where it is interrupted it says how to go on and exits 130."""

    @wraps(command)
    def call(*arguments: Any, **options: Any) -> None:
        try:
            command(*arguments, **options)
        except Stopped as stopped:
            print(f"\n{stopped.at_shell}", file=sys.stderr)
            raise typer.Exit(EXIT_STOPPED) from None

    return call


def _print_version(asked: bool) -> None:
    if asked:
        print(f"reasoning-harness {__version__}")
        raise typer.Exit


def _options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", is_eager=True, callback=_print_version)
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Before the command: an error shows its traceback too.")
    ] = False,
) -> None:
    """Options of `harness` itself."""
