"""The model card of an arm: what it was made from, on what, with which settings, and how it scored."""

from __future__ import annotations

from sft.config import Resolved
from sft.training.arms import TrainedArm
from sft.training.export import write_card
from sft.training.inputs import TrainingInputs
from sft.training.result import BASE, MeasuredModel, TrainingResult


def write_cards(inputs: TrainingInputs, resolved: Resolved, made: TrainingResult) -> None:
    """A README.md in every exported model: data, settings, scores, verdicts."""
    for arm in made.arms:
        write_card(arm.model, _sections(inputs, resolved, made, arm))


def _sections(inputs: TrainingInputs, resolved: Resolved, made: TrainingResult, arm: TrainedArm) -> dict[str, str]:
    models = made.measured.models if made.measured else ()
    scores = [one for one in models if one.model in (BASE, arm.order)]
    about = [pair for pair in made.comparisons if arm.order in (pair.baseline, pair.candidate)]
    return {
        "Model": f"{inputs.base.name}, {inputs.config.train.method}, trained on replies in the order {arm.order}.",
        "Data": (arm.folder / "data" / "summary.json").read_text(encoding="utf-8").join(("```json\n", "```")),
        "Training": (
            f"{arm.steps} updates, {arm.tokens:,} tokens; loss {arm.first_loss:.4f} to {arm.last_loss:.4f}; "
            f"exported: update {arm.exported_step}.\n\n{_settings_list(resolved)}"
        ),
        "Contamination": _overlap_lines(made),
        "Scores": "\n".join(map(_score_line, scores)) or "Not benchmarked.",
        "Verdict": "\n".join(f"- {one.task}, {one.baseline} to {one.candidate}: {one.verdict}" for one in about) or "–",
    }


def _settings_list(resolved: Resolved) -> str:
    chosen = {key: origin for key, origin in resolved.origins.items() if origin != "default"}
    lines = []
    for key, origin in chosen.items():
        section, _, name = key.partition(".")
        lines.append(f"- `{key} = {getattr(getattr(resolved.config, section), name)!r}` ({origin})")
    return "\n".join(lines)


def _overlap_lines(made: TrainingResult) -> str:
    found = made.contamination.items()
    lines = [f"- {name}: {len(one.doc_ids())} of {one.n_docs} docs overlap" for name, one in found]
    return "\n".join(lines) or "Not looked for: no task was configured."


def _score_line(one: MeasuredModel) -> str:
    values = {name: estimate.value for name, estimate in one.run.estimates.items()}
    shown = ", ".join(f"{name} {value:.4f}" for name, value in values.items() if value is not None)
    return f"- {one.task}, {one.model}: {shown}"
