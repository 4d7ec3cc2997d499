"""The only door to lm-eval: every name of it that the bridge uses, and what differs between its versions."""

from __future__ import annotations

import contextlib
import importlib
import io
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from harness.core.errors import UserError, install_tip

NAMES = (
    "lm_eval:simple_evaluate",
    "lm_eval.__main__:cli_evaluate",
    "lm_eval.api.instance:Instance",
    "lm_eval.api.metrics:aggregate_subtask_metrics",
    "lm_eval.api.metrics:bits_per_byte",
    "lm_eval.api.metrics:mean",
    "lm_eval.api.metrics:perplexity",
    "lm_eval.api.metrics:weighted_perplexity",
    "lm_eval.api.model:LM",
    "lm_eval.api.registry:get_model",
    "lm_eval.api.registry:register_model",
    "lm_eval.tasks:TaskManager",
    "lm_eval.utils:apply_template",
    "lm_eval.utils:simple_parse_args_string",
)
"""`MODULE:NAME`; a test imports each of them."""

TASK_METHODS = (
    "aggregation",
    "build_all_requests",
    "doc_to_choice",
    "doc_to_target",
    "doc_to_text",
    "get_config",
    "higher_is_better",
    "process_results",
    "set_config",
    "set_fewshot_seed",
)
"""Methods of a loaded task."""

SUPPORTED = "lm-eval>=0.4.10,<0.5"
INSTALL = install_tip("lm-eval")


def lm_eval_name(path: str) -> Any:
    """The object at `MODULE:NAME`. Raises UserError where lm-eval is not installed, or no longer has it there."""
    module_name, _, name = path.partition(":")
    try:
        importlib.import_module("lm_eval")
    except ImportError as error:
        raise UserError(f"lm-eval is not installed: {error}", tip=INSTALL) from None
    try:
        return getattr(importlib.import_module(module_name), name)
    except (ImportError, AttributeError) as error:
        raise UserError(
            f"lm-eval {version()} has no {path.replace(':', '.')}: {error}", tip=f"pip install '{SUPPORTED}'"
        ) from error


def version() -> str:
    """The installed version of lm-eval."""
    from importlib.metadata import version as installed

    return installed("lm_eval")


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupMetric:
    """How a group's number is made from its tasks' numbers."""

    metric: str
    filters: tuple[str, ...] | None
    """None: every filter that the tasks have."""
    weight_by_size: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group with all tasks below it."""

    name: str
    tasks: tuple[str, ...]
    metrics: tuple[GroupMetric, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What one name stands for: a task, the tasks of a tag, or a group's."""

    tasks: Mapping[str, Any]
    """lm-eval's task objects by name, in its order."""
    groups: tuple[Group, ...]


def load(name: str, folders: Sequence[Path], *, all_tasks: bool = False) -> Loaded:
    """Load a task, tag or group from the YAML files below `folders`; `all_tasks` reads lm-eval's own 14,000 too."""
    manager_class = lm_eval_name("lm_eval.tasks:TaskManager")
    manager = manager_class(include_path=[str(folder) for folder in folders], include_defaults=all_tasks)
    if hasattr(manager, "load"):
        found = manager.load([name])
        groups = found.get("groups") or {}
        return Loaded(tasks=found["tasks"], groups=tuple(_group(group) for group in groups.values()))
    return _from_nested(manager.load_task_or_group([name]))


def _group(group: Any) -> Group:
    names = tuple(task.task_name for task in group.get_all_tasks())
    return Group(name=group.name, tasks=names, metrics=_group_metrics(group.aggregate_metric_list, every_filter=True))


def _from_nested(nested: Mapping[Any, Any]) -> Loaded:
    """What versions before 0.4.11 give: `{group: {name: task, group: {...}}}`."""
    tasks: dict[str, Any] = {}
    groups: list[Group] = []

    def walk(level: Mapping[Any, Any]) -> list[str]:
        below = []
        for key, value in level.items():
            if isinstance(value, Mapping):
                names = walk(value)
                metrics = _group_metrics(key.config.get("aggregate_metric_list"), every_filter=False)
                groups.append(Group(name=key.group_name, tasks=tuple(names), metrics=metrics))
                below += names
            else:
                tasks[key] = value
                below.append(key)
        return below

    walk(nested)
    return Loaded(tasks=tasks, groups=tuple(groups))


def _group_metrics(listed: Any, *, every_filter: bool) -> tuple[GroupMetric, ...]:
    """Since 0.4.11 no filter_list means every filter; before, the filter 'none'."""
    entries = listed if isinstance(listed, list) else [listed] if listed else []
    made = []
    for entry in entries:
        read = entry.get if isinstance(entry, Mapping) else lambda key, default=None, e=entry: getattr(e, key, default)
        filters = read("filter_list") or (None if every_filter else "none")
        if isinstance(filters, str):
            filters = [filters]
        weighted = bool(read("weight_by_size", True))
        chosen = tuple(filters) if filters is not None else None
        made.append(GroupMetric(metric=str(read("metric")), filters=chosen, weight_by_size=weighted))
    return tuple(made)


def cache_templates() -> None:
    """Compile each Jinja template once per process, as `apply_template` of the versions so far does at every call.

    1,319 GSM8K docs with 8 shots take half a minute without. A version that has no such environment is left alone.
    """
    utils = importlib.import_module("lm_eval.utils")
    environment = getattr(utils, "env", None)
    if environment is None or hasattr(environment.from_string, "cache_info"):
        return
    environment.from_string = lru_cache(maxsize=1024)(environment.from_string)


@contextlib.contextmanager
def rendered_once() -> Iterator[None]:
    """Render each template of each doc once while prompts are built: a few-shot example stands in hundreds of them."""
    utils: Any = importlib.import_module("lm_eval.utils")
    render = utils.apply_template
    known: dict[tuple[str, int], tuple[Any, Any, str]] = {}

    def remembered(template: str, doc: Any) -> str:
        found = known.get((template, id(doc)))
        if found is not None and found[1] == doc:  # not changed in place since
            return found[2]
        text: str = render(template, doc)
        known[template, id(doc)] = doc, dict(doc), text  # holds the doc, so that its id stays its own
        return text

    utils.apply_template = remembered
    try:
        yield
    finally:
        utils.apply_template = render


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without lm-eval's progress bars and log lines; its exceptions come through."""
    loggers = [logging.getLogger(name) for name in ("lm_eval", "datasets")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
