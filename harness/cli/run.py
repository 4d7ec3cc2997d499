"""`harness run`: a task through a model, journalled, resumable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import (
    DEFAULT_RUNS,
    AlsoOption,
    BudgetOption,
    ColumnsOption,
    DataOption,
    JsonOption,
    LimitOption,
    OptionsOption,
    OutOption,
    RunsOption,
    ScorerOption,
    read_options,
    refuse_beside_resume,
    with_data,
)
from harness.core.errors import UserError
from harness.core.registry import PREFIXES

if TYPE_CHECKING:
    from harness.runner.invocation import Invocation
    from harness.store.stored import StoredRun


def run(
    context: typer.Context,
    task: Annotated[
        list[str] | None, typer.Option("--task", "-t", help="Task name or path to a .py file; may be repeated.")
    ] = None,
    model: Annotated[
        str,
        typer.Option(
            "--model",
            "-m",
            help="Folder, hub id, http://HOST/v1,model=NAME, replay:FILE, scripted:NAME; else the bundled gemma3-nano.",
        ),
    ] = "",
    option: OptionsOption = None,
    data: DataOption = None,
    columns: ColumnsOption = None,
    limit: LimitOption = None,
    scorer: ScorerOption = None,
    also: AlsoOption = None,
    probe: Annotated[
        list[str] | None, typer.Option(help="Also probe: early-answering, injected-slip, filler, paraphrase.")
    ] = None,
    max_new_tokens: BudgetOption = None,
    temperature: Annotated[float, typer.Option(help="0 is greedy.")] = 0.0,
    top_p: Annotated[float, typer.Option(help="Nucleus sampling; 1 is off.")] = 1.0,
    top_k: Annotated[int, typer.Option(help="0 is off.")] = 0,
    seed: Annotated[int, typer.Option(help="Of the sampling.")] = 0,
    repeats: Annotated[int, typer.Option(help="Completions drawn per doc.")] = 1,
    k: Annotated[str, typer.Option(help="Also pass@k and maj@k for these k, for example 1,4.")] = "",
    out: OutOption = None,
    runs: RunsOption = DEFAULT_RUNS,
    resume: Annotated[
        str | None, typer.Option(help="Go on with a run: its folder, its id, or the start of its id.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Run a task through a model; every completion is journalled as it finishes."""
    from harness.api.evaluate import go_on, joined, start
    from harness.api.models import BUNDLED_MODEL, tell_bundled
    from harness.audits.probes.records import read_probe_names
    from harness.cli.show.progress import progress
    from harness.runner.invocation import Invocation, Sampling, read_k

    if resume is not None:
        refuse_beside_resume(context, "runs", "json")
    with joined(model, resumes=resume is not None) as hosts, progress() as tell:
        if resume is not None:
            _show([go_on(resume, runs, hosts=hosts, on_progress=tell)], as_json=json)
            return
        names = _task_names(task, out)
        options = {name: with_data(read_options(option), data, columns, name) for name in names}
        asked = Invocation(
            task="",
            model=model or BUNDLED_MODEL,
            limit=limit,
            scorers=tuple(scorer or ()),
            also=tuple(also or ()),
            probes=read_probe_names(probe),
            k=read_k(k),
            max_new_tokens=max_new_tokens,
            sampling=Sampling(temperature=temperature, top_p=top_p, top_k=top_k, seed=seed, repeats=repeats),
        )
        _check_tasks(options)
        tell_bundled(model)
        _show([start(one, out, runs, on_progress=tell, hosts=hosts) for one in _each(asked, options)], as_json=json)


def _each(asked: Invocation, options: Mapping[str, Mapping[str, str]]) -> Sequence[Invocation]:
    from dataclasses import replace

    return [replace(asked, task=name, options=given) for name, given in options.items()]


def _check_tasks(options: Mapping[str, Mapping[str, str]]) -> None:
    """Every task and its options, before the first one is run or anything is said."""
    from harness.core.registry import find_entry

    for name, given in options.items():
        find_entry(name).read(given)


def _task_names(task: list[str] | None, out: Path | None) -> list[str]:
    names = [name for part in task or [] for name in _split(part)]
    if not names:
        raise UserError("no --task given", tip="`harness tasks` lists every task.")
    if len(names) > 1 and out is not None:
        raise UserError("--out names one folder, but there are several tasks", tip="use --runs instead.")
    return names


def _split(part: str) -> list[str]:
    """Comma-separated names; the prefix of a part stands for all its names: `lm_eval:gsm8k,svamp`."""
    prefix, separator, rest = part.partition(":")
    if separator and prefix in PREFIXES:
        return [f"{prefix}:{name.removeprefix(prefix + ':')}" for name in rest.split(",") if name]
    return [name for name in part.split(",") if name]


def _show(finished: Sequence[StoredRun], *, as_json: bool) -> None:
    from harness.api.outcome import refuse_nothing_scored
    from harness.cli.show.console import print_json
    from harness.cli.show.run import finished_document, print_finished

    finished = [one for one in finished if not one.elsewhere]
    if as_json and finished:
        documents = [finished_document(one) for one in finished]
        print_json(documents[0] if len(documents) == 1 else {"runs": documents})
    else:
        for one in finished:
            print_finished(one)
    for one in finished:
        refuse_nothing_scored(one)
