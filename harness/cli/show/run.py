"""How a run looks on the terminal and as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.core.codec import encode
from harness.core.records import Estimate, Run
from harness.core.words import n_of

if TYPE_CHECKING:
    from harness.store.stored import StoredRun


def run_document(run: Run, folder: Path) -> dict[str, Any]:
    """The JSON of a run: `{"run": {...}, "estimates": {...}}`; values are fractions."""
    document = encode(run)
    estimates = document.pop("estimates")
    return {"run": document | {"path": str(folder)}, "estimates": estimates}


def finished_document(made: StoredRun) -> dict[str, Any]:
    """The JSON of a run that was just made, with what was asked for beside it."""
    from harness.cli.show.probes import probes_document

    document = run_document(made.run, made.path)
    if made.run.invocation.get("also") or (made.run.settings is None and made.lm_eval is not None):
        document |= {"lm_eval": made.lm_eval}
    asked = asked_probes(made)
    return document | probes_document(asked) if asked else document


def asked_probes(made: StoredRun) -> list[Any]:
    """The probes that the run was asked for, in that order."""
    names = made.run.invocation.get("probes", ())
    return [made.probes[name] for name in names if name in made.probes]


def print_finished(made: StoredRun) -> None:
    """A run that was just made, with what was asked for beside it."""
    from harness.cli.show.lm_eval import print_lm_eval
    from harness.cli.show.probes import print_probes

    print_run(made.run, made.path)
    if made.lm_eval is not None:
        print_lm_eval(made.lm_eval)
    print_probes(asked_probes(made))


def docs_words(run: Run) -> str:
    """How many docs a finished run has numbers of: '1,319', or '12 of 1,319' where completions were lacking."""
    found = run.estimates.get(run.primary)
    return n_of(found.n_docs + found.n_not_scored if found is not None else run.data.n_docs, run.data.n_docs)


def print_run(run: Run, folder: Path, *, diagnostics: bool = False) -> None:
    """The estimates of a run as a table, the primary metric first; diagnostic metrics on request."""
    from harness.cli.show.console import out, table

    console = out()
    noun = "doc" if run.data.n_docs == 1 else "docs"
    console.print(f"{run.task} · {run.model.name} · {docs_words(run)} {noun} from {run.data.source}", markup=False)
    made = table(
        "metric", "value", "95% interval", "docs", "not scored", right=("value", "95% interval", "docs", "not scored")
    )
    names = [run.primary, *(name for name in run.estimates if name != run.primary)]
    hidden = set() if diagnostics else {info.name for info in run.metrics if info.diagnostic}
    for name in names:
        if name in run.estimates and name not in hidden:
            made.add_row(name, *_cells(run.estimates[name], _kind(run, name)))
    console.print(made)
    if hidden:
        console.print(f"{len(hidden)} diagnostic metrics more: `harness report {folder}`", markup=False)
    console.print(f"run: {folder}", markup=False)


def percent(value: float | None) -> str:
    """A fraction as a percentage; undefined is an en dash."""
    return "–" if value is None else f"{100 * value:.1f}%"


def _kind(run: Run, name: str) -> str:
    return next((info.kind for info in run.metrics if info.name == name), "binary")


def _cells(estimate: Estimate, kind: str) -> tuple[str, str, str, str]:
    is_share = kind != "mean" and (estimate.value is None or 0 <= estimate.value <= 1)
    show = percent if is_share else _plain  # a perplexity is no share of anything
    interval = "–" if estimate.low is None else f"{show(estimate.low)} to {show(estimate.high)}"
    return show(estimate.value), interval, str(estimate.n_docs), str(estimate.n_not_scored)


def _plain(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
