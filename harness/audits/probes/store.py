"""Where probes lie in a run folder: a journal each in `probes/`, and their summaries in probes.json."""

from __future__ import annotations

from pathlib import Path

from harness.audits.probes.records import ProbeName, ProbeSummary
from harness.core.codec import decode, encode
from harness.core.errors import UserError
from harness.store.beside import PROBE_JOURNALS, PROBES, read_beside, write_beside

FORMAT_VERSION = 1


def journal_path(folder: Path, probe: ProbeName) -> Path:
    """Where a probe's records lie."""
    return folder / PROBE_JOURNALS / f"{probe}.jsonl"


def read_summaries(folder: Path) -> dict[ProbeName, ProbeSummary]:
    """The probes of a run folder by name; empty where there are none. Raises UserError for a damaged file."""
    try:
        document = read_beside(folder, PROBES)
        known = {} if document is None else document["probes"]
        return {name: decode(ProbeSummary, found) for name, found in known.items()}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UserError(
            f"{folder / PROBES}: damaged: {type(error).__name__}: {error}", tip="remove it and probe again."
        ) from error


def write_summary(folder: Path, summary: ProbeSummary) -> None:
    """Add the summary of one probe to those of the run, in place of an older one."""
    known = read_summaries(folder) | {summary.probe: summary}
    document = {"format": FORMAT_VERSION, "probes": {name: encode(found) for name, found in known.items()}}
    write_beside(folder, PROBES, document)
