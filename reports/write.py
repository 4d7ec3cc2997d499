"""Writing the pages of a run, a comparison or a folder of runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness.audits.compared import ComparedRuns
from harness.audits.contamination import read_overlap
from harness.audits.noise.words import floor_sentences
from harness.audits.probes.store import read_summaries
from harness.core.errors import UserError
from harness.store.beside import TRAINING_METRICS
from harness.store.stored import StoredRun
from reports.html import comparison_html, run_html
from reports.markdown import comparison_page, run_page
from reports.sections.agreement import with_others
from reports.sections.probes import Summaries
from reports.sections.training import read_training
from reports.view import Beside, ComparisonView, RunView, comparison_view, run_view

if TYPE_CHECKING:
    import pandas as pd


def write_run_report(run: StoredRun, folder: Path, *, runs: Path | None = None) -> list[Path]:
    """Write `report.md` and `report.html` into `folder`; returns the files written.

    What the run's own folder holds beside it is shown: `train_metrics.jsonl`, `contamination.json`, `lm_eval.json`,
    `probes.json`; and the noise floor of its model, where one lies there or in `runs`.
    """
    run = _with_others(run)
    view = stored_run_view(run, runs=runs)
    page = run_html(view, run.records, read_training(run.path / TRAINING_METRICS, run.run.primary))
    return [write_page(folder / "report.md", run_page(view)), write_page(folder / "report.html", page)]


def write_comparison(made: ComparedRuns, folder: Path) -> list[Path]:
    """Write `comparison.md` and `comparison.html` into `folder`; returns the files written.

    What the folders of baseline and candidate hold beside the runs is shown too: the candidate's `train_metrics.jsonl`,
    and each one's `contamination.json`, `lm_eval.json` and `probes.json`.
    """
    made = replace(made, baseline=_with_others(made.baseline), candidate=_with_others(made.candidate))
    view = compared_view(made)
    curves = read_training(made.candidate.path / TRAINING_METRICS, made.comparison.primary)
    page = comparison_html(view, made.baseline.records, made.candidate.records, curves)
    return [write_page(folder / "comparison.md", comparison_page(view)), write_page(folder / "comparison.html", page)]


def stored_run_view(run: StoredRun, *, runs: Path | None = None) -> RunView:
    """What a run shows, with what its folder holds beside it; noise floors are looked for there and in `runs`."""
    noise = floor_sentences((run.run,), (run.path,), runs)
    return run_view(run.run, run.records, _beside((run,), noise))


def compared_view(made: ComparedRuns) -> ComparisonView:
    """What a comparison shows, with what the folders of its runs hold beside them."""
    sides = made.baseline, made.candidate
    return comparison_view(made.comparison, sides[0].records, sides[1].records, _beside(sides, made.noise))


def _with_others(run: StoredRun) -> StoredRun:
    return replace(run, at_hand=with_others(run.records, run.path))


def _beside(shown: Sequence[StoredRun], noise: tuple[str, ...]) -> Beside:
    return Beside(
        contamination=tuple(read_overlap(run.path) for run in shown),
        noise=noise,
        probes=tuple(_probes(run.path) for run in shown),
    )


def _probes(folder: Path) -> Summaries:
    try:
        return read_summaries(folder)
    except UserError:
        return {}  # it is an extra: a report must not fail on it


def write_tables(frame: pd.DataFrame, csv: Path | None, parquet: Path | None) -> list[Path]:
    """Write a table as CSV, Parquet or both; returns the files written. Raises UserError where it cannot write them."""
    try:
        if csv is not None:
            frame.to_csv(csv, index=False, errors="replace")
        if parquet is not None:
            frame.to_parquet(parquet, index=False)
    except OSError as error:
        raise UserError(f"cannot write the table: {error}") from error
    return [path for path in (csv, parquet) if path is not None]


def write_page(path: Path, text: str) -> Path:
    """Write a file, making its folder. Raises UserError where that cannot be done."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", errors="replace")
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror}") from error
    return path
