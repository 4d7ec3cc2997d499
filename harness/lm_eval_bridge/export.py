"""Our tasks for lm-eval's command: a folder of YAML files with one `fn.py` beside each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from pprint import pformat
from typing import Any

from harness.core.errors import UserError
from harness.core.records import MetricInfo
from harness.core.task import Task
from harness.data.identity import docs_hash
from harness.lm_eval_bridge.exported import ExportedTask
from harness.runner.scoring import metric_infos

PREFIX = "harness_"
"""Of the names under which lm-eval knows our tasks, as it has a `gsm8k` of its own."""
END_OF_TURN = "<end_of_turn>"

FUNCTIONS = '''"""Task {name!r} of reasoning-harness, for lm-eval. Written by `harness export-lm-eval`.

Docs, prompts and scorers are those of the installed reasoning-harness.
"""

from harness.lm_eval_bridge.exported import ExportedTask, ratio

TASK = ExportedTask(
    {name!r},
    options={options},
    scorers={scorers!r},
    docs_hash={hash!r},
)


def dataset(**_):
    """The docs."""
    return TASK.dataset()


def shots():
    """Few-shot examples."""
    return TASK.shots()


def score(doc, results):
    """The metrics of one reply."""
    return TASK.score(doc, results[0])


__all__ = ["dataset", "ratio", "score", "shots"]
'''


def export_task(folder: Path, name: str, options: Mapping[str, Any], scorers: Sequence[str] = ()) -> str:
    """Write `<folder>/<task>/` for the task `name` with its `options` and further `scorers`; returns its name in
    lm-eval.

    Raises UserError for a task that is not known, cannot be put into lm-eval's form, or has been exported there.
    """
    options = {key: _absolute(key, value) for key, value in options.items()}
    if ".py" in name:
        name = str(Path(name).resolve())
    exported = ExportedTask(name, options, scorers)
    task = exported.task
    exported.dataset()  # what cannot be exported shows now, not in lm-eval
    place = folder / task.name
    if place.exists():
        raise UserError(f"{place} exists", tip="choose another folder, or remove it.")
    place.mkdir(parents=True)
    functions = FUNCTIONS.format(
        name=name, options=pformat(options, width=100), scorers=tuple(scorers), hash=docs_hash(task.docs)
    )
    (place / "fn.py").write_text(functions, encoding="utf-8")
    (place / f"{task.name}.yaml").write_text("\n".join(_yaml_lines(task)) + "\n", encoding="utf-8")
    return PREFIX + task.name


def _absolute(key: str, value: Any) -> Any:
    """lm-eval may run in another folder."""
    return str(Path(value).resolve()) if key == "data" and value else value


def _yaml_lines(task: Task) -> Iterator[str]:
    yield f"task: {PREFIX}{task.name}"
    yield "custom_dataset: !function fn.dataset"
    yield "test_split: test"
    yield "output_type: generate_until"
    yield "doc_to_text: prompt"
    yield "doc_to_target: reply"
    yield f"num_fewshot: {len(task.prompt.few_shot)}"
    if task.prompt.few_shot:
        yield "fewshot_config:"
        yield "  sampler: first_n"
        yield "  samples: !function fn.shots"
    yield 'target_delimiter: "\\n"'
    if task.prompt.prefill:
        yield from _block("gen_prefix", _jinja_text(task.prompt.prefill))
    yield from _block(
        "generation_kwargs",
        {
            "until": list(task.stop) or [END_OF_TURN],
            "do_sample": False,
            "temperature": 0.0,
            "max_gen_toks": task.max_new_tokens,
        },
    )
    yield "process_results: !function fn.score"
    yield "metric_list:"
    infos = [info for info in metric_infos(task.scorers) if not info.diagnostic]
    for info in sorted(infos, key=lambda info: info.name != task.primary):
        yield from _metric_lines(info)
    yield from _block("metadata", {"version": task.version, "written_by": "reasoning-harness"})


def _metric_lines(info: MetricInfo) -> Iterator[str]:
    yield f"  - metric: {info.name}"
    yield f"    aggregation: {'!function fn.ratio' if info.kind == 'ratio' else 'mean'}"
    yield f"    higher_is_better: {str(info.higher_is_better).lower()}"


def _block(key: str, value: Any) -> Iterator[str]:
    import yaml

    yield from yaml.safe_dump({key: value}, sort_keys=False, allow_unicode=True).rstrip("\n").splitlines()


def _jinja_text(text: str) -> str:
    """Text that Jinja leaves as it is."""
    return "{% raw %}" + text + "{% endraw %}" if "{" in text else text
