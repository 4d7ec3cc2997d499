"""What a page shows, worked out once: Markdown and HTML are two ways of writing the same view."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

from markupsafe import Markup

from harness.audits.contamination import TrainOverlap
from harness.comparison.lost import is_lost
from harness.comparison.records import Comparison, Difference, Flip
from harness.core.records import Estimate, MetricInfo, Record, Run
from harness.core.task import as_text
from harness.stats.estimate import estimate_metrics
from reports import plots, svg
from reports.sections.agreement import Agreement, agreements
from reports.sections.contamination import OverlapView, overlap_view
from reports.sections.fates import STEPS, answer_score, fates, has_invalid_step
from reports.sections.probes import ProbeView, Summaries, probe_view
from reports.sections.provenance import Fact, PromptExample, example_prompts, facts
from reports.sections.robustness import RobustnessView, robustness_view
from reports.sections.slices import comparison_slices, run_slices

N_EXAMPLES = 10
GLANCE = ("compliant", "sound_and_correct", "step_validity")
"""Metrics that stand beside the primary one at the head of a comparison, where the task has them."""

Records = Sequence[Record]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One completion as a list shows it."""

    doc_id: str
    question: str
    target: str
    outcome: str
    answer: str
    why: str
    reply: str
    invalid_step: str
    """What is wrong with the first step proven invalid; empty for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlipExample:
    """A doc whose answer changed, with both completions."""

    flip: Flip
    baseline: Example
    candidate: Example


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """What both kinds of page show; a tuple has one entry a run."""

    names: tuple[str, ...]
    """What each run is called on the page."""
    losses: tuple[plots.FateRow, ...]
    slices: plots.SliceTable
    agreements: tuple[tuple[str, Agreement], ...]
    """(name of the run, one other scorer against ours)."""
    facts: tuple[Fact, ...]
    prompts: tuple[PromptExample, ...]
    noise: tuple[str, ...]
    """What is known of the noise floor of the models shown."""
    probes: ProbeView | None
    robustness: RobustnessView | None
    """Where the docs are variants of the same questions."""
    overlap: OverlapView | None
    """Where docs of the task stand in the training data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What lies beside the runs of a page and is shown with them; a tuple has one entry a run, or none."""

    contamination: tuple[TrainOverlap | None, ...] = ()
    noise: tuple[str, ...] = ()
    """Sentences; as many as are known."""
    probes: tuple[Summaries, ...] = ()


NOTHING = Beside()


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonView:
    """The page of a comparison."""

    comparison: Comparison
    primary: Difference
    forest: plots.Forest
    diagnostics: plots.Forest
    flips: tuple[FlipExample, ...]
    glance: tuple[Difference, ...]
    """The primary metric, and how form and reasoning moved beside it."""
    common: Common


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """The page of a run."""

    run: Run
    info: MetricInfo
    """Of the primary metric."""
    primary: Estimate
    estimates: tuple[plots.EstimateRow, ...]
    ruler: Markup
    """Over the drawings of estimates."""
    diagnostics: tuple[plots.EstimateRow, ...]
    failures: tuple[Example, ...]
    n_absent: int
    """Completions that the run should have and does not."""
    n_failed: int
    """Completions without a verdict on the primary metric; a doc with others has a value all the same."""
    common: Common


def comparison_view(
    comparison: Comparison, baseline: Records, candidate: Records, beside: Beside = NOTHING
) -> ComparisonView:
    """Everything that the pages of a comparison show but the traces, from the records of `baseline` and `candidate` and
    what lies `beside` their runs.
    """
    primary = comparison.differences[comparison.primary]
    parts = comparison_slices(baseline, candidate, primary.metric)
    runs = (comparison.baseline, comparison.candidate)
    return ComparisonView(
        comparison=comparison,
        primary=primary,
        forest=plots.forest(comparison),
        diagnostics=plots.forest(comparison, diagnostic=True),
        flips=tuple(telling_flips(comparison, baseline, candidate)),
        glance=_glance(comparison),
        common=_common(runs, (baseline, candidate), primary.metric, plots.slices(parts, primary.metric), beside),
    )


def run_view(run: Run, records: Records, beside: Beside = NOTHING) -> RunView:
    """Everything that the pages of a run show but the traces."""
    if not run.estimates:  # it was stopped: what it has drawn so far can be read all the same
        run = replace(run, estimates=estimate_metrics(records, run.metrics))
    info = next(info for info in run.metrics if info.name == run.primary)
    common = _common((run,), (records,), info, plots.slices(run_slices(records, info), info), beside)
    apart = common.robustness.names if common.robustness is not None else frozenset[str]()
    failures = [r for r in records if (s := answer_score(r)) is not None and s.outcome != "correct"]
    return RunView(
        run=run,
        info=info,
        primary=run.estimates[run.primary],
        estimates=tuple(row for row in plots.estimates(run) if row.info.name not in apart),
        ruler=svg.ruler(svg.share_axis(), signed=False),
        diagnostics=tuple(plots.estimates(run, diagnostic=True)),
        failures=tuple(_example(record) for record in failures[:N_EXAMPLES]),
        n_absent=max(run.n_expected - len(records), 0),
        n_failed=sum(is_lost(record, info) for record in records),
        common=common,
    )


def telling_flips(comparison: Comparison, baseline: Records, candidate: Records) -> list[FlipExample]:
    """Up to ten flips, half of them broken where there are as many: those with a step proven wrong first, as they say
    why, then the shortest, as they are the quickest to judge."""
    before, after = _by_doc(baseline), _by_doc(candidate)
    both = [f for f in comparison.flips if f.doc_id in before and f.doc_id in after]

    def order(flip: Flip) -> tuple[bool, int, str]:
        pair = before[flip.doc_id], after[flip.doc_id]
        wrong = pair[1] if flip.kind == "broken" else pair[0]
        return not has_invalid_step(wrong), sum(len(record.completion.reply) for record in pair), flip.doc_id

    broken, fixed = (sorted((f for f in both if f.kind == kind), key=order) for kind in ("broken", "fixed"))
    n_broken = min(len(broken), max(N_EXAMPLES // 2, N_EXAMPLES - len(fixed)))
    chosen = broken[:n_broken] + fixed[: N_EXAMPLES - n_broken]
    return [
        FlipExample(flip=flip, baseline=_example(before[flip.doc_id]), candidate=_example(after[flip.doc_id]))
        for flip in chosen
    ]


def side_names(runs: Sequence[Run]) -> tuple[str, ...]:
    """What each run is called: its model, in short where that tells them apart, and its id too where none does."""
    names = tuple(run.model.name for run in runs)
    short = tuple(short_name(name) for name in names)
    if len(set(short)) == len(short):
        return short
    return names if len(set(names)) == len(names) else tuple(f"{run.model.name} ({run.id})" for run in runs)


def short_name(model: str) -> str:
    """The last folder of a path that says something; anything else as it is.

    >>> short_name("/runs/first/arms/reasoning-answer/model"), short_name("google/gemma-3-1b-it")
    ('reasoning-answer', 'google/gemma-3-1b-it')
    """
    path = PurePath(model)
    if not (path.is_absolute() or model.startswith((".", "~")) or path.name in _SAYS_NOTHING):
        return model
    parts = [part for part in path.parts if part not in (path.anchor, ".", "..", "~")]
    return next((part for part in reversed(parts) if part not in _SAYS_NOTHING), model)


_SAYS_NOTHING = ("model", "adapter", "checkpoint", "checkpoints", "merged", "export")


def _glance(comparison: Comparison) -> tuple[Difference, ...]:
    names = dict.fromkeys((comparison.primary, *GLANCE))
    found = (comparison.differences.get(name) for name in names)
    return tuple(d for d in found if d is not None and d.value is not None)


def _common(
    runs: Sequence[Run], records: Sequence[Records], primary: MetricInfo, slices: plots.SliceTable, beside: Beside
) -> Common:
    names = side_names(runs)
    told = [one.sentence if one is not None else "" for one in beside.contamination]
    return Common(
        names=names,
        losses=tuple(plots.waterfall([fates(found) for found in records])),
        slices=slices,
        agreements=tuple((name, a) for name, own in zip(names, records, strict=True) for a in agreements(own)),
        facts=tuple(facts(runs, records, told)),
        prompts=tuple(example_prompts(runs)),
        noise=beside.noise,
        probes=probe_view(names, beside.probes, records) if beside.probes else None,
        robustness=robustness_view(records, primary),
        overlap=overlap_view(beside.contamination, records, primary),
    )


def _by_doc(records: Records) -> Mapping[str, Record]:
    """The first completion of each doc."""
    return {record.doc.id: record for record in reversed(records)}


def _example(record: Record) -> Example:
    score = answer_score(record)
    return Example(
        doc_id=record.doc.id,
        question=as_text(record.doc.question),
        target=record.doc.target,
        outcome=score.outcome if score else "",
        answer=score.answer if score else "",
        why=score.why if score else "",
        reply=record.completion.reply,
        invalid_step=record.scores[STEPS].why if has_invalid_step(record) else "",
    )
