"""Writing the pages of a run, a comparison or a folder of runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harness.audits.noise.words import floor_sentences
from harness.audits.probes.store import read_summaries
from harness.comparison.records import Comparison
from harness.core.errors import UserError
from harness.core.records import Record, Run
from reports.html import comparison_html, run_html
from reports.markdown import comparison_page, run_page
from reports.sections.agreement import with_others
from reports.sections.contamination import read_overlap
from reports.sections.probes import Summaries
from reports.sections.training import FILE, read_training
from reports.view import Beside, comparison_view, run_view

if TYPE_CHECKING:
    import pandas as pd


def write_run_report(
    run: Run, records: Sequence[Record], folder: Path, *, run_folder: Path | None = None, runs: Path | None = None
) -> list[Path]:
    """Write `report.md` and `report.html` of a run with its `records` into `folder`; returns the files written.

    What `run_folder` (default: `folder`) holds beside the run is shown: `train_metrics.jsonl`, `contamination.json`,
    `lm_eval.json`, `probes.json`; and the noise floor of its model, where one lies beside it or in `runs`.
    """
    own = run_folder or folder
    records = with_others(records, own)
    view = run_view(run, records, _beside((run,), (own,), runs))
    page = run_html(view, records, read_training(own / FILE, run.primary))
    return [write_page(folder / "report.md", run_page(view)), write_page(folder / "report.html", page)]


def write_comparison(
    comparison: Comparison,
    baseline: Sequence[Record],
    candidate: Sequence[Record],
    folder: Path,
    *,
    run_folders: tuple[Path, Path] | None = None,
    runs: Path | None = None,
) -> list[Path]:
    """Write `comparison.md` and `comparison.html`; returns the files written.

    What the `run_folders` of baseline and candidate (default: `folder`) hold beside the runs is shown too:
    the candidate's `train_metrics.jsonl`, and each one's `contamination.json`, `lm_eval.json` and `probes.json`; and
    the noise floors of their models, where they lie beside them or in `runs`.
    """
    own = run_folders or (folder, folder)
    baseline, candidate = with_others(baseline, own[0]), with_others(candidate, own[1])
    beside = _beside((comparison.baseline, comparison.candidate), own, runs)
    view = comparison_view(comparison, baseline, candidate, beside)
    page = comparison_html(view, baseline, candidate, read_training(own[1] / FILE, comparison.primary))
    return [write_page(folder / "comparison.md", comparison_page(view)), write_page(folder / "comparison.html", page)]


def _beside(shown: Sequence[Run], folders: Sequence[Path], runs: Path | None) -> Beside:
    return Beside(
        contamination=tuple(read_overlap(folder) for folder in folders),
        noise=floor_sentences(shown, folders, runs),
        probes=tuple(_probes(folder) for folder in folders),
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
