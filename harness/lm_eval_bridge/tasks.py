"""lm-eval's tasks as tasks of this harness: its docs, its few-shot prompts, its filters and metrics; our runs.

`harness run --task lm_eval:gsm8k --model M`. The row and the prompt are lm-eval's own:
    doc:     {"question": "Janet's ducks lay 16 eggs per day ...", "answer": "Janet sells ... #### 18"}
    prompt:  "Question: ...\\nAnswer: ...\\n\\nQuestion: Janet's ducks lay 16 eggs per day ...\\nAnswer:"
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from harness.core.errors import UserError
from harness.core.registry import task
from harness.core.task import Task, TaskFunction
from harness.core.words import one_line
from harness.data.hub import stay_offline_without_hub
from harness.data.identity import data_info
from harness.lm_eval_bridge.compat import Loaded, cache_templates, load, quiet, rendered_once
from harness.lm_eval_bridge.find import task_folders, yaml_of
from harness.lm_eval_bridge.local_data import write_local_task
from harness.lm_eval_bridge.prompts import Asked, ChatTurns, LmEvalPrompt, asked_of
from harness.lm_eval_bridge.scoring import lm_eval_scorers
from harness.lm_eval_bridge.summary import lm_eval_summary

_SEEDS = (0, 1234)
"""Of `random` and numpy, as lm-eval sets them before it loads a task."""
_SHOT_SEED = 1234
_BUDGETS = ("max_gen_toks", "max_new_tokens", "max_tokens", "max_completion_tokens")
_DEFAULT_BUDGET = 256
"""New tokens where a task does not say: what lm-eval's models use."""


def task_function(name: str) -> TaskFunction:
    """The function that builds lm-eval's task, tag or group `name` (or the task in a YAML file of that path)."""

    def lm_eval_task(
        data: str = "",
        train: str = "",
        few_shot: int | None = None,
        chat: bool = False,
        system: str = "",
        include: str = "",
    ) -> Task:
        """A task of lm-evaluation-harness, with its own prompts, filters and metrics.

        data: a local file with the columns of the task's dataset, in its place; train: one for the few-shot examples.
        few_shot: examples in the prompt, where the task does not fix it at 0; default: the task's own number.
        chat: the model's chat template, the examples as turns; system: a system instruction.
        include: a folder of further task files, as lm-eval's --include_path.
        """
        if not data:
            stay_offline_without_hub()
        cache_templates()
        with quiet(), _seeded(), rendered_once(), TemporaryDirectory() as scratch:
            loaded = _load(name, data, train, include, Path(scratch))
            asked = [one for key, made in loaded.tasks.items() for one in _ask(key, made, few_shot, chat, system)]
        if not asked:
            raise UserError(f"lm-eval's {name!r} has no docs")
        return _as_task(name, loaded, asked, data)

    return task(name=f"lm_eval:{name}")(lm_eval_task)


def _load(name: str, data: str, train: str, include: str, scratch: Path) -> Loaded:
    folders = [Path(include)] if include else []
    if name.endswith((".yaml", ".yml")):
        source = Path(name)
        if not source.is_file():
            raise UserError(f"no lm-eval task file at {name}")
        return _on_local_data(source, source.stem, data, train, scratch) if data else _guarded(str(source), folders)
    if not include or not _defines(Path(include), name):
        folders += task_folders(name)
    if data:
        source = next(yaml_of(name, folder) for folder in folders)
        return _on_local_data(source, name, data, train, scratch)
    return _guarded(name, folders)


def _defines(folder: Path, name: str) -> bool:
    if not folder.is_dir():
        raise UserError(f"no folder at {folder}")
    return any(name in path.read_text(encoding="utf-8") for path in folder.rglob("*.yaml"))


def _on_local_data(source: Path, name: str, data: str, train: str, scratch: Path) -> Loaded:
    write_local_task(source.resolve(), name, scratch, data, train)
    return _guarded(name, [scratch])


def _guarded(name: str, folders: Sequence[Path]) -> Loaded:
    """Load from these folders alone; a group that reaches into others needs all of lm-eval's tasks."""
    try:
        return load(name, folders)
    except UserError:
        raise
    except Exception as first:
        reason: Exception = first
        if isinstance(first, (KeyError, ValueError, TypeError)):
            try:
                return load(name, folders, all_tasks=True)
            except Exception as second:
                reason = second
        said = one_line(reason)
        raise UserError(
            f"lm-eval cannot load {name!r}: {type(reason).__name__}: {said}",
            tip="offline, give its docs with --data FILE (and few-shot examples with -o train=FILE).",
        ) from reason


def _ask(name: str, made: Any, few_shot: int | None, chat: bool, system: str) -> Iterator[Asked]:
    """Every doc of one task with what lm-eval asks for it, as `lm_eval run` would build it."""
    if getattr(made, "UNSAFE_CODE", False):
        raise UserError(f"lm-eval's {name!r} runs code that the model wrote", tip="run it with `lm_eval run` itself.")
    default = made.get_config("num_fewshot")
    if few_shot is not None and default != 0:
        made.set_config(key="num_fewshot", value=few_shot)
    elif default is None:
        made.set_config(key="num_fewshot", value=0)
    made.set_fewshot_seed(seed=_SHOT_SEED)
    try:
        made.build_all_requests(
            system_instruction=system or None,
            apply_chat_template=chat,
            fewshot_as_multiturn=chat,
            chat_template=ChatTurns if chat else None,
        )
    except Exception as error:  # jinja2, datasets and task functions each raise their own
        n_shots = made.get_config("num_fewshot")
        raise UserError(
            f"lm-eval cannot build the {n_shots}-shot prompts of {name!r}: {type(error).__name__}: {error}",
            tip="-o few_shot=N for fewer examples, -o train=FILE for others; does --data have the task's columns?",
        ) from error
    return asked_of(name, made)


def _as_task(name: str, loaded: Loaded, asked: Sequence[Asked], data: str) -> Task:
    docs = tuple(one.doc for one in asked)
    by_id = {one.doc.id: one for one in asked}
    scorers, primary = lm_eval_scorers(name, loaded, by_id)
    budget, stop = _generation(name, loaded.tasks)
    source = f"file:{Path(data).name}" if data else f"lm-eval:{name}"
    return Task(
        docs=docs,
        scorers=scorers,
        primary=primary,
        version="+".join(sorted({str(made.VERSION) for made in loaded.tasks.values()})),
        prompt=LmEvalPrompt(prompts={one.doc.id: one.prompt for one in asked}),
        max_new_tokens=budget,
        stop=stop,
        data=data_info(source, docs, notice=_notice(loaded.tasks)),
        summary=lm_eval_summary(loaded, by_id),
    )


def _generation(name: str, tasks: Mapping[str, Any]) -> tuple[int, tuple[str, ...]]:
    """(new tokens, stop strings), which all tasks of a run share. Raises UserError where a group's tasks differ."""
    found = {_generation_of(made) for made in tasks.values() if made.get_config("output_type") == "generate_until"}
    if len(found) > 1:
        names = ",".join(tasks)
        raise UserError(
            f"the tasks of {name!r} stop replies in {len(found)} ways, and one run has one",
            tip=f"--task lm_eval:{names}",
        )
    return found.pop() if found else (1, ())


def _generation_of(made: Any) -> tuple[int, tuple[str, ...]]:
    settings = made.get_config("generation_kwargs") or {}
    budget = next((int(settings[key]) for key in _BUDGETS if settings.get(key)), _DEFAULT_BUDGET)
    until = settings.get("until") or []
    return budget, (until,) if isinstance(until, str) else tuple(until)


def _notice(tasks: Mapping[str, Any]) -> str:
    """Sampling that the task's own settings ask for: this harness draws greedily unless told otherwise."""
    for key, made in tasks.items():
        settings = made.get_config("generation_kwargs") or {}
        repeats = made.get_config("repeats") or 1
        if settings.get("do_sample") or repeats > 1:
            heat = settings.get("temperature", 1.0)
            return f"lm-eval's {key} draws {repeats} at temperature {heat}: --repeats {repeats} --temperature {heat}"
    return ""


@contextlib.contextmanager
def _seeded() -> Iterator[None]:
    """The random state in which lm-eval loads tasks; the caller's own is put back."""
    import numpy as np

    before, before_numpy = random.getstate(), np.random.get_state()
    random.seed(_SEEDS[0])
    np.random.seed(_SEEDS[1])
    try:
        yield
    finally:
        random.setstate(before)
        np.random.set_state(before_numpy)
