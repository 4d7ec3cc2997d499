"""Completions made elsewhere: read from the files other tools write, and matched to a task's docs."""

from harness.foreign.match import match_to_docs
from harness.foreign.read import read_completions
from harness.foreign.records import ForeignCompletions, ForeignRow, Matched

__all__ = ["ForeignCompletions", "ForeignRow", "Matched", "match_to_docs", "read_completions"]
