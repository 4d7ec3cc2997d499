"""What the demo prints: its plan, accuracy by number of steps for base and arms, and every pair with Holm's p."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.api.benchmark import StepsAccuracy
    from harness.api.demo import TrainedDemo
    from harness.api.demo_recorded import RecordedDemo
    from harness.store.stored import StoredRun
    from sft.config import Resolved
    from sft.training.result import ComparedPair

HEADLINES = ("accuracy", "compliant", "step_validity", "sound_and_correct")
CANDIDATE = "reasoning-answer"


def print_plan(resolved: Resolved) -> None:
    """What is about to happen."""
    from harness.cli.show.console import out
    from harness.gemma.model.config import read_config
    from harness.gemma.model.hub import resolve
    from harness.gemma.model.layout import parameters
    from harness.gemma.model.tunix_adapter import sizes_of

    config = resolved.config
    shape = parameters(sizes_of(read_config(resolve(config.model.base).model)))
    size = sum(math.prod(part) for parameter in shape for part in parameter.source_shapes)
    console = out()
    for line in (
        f"base: {config.model.base}, {size / 1e6:.1f} million parameters; it answers at once",
        f"arms: {', '.join(config.train.arms)}; same questions ({config.data.source}), same number of tokens",
        f"measured on: {', '.join(config.benchmark.tasks)}, themes and numbers held out from training",
        "then every pair is compared, question by question, and reported",
    ):
        console.print(line, markup=False)


def print_demo(made: TrainedDemo) -> None:
    """Headlines, accuracy by steps, pairs, what must be known to read them, and where the pages are."""
    from harness.cli.show.console import out

    console = out()
    console.print(_headlines(made.runs))
    console.print(_steps_table(made.by_steps))
    console.print(_pairs_table(made.comparisons, made.p_adjusted))
    if made.note:
        console.print(f"note: {made.note}", markup=False)
    for pair in made.comparisons:
        if pair.candidate == CANDIDATE:
            _print_verdict(pair, "against", (pair.candidate, pair.baseline))


def print_recorded(made: RecordedDemo) -> None:
    """Every run's headlines, and the verdict of every pair that was asked alike."""
    from harness.cli.show.console import out

    out().print(_recorded_table(made))
    for pair in made.comparisons:
        _print_verdict(pair, "to", (pair.baseline, pair.candidate))


def _print_verdict(pair: ComparedPair, word: str, names: tuple[str, str]) -> None:
    from harness.cli.show.console import out

    console = out()
    console.print(f"{names[0]} {word} {names[1]}: {pair.verdict}", markup=False, style="bold")
    console.print(f"  report: {pair.report}", markup=False)


def _recorded_table(made: RecordedDemo) -> Any:
    from harness.cli.show.console import table
    from harness.cli.show.run import percent

    shown = table("run", *HEADLINES, "docs", "opened by the prompt", right=(*HEADLINES, "docs"))
    for name, run in made.runs.items():
        values = [percent(run.estimates[metric].value) for metric in HEADLINES]
        shown.add_row(name, *values, str(run.estimates["accuracy"].n_docs), made.prefills[name].strip() or "-")
    return shown


def _headlines(runs: Mapping[str, StoredRun]) -> Any:
    from harness.cli.show.console import table
    from harness.cli.show.run import percent

    made = table("model", *HEADLINES, right=HEADLINES)
    for model, run in runs.items():
        found = [run.estimates.get(name) for name in HEADLINES]
        made.add_row(model, *(percent(None if one is None else one.value) for one in found))
    return made


def _steps_table(rows: Sequence[StepsAccuracy]) -> Any:
    from harness.cli.show.console import table
    from harness.cli.show.run import percent

    lengths = sorted({row.n_steps for row in rows})
    columns = [f"{n} step{'s' * (n > 1)}" for n in lengths]
    made = table("accuracy at", *columns, right=columns)
    for model in dict.fromkeys(row.model for row in rows):
        cells = {row.n_steps: row for row in rows if row.model == model}
        shown = (f"{percent(cells[n].value)} ({100 * cells[n].low:.0f}-{100 * cells[n].high:.0f})" for n in lengths)
        made.add_row(model, *shown)
    return made


def _pairs_table(pairs: Sequence[ComparedPair], p_adjusted: Sequence[float | None]) -> Any:
    from harness.cli.show.console import table
    from harness.core.words import p_words

    numbers = ("accuracy, points", "95% interval", "p (Holm)")
    made = table("baseline", "candidate", *numbers, right=numbers)
    for pair, p_value in zip(pairs, p_adjusted, strict=True):
        found = pair.compared.difference()
        known = found.low is not None and found.high is not None
        ends = f"{100 * found.low:+.1f} to {100 * found.high:+.1f}" if known else "-"  # type: ignore[operator]
        change = f"{100 * found.value:+.1f}" if found.value is not None else "-"
        made.add_row(pair.baseline, pair.candidate, change, ends, p_words(p_value))
    return made
