"""What must be known of a run that was just made, before its numbers are believed."""

from __future__ import annotations

import shlex
from pathlib import Path

from harness.core.errors import UserError
from harness.core.failures import empty_words, failed, failure_words, is_nothing_scored
from harness.core.notices import notice
from harness.runner.invocation import IN_MEMORY
from harness.store.stored import StoredRun

RESUME = "harness run --resume"


def resume_command(folder: Path) -> str:
    """What goes on with the run in a folder."""
    return f"{RESUME} {shlex.quote(str(folder))}"


def tell_failures(made: StoredRun) -> None:
    """How many completions failed, why, and how to go on; and that the replies are empty, where many are."""
    lacking = failed(made.records)
    if lacking:
        share = f"{len(lacking):,} of {len(made.records):,} completions failed and are not scored"
        notice(f"{share}: {failure_words(lacking)}; go on with: {_goes_on(made)}")
    tell_empty(made)


def tell_empty(made: StoredRun) -> None:
    """That many replies are empty: a number of them says nothing of a model that was never heard."""
    if words := empty_words(made.records):
        notice(words)


def refuse_nothing_scored(made: StoredRun) -> None:
    """Raise UserError for a run of which nothing could be scored: it has no number that could pass for a result."""
    if not is_nothing_scored(made.run, made.records):
        return
    goes_on = "" if made.run.settings is None else f"mend the cause, then go on with: {_goes_on(made)}"
    raise UserError(f"nothing could be scored: none of {len(made.records):,} completions", tip=goes_on)


def _goes_on(made: StoredRun) -> str:
    asked = made.run.invocation
    if any(str(asked.get(name, "")).startswith(IN_MEMORY) for name in ("task", "model")):
        return f"harness.resume({str(made.path)!r}, task=..., model=...)"
    return resume_command(made.path)
