"""Completions made elsewhere: read from the files other tools write, and matched to a task's docs."""

from harness.recorded.match import match_to_docs
from harness.recorded.read import read_completions
from harness.recorded.records import Matched, RecordedCompletions, RecordedRow

__all__ = ["Matched", "RecordedCompletions", "RecordedRow", "match_to_docs", "read_completions"]
