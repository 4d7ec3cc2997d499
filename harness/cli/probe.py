"""`harness probe`: does the answer come from the reasoning that is shown?"""

from __future__ import annotations

from typing import Annotated

import typer

from harness.cli.options import DEFAULT_RUNS, JsonOption, RunsOption


def probe(
    run: Annotated[str, typer.Argument(help="A finished run: its folder, its id, or the start of its id.")],
    probe: Annotated[
        list[str] | None, typer.Option("--probe", "-p", help="early-answering, injected-slip, filler, paraphrase.")
    ] = None,
    model: Annotated[str, typer.Option("--model", "-m", help="Default: as the run was started with.")] = "",
    runs: RunsOption = DEFAULT_RUNS,
    json: JsonOption = False,
) -> None:
    """Probe a run's reasoning: cut it, slip in an error, replace it; a probe that was stopped goes on."""
    from harness.api.probe import probe as probe_run
    from harness.api.runs import load_run
    from harness.cli.show.console import print_json
    from harness.cli.show.probes import print_probes, probes_document
    from harness.cli.show.progress import progress

    with progress() as tell:
        recorded = load_run(run, runs=runs)
        summaries = probe_run(recorded, probe or (), model=model, on_progress=tell)
    if json:
        print_json({"path": str(recorded.path)} | probes_document(summaries))
    else:
        print_probes(summaries)
