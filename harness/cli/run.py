"""`harness run`: a task through a model, journalled, resumable."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli.also import HELP as ALSO_HELP
from harness.cli.options import DEFAULT_RUNS, read_options, with_data
from harness.core.errors import UserError
from harness.core.registry import PREFIXES

if TYPE_CHECKING:
    from harness.api.evaluate import Finished
    from harness.runner.hosts import Hosts

BUNDLED_MODEL = "gemma3-nano"


def run(
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
    option: Annotated[list[str] | None, typer.Option("--option", "-o", help="A task option, key=value.")] = None,
    data: Annotated[str | None, typer.Option(help="Local data file instead of the task's own source.")] = None,
    columns: Annotated[str | None, typer.Option(help="Which column holds what: question=Q,answer=A.")] = None,
    limit: Annotated[int | None, typer.Option(help="Only the first N docs.")] = None,
    scorer: Annotated[list[str] | None, typer.Option(help="Add a scorer, for example step_validity.")] = None,
    also: Annotated[list[str] | None, typer.Option(help=ALSO_HELP)] = None,
    probe: Annotated[
        list[str] | None, typer.Option(help="Also probe: early-answering, injected-slip, filler, paraphrase.")
    ] = None,
    max_new_tokens: Annotated[int | None, typer.Option(help="Default: the task's own budget.")] = None,
    temperature: Annotated[float, typer.Option(help="0 is greedy.")] = 0.0,
    top_p: Annotated[float, typer.Option(help="Nucleus sampling; 1 is off.")] = 1.0,
    top_k: Annotated[int, typer.Option(help="0 is off.")] = 0,
    seed: Annotated[int, typer.Option(help="Of the sampling.")] = 0,
    repeats: Annotated[int, typer.Option(help="Completions drawn per doc.")] = 1,
    k: Annotated[str, typer.Option(help="Also pass@k and maj@k for these k, for example 1,4.")] = "",
    out: Annotated[Path | None, typer.Option(help="Folder of this run. Default: a new one under --runs.")] = None,
    runs: Annotated[Path, typer.Option(help="Where runs are kept.")] = DEFAULT_RUNS,
    resume: Annotated[
        str | None, typer.Option(help="Go on with a run: its folder, its id, or the start of its id.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Run a task through a model; every completion is journalled as it finishes."""
    from harness.api import evaluate as launch
    from harness.audits.probes.records import read_probe_names
    from harness.cli.show.console import notice
    from harness.runner.jax_hosts import leave_hosts

    if resume is not None:
        _refuse_with_resume(task, model, option, data)
    hosts = _join(model, resume)
    try:
        if resume is not None:
            _show([launch.resume(resume, runs, hosts)], as_json=json)
            return
        invocation = {
            "model": model or BUNDLED_MODEL,
            "limit": limit,
            "scorers": scorer or [],
            "also": also or [],
            "probes": list(read_probe_names(probe)),
            "k": k,
            "max_new_tokens": max_new_tokens,
            "sampling": {"temperature": temperature, "top_p": top_p, "top_k": top_k, "seed": seed, "repeats": repeats},
        }
        names = _task_names(task, out)
        options = {name: with_data(read_options(option), data, columns, name) for name in names}
        _check_tasks(options)
        if not model:
            notice(f"no --model given: {BUNDLED_MODEL}, the bundled model of 0.8 million parameters, answers")
        finished = [
            launch.start(invocation | {"task": name, "options": options[name]}, out, runs, hosts) for name in names
        ]
        _show(finished, as_json=json)
    finally:
        leave_hosts(hosts)


def _join(model: str, resume: str | None) -> Hosts:
    """The other processes of this run. A pod is joined for a model that runs on it, not to ask a server from one of
    its workers."""
    from harness.backends.open import split_spec
    from harness.runner.hosts import ALONE
    from harness.runner.jax_hosts import is_group_named, join_hosts, on_pod

    wanted = is_group_named() or (on_pod() and (resume is not None or split_spec(model or BUNDLED_MODEL)[0] == "gemma"))
    return join_hosts(recoverable=True) if wanted else ALONE


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


def _refuse_with_resume(task: object, model: object, option: object, data: object) -> None:
    if task or model or option or data:
        raise UserError("--resume goes on with what the run was started with", tip="give --resume alone.")


def _show(finished: list[Finished], *, as_json: bool) -> None:
    from harness.cli.also import print_lm_eval
    from harness.cli.probe import print_probes
    from harness.cli.show.console import print_json
    from harness.cli.show.run import print_run, tell_faults

    finished = [one for one in finished if not one.elsewhere]
    for one in finished:
        tell_faults(one.records)
    if as_json and finished:
        documents = [_document(one) for one in finished]
        print_json(documents[0] if len(documents) == 1 else {"runs": documents})
        return
    for one in finished:
        print_run(one.run, one.folder)
        if one.lm_eval is not None:
            print_lm_eval(one.lm_eval)
        print_probes(one.probes)


def _document(finished: Finished) -> dict[str, Any]:
    from harness.cli.probe import probes_document
    from harness.cli.show.run import run_document

    document = run_document(finished.run, finished.folder)
    if finished.lm_eval is not None:
        document |= {"lm_eval": finished.lm_eval}
    return document if not finished.probes else document | probes_document(finished.probes)
