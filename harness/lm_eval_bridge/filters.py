"""What lm-eval's gsm8k says of the same completions: its own filters, metric and YAML, without its task machinery.

lm-eval takes half a minute over 1,319 docs because it compiles a Jinja template for every call; its scoring proper,
called directly, takes a fraction of a second.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from harness.core.errors import UserError
from harness.core.records import Completion, Doc
from harness.lm_eval_bridge.compat import INSTALL, SUPPORTED

FILTER_NAMES = ("strict-match", "flexible-extract")


def lm_eval_scores(docs: Sequence[Doc], completions: Sequence[Completion]) -> dict[str, list[float]]:
    """1.0 or 0.0 for each completion under each filter of lm-eval's gsm8k, in the order of `completions`.

    Completions are matched with docs by id. Filters and comparison are lm-eval's classes, set up from the gsm8k.yaml
    that is installed with it. As there, the reply is the text that the model wrote, cut at the task's stop strings; the
    gold is the whole solution with its `#### N`, or `#### target` where a doc has none.

    Raises UserError where lm-eval is not installed, or a completion names a doc that is not there.
    """
    config = gsm8k_config()
    by_id = {doc.id: doc for doc in docs}
    missing = next((c.doc_id for c in completions if c.doc_id not in by_id), None)
    if missing is not None:
        raise UserError(f"completion of doc {missing!r}, which is not in the task")
    texts = [_until(completion.text, config["generation_kwargs"]["until"]) for completion in completions]
    golds = [gold_text(by_id[completion.doc_id]) for completion in completions]
    return {part["name"]: _score(part["filter"], texts, golds, config) for part in config["filter_list"]}


def gold_text(doc: Doc) -> str:
    """The doc as `openai/gsm8k` has it in its answer column: lm-eval's metric cuts everything up to '#### '."""
    if "#### " in doc.gold_reasoning:
        return doc.gold_reasoning
    return f"{doc.gold_reasoning}\n#### {doc.target}".lstrip()


@lru_cache(maxsize=1)
def gsm8k_config() -> dict[str, Any]:
    """lm-eval's gsm8k.yaml as installed. Raises UserError where lm-eval is not installed or has no such task."""
    try:
        import lm_eval
        import yaml
    except ImportError as error:
        raise UserError(f"comparing with lm-eval needs lm-eval ({error})", tip=INSTALL) from None
    path = Path(lm_eval.__file__).parent / "tasks" / "gsm8k" / "gsm8k.yaml"
    if not path.is_file():
        raise UserError(f"this lm-eval has no {path.name} at {path}", tip=f"pip install '{SUPPORTED}'")
    config: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return config


def _score(
    steps: Sequence[Mapping[str, Any]], texts: list[str], golds: list[str], config: dict[str, Any]
) -> list[float]:
    filtered: Any = [[text] for text in texts]
    for step in steps:
        filtered = _filter(step).apply(filtered, [{}] * len(texts))
    answers = list(filtered)
    options = {key: value for key, value in config["metric_list"][0].items() if key in _METRIC_OPTIONS}
    return [_matches(answer, gold, options) for answer, gold in zip(answers, golds, strict=True)]


_METRIC_OPTIONS = frozenset({"regexes_to_ignore", "ignore_case", "ignore_punctuation", "ignore_numbers"})


def _filter(step: Mapping[str, Any]) -> Any:
    """The filter class that lm-eval registers under this name; this import needs no torch and reads no task."""
    import lm_eval.filters
    from lm_eval.api.registry import get_filter

    assert lm_eval.filters is not None  # importing it fills the registry
    return get_filter(step["function"])(**{key: value for key, value in step.items() if key != "function"})


def _matches(answer: str, gold: str, options: dict[str, Any]) -> float:
    from lm_eval.api.metrics import exact_match_hf_evaluate

    return float(exact_match_hf_evaluate([answer], [gold], **options)["exact_match"])


def _until(text: str, stops: Sequence[str]) -> str:
    for stop in stops:
        text = text.split(stop, 1)[0]
    return text
