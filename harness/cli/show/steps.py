"""How checked steps look on the terminal and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tasks.scoring.steps.checked import CheckedSteps
    from tasks.scoring.steps.verdict.verdicts import StepCheck, Tier

_STYLES = {"valid": "green", "invalid": "bold red", "imprecise": "yellow", "suspicious": "magenta"}


def print_steps(made: CheckedSteps) -> None:
    """Every step with its verdict and statements, and what was decided."""
    from harness.cli.show.console import out

    console = out()
    for step in made.steps:
        _print_step(console, step, made.tier)
    console.print(made.summary, markup=False)


def steps_document(made: CheckedSteps) -> dict[str, Any]:
    """The JSON of one solution's check; `verdict` is that of the tier."""
    from harness.core.codec import encode

    steps = [{**encode(step), "verdict": step.verdict_in(made.tier)} for step in made.steps]
    return {"first_error": made.first_error(), "verdicts": list(made.verdicts()), "steps": steps}


def _print_step(console: Any, step: StepCheck, tier: Tier) -> None:
    from rich.text import Text

    from tasks.scoring.steps.checked import explain

    verdict = step.verdict_in(tier)
    shown = " ".join(step.text.split())
    console.print(Text.assemble(f"{step.index + 1:>3}  ", (f"{verdict:<13}", _STYLES.get(verdict, "dim")), shown))
    for statement in step.statements:
        console.print(Text(f"{'':18}{explain(statement, tier)}", style="dim"))
