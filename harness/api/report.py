"""`report`: a run or a comparison as one offline HTML page and one Markdown page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from harness.api.compare import compare
from harness.api.given import names as listed
from harness.audits.compared import ComparedRuns
from harness.core.errors import UserError
from harness.store.folder import DEFAULT_RUNS, RUN_FILE
from harness.store.stored import StoredRun, stored


def report(
    subject: StoredRun | ComparedRuns | str | Path | Sequence[str | Path | StoredRun],
    out: str | Path | None = None,
    *,
    csv: str | Path | None = None,
    parquet: str | Path | None = None,
    allow: Sequence[str] = (),
    margin: float | None = None,
    also: Sequence[str] = (),
    runs: str | Path = DEFAULT_RUNS,
) -> list[Path]:
    """Write the pages of a run, or of a comparison; returns the files written.

    `subject` is a run, a comparison, or a baseline and a candidate, which are compared as `compare` does, with `allow`
    and `margin`. `out` is the folder of the pages; without it the folder of the run, or of the candidate. `csv` and
    `parquet` are files for the records as a table, `also=["lm-eval"]` sets lm-eval's filters beside ours, and `runs` is
    where names of runs lead.

    Raises UserError for what is neither one run nor two, and for files that cannot be written.
    """
    from harness.lm_eval_bridge.verdicts import check_names
    from reports.write import write_comparison, write_run_report, write_tables

    check_names(listed(also))
    shown = _subject(subject, allow, margin, Path(runs))
    if also:
        shown = _with_lm_eval(shown)
    _refuse_another_run(shown, out)
    if isinstance(shown, StoredRun):
        paths = write_run_report(shown, Path(out or shown.path), runs=Path(runs))
    else:
        paths = write_comparison(shown, Path(out or shown.candidate.path))
    if csv or parquet:
        table = shown.to_frame("records")
        paths += write_tables(table, Path(csv) if csv else None, Path(parquet) if parquet else None)
    return paths


def _refuse_another_run(shown: StoredRun | ComparedRuns, out: str | Path | None) -> None:
    """`report("base", "tuned")` would write the pages of one run over those of the other."""
    sides = [shown] if isinstance(shown, StoredRun) else [shown.baseline, shown.candidate]
    if out is None or not (Path(out) / RUN_FILE).is_file():
        return
    if Path(out).resolve() not in {side.path.resolve() for side in sides}:
        raise UserError(
            f"{out} is the folder of another run", tip="two runs are given as a list: harness.report([base, tuned])."
        )


def _subject(
    given: StoredRun | ComparedRuns | str | Path | Sequence[str | Path | StoredRun],
    allow: Sequence[str],
    margin: float | None,
    runs: Path,
) -> StoredRun | ComparedRuns:
    if isinstance(given, ComparedRuns) and (allow or margin is not None):
        raise UserError("the runs are compared already", tip="give allow and margin to harness.compare.")
    if isinstance(given, ComparedRuns | StoredRun):
        return given
    names = [given] if isinstance(given, str | Path) else list(given)
    if len(names) == 1:
        return stored(names[0], runs)
    if len(names) != 2:
        raise UserError(f"{len(names)} runs given", tip="a report is of one run, or of a baseline and a candidate.")
    return compare(names[0], names[1], allow=allow, margin=margin, runs=runs)


def _with_lm_eval(shown: StoredRun | ComparedRuns) -> StoredRun | ComparedRuns:
    """The same with lm-eval's verdicts among its scores."""
    if isinstance(shown, StoredRun):
        return _judged_too(shown)
    return replace(shown, baseline=_judged_too(shown.baseline), candidate=_judged_too(shown.candidate))


def _judged_too(run: StoredRun) -> StoredRun:
    from harness.lm_eval_bridge.verdicts import as_scores, lm_eval_verdicts
    from reports.sections.agreement import add_others

    return replace(run, at_hand=add_others(run.records, as_scores(lm_eval_verdicts(run.records))))
