"""lm-eval's filters and metrics as scorers: one scorer a filter, judged doc by doc as completions arrive."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from harness.core.errors import UserError
from harness.core.hashing import stable_hash
from harness.core.records import Completion, Doc, MetricInfo, MetricValue, Outcome, Score
from harness.core.scorer import Metric, Scorer, Scores
from harness.lm_eval_bridge.compat import Loaded, lm_eval_name, version
from harness.lm_eval_bridge.prompts import Asked

INVALID = "[invalid]"
"""What lm-eval's regex filters give where they find nothing."""
_IDENTITY = ("filter_list", "metric_list", "process_results", "output_type", "generation_kwargs")

ReadValue = Callable[[Any], MetricValue]


def lm_eval_scorers(name: str, loaded: Loaded, asked: Mapping[str, Asked]) -> tuple[tuple[Scorer, ...], str]:
    """One scorer for each filter of the tasks, and the name of the primary metric: the first of the first filter.

    Raises UserError for a task whose metrics have no value for a single doc.
    """
    filters = list(dict.fromkeys(f.name for made in loaded.tasks.values() for f in made._filters))
    identity = {"config": stable_hash([_config(made) for made in loaded.tasks.values()]), "lm_eval": version()}
    scorers = []
    for filter_name in filters:
        metrics = _metrics(loaded, filter_name)
        judge = _judge(loaded, asked, filter_name)
        options = identity | {"filter": filter_name}
        scorers.append(Scorer(name=filter_name, version="1", score=judge, metrics=metrics, options=options))
    names = [metric.info.name for scorer in scorers for metric in scorer.metrics]
    if not names:
        metric_names = ", ".join(sorted({key for made in loaded.tasks.values() for key in made.aggregation()}))
        raise UserError(
            f"lm-eval's {name!r} measures only {metric_names}, which no single doc has",
            tip="`lm_eval run --model reasoning-harness` runs it.",
        )
    return tuple(scorers), names[0]


def metric_key(metric: str, filter_name: str) -> str:
    """lm-eval's own name of a number; the filter 'none', which does nothing, is left out.

    >>> metric_key("exact_match", "strict-match"), metric_key("acc", "none")
    ('exact_match,strict-match', 'acc')
    """
    return metric if filter_name == "none" else f"{metric},{filter_name}"


def results_of(task: Any, asked: Asked, completions: Sequence[Completion], filter_name: str) -> tuple[list[Any], Any]:
    """(filtered replies, lm-eval's metrics) of all `completions` of one doc, by the filter of the task named
    `filter_name`.

    `asked` is that doc with lm-eval's requests for it.
    """
    chosen = next(f for f in task._filters if f.name == filter_name)
    instances = [_answered(task, instance, place, completions) for place, instance in enumerate(asked.instances)]
    chosen.apply(instances)
    filtered = [instance.filtered_resps[filter_name] for instance in instances]
    return filtered, task.process_results(asked.instances[0].doc, filtered)


def _answered(task: Any, instance: Any, place: int, completions: Sequence[Completion]) -> Any:
    """The request with what the model gave for it, as lm-eval's evaluator fills it in."""
    if instance.request_type == "generate_until":
        stop = (instance.args[1] or {}).get("until") or []
        replies: list[Any] = [until(c.text, [stop] if isinstance(stop, str) else stop) for c in completions]
    elif instance.request_type == "loglikelihood_rolling":
        replies = [completion.log_likelihoods[place][0] for completion in completions]
    else:
        replies = [completion.log_likelihoods[place] for completion in completions]
    made = type(instance)(
        request_type=instance.request_type,
        doc=instance.doc,
        arguments=instance.arguments,
        idx=instance.idx,
        metadata=instance.metadata,
    )
    made.resps = replies
    return made


def until(text: str, stops: Sequence[str]) -> str:
    """The text before the first stop string, where lm-eval's models end a reply."""
    for stop in stops:
        if stop:
            text = text.split(stop, 1)[0]
    return text


def _judge(loaded: Loaded, asked: Mapping[str, Asked], filter_name: str) -> Callable[[Doc, Completion], Score]:
    def judge(doc: Doc, completion: Completion) -> Score:
        one = asked[doc.id]
        task = loaded.tasks[one.task]
        if not any(f.name == filter_name for f in task._filters):
            return Score(value=None, outcome="not_scored", why=f"{one.task} has no filter {filter_name}")
        filtered, found = results_of(task, one, [completion], filter_name)
        metrics = {key: plain(value) for key, value in found.items()}
        value = _headline(task, metrics)
        answer = _answer(task, one, filtered)
        return Score(
            value=value,
            outcome=_outcome(value, answer),
            answer=answer,
            why=f"lm-eval's {filter_name}",
            detail={"metrics": metrics},
        )

    return judge


def _outcome(value: float | None, answer: str) -> Outcome:
    if value is not None and value >= 1:
        return "correct"
    return "no_answer" if answer == INVALID else "wrong"


def _headline(task: Any, metrics: Mapping[str, Any]) -> float | None:
    """The value of the first metric that a single doc has."""
    for key, aggregate in task.aggregation().items():
        read = reader_of(aggregate)
        if read is not None and key in metrics:
            value = read[1](metrics[key])
            return value if not isinstance(value, tuple) else None
    return None


def _answer(task: Any, asked: Asked, filtered: Sequence[Any]) -> str:
    """The filtered reply; of several choices, the likeliest."""
    if asked.instances[0].request_type == "generate_until":
        return str(filtered[0])
    choices = asked.doc.metadata.get("choices")
    if choices and len(filtered) >= len(choices):
        totals = [float(total) for total, _ in filtered[: len(choices)]]
        return str(choices[totals.index(max(totals))])
    return ""


def _metrics(loaded: Loaded, filter_name: str) -> tuple[Metric, ...]:
    made: dict[str, Metric] = {}
    for task in loaded.tasks.values():
        better = task.higher_is_better()
        for name, aggregate in task.aggregation().items():
            read = reader_of(aggregate)
            if read is not None and name not in made:
                made[name] = _metric(name, filter_name, *read, higher_is_better=bool(better.get(name, True)))
    return tuple(made.values())


def _metric(name: str, filter_name: str, suffix: str, read: ReadValue, *, higher_is_better: bool) -> Metric:
    is_share = read is _as_value  # bits and nats are no shares of anything, and have no upper end
    info = MetricInfo(
        name=metric_key(name + suffix, filter_name),
        description=f"lm-eval's {name}" + (" in nats: the logarithm of what it prints" if suffix else ""),
        scorer=filter_name,
        kind="binary" if is_share else "mean",
        higher_is_better=higher_is_better,
        unbounded=not is_share,
    )

    def value(doc: Doc, scores: Scores) -> MetricValue:
        found = scores[filter_name].detail["metrics"]
        return read(found[name]) if name in found else None

    return Metric(info=info, read=value)


def reader_of(aggregate: Any) -> tuple[str, ReadValue] | None:
    """(suffix of our metric's name, what a doc adds to it) for one of lm-eval's aggregations; None for a number that
    no sum over docs gives (F1, MCC, BLEU)."""
    known: dict[str, tuple[str, ReadValue]] = {
        "mean": ("", _as_value),
        "perplexity": ("_nats", _negative),
        "weighted_perplexity": ("_nats", _nats_by),
        "bits_per_byte": ("", _bits_by),
    }
    for name, read in known.items():
        if aggregate is lm_eval_name(f"lm_eval.api.metrics:{name}"):
            return read
    return None


def _as_value(value: Any) -> MetricValue:
    return float(value) if isinstance(value, (int, float)) and not math.isnan(value) else None


def _negative(value: Any) -> MetricValue:
    return -float(value)


def _nats_by(value: Any) -> MetricValue:
    return -float(value[0]), float(value[1])


def _bits_by(value: Any) -> MetricValue:
    return -float(value[0]) / math.log(2), float(value[1])


def plain(value: Any) -> Any:
    """A metric's value as JSON has it: numpy's scalars and arrays as numbers and lists."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def _config(task: Any) -> dict[str, Any]:
    """The part of a task's configuration that decides scores, functions as their source."""
    config = task.dump_config()
    return {key: config.get(key) for key in _IDENTITY}
