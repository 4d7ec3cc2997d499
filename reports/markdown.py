"""A run or a comparison as one Markdown page, the decision first."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from harness.compare.records import Comparison
from harness.core.records import Record, Run
from harness.core.task import as_text
from reports import numbers

if TYPE_CHECKING:
    from jinja2 import Environment

N_FLIPS = 10
N_FAILURES = 10
EXCERPT = 280


def run_page(run: Run, records: Sequence[Record]) -> str:
    """The page of one run: numbers, how replies ended, and the first failures."""
    outcomes = Counter(score.outcome for record in records for score in _answer_scores(record))
    failures = [r for r in records for s in _answer_scores(r) if s.outcome != "correct"][:N_FAILURES]
    return (
        _environment()
        .get_template("run.md.j2")
        .render(
            run=run,
            rows=[(info, run.estimates[info.name]) for info in run.metrics if info.name in run.estimates],
            extra={n: e for n, e in run.estimates.items() if n not in {info.name for info in run.metrics}},
            outcomes=outcomes,
            finishes=Counter(record.completion.finish for record in records),
            failures=[_example(record) for record in failures],
            n_records=len(records),
        )
    )


def comparison_page(comparison: Comparison, baseline: Sequence[Record], candidate: Sequence[Record]) -> str:
    """The page of a comparison: verdict, differences, the 2x2, and the most telling flips."""
    primary = comparison.differences[comparison.primary]
    sides = _by_doc(baseline), _by_doc(candidate)
    flips = [
        {"flip": flip, "baseline": _example(sides[0][flip.doc_id]), "candidate": _example(sides[1][flip.doc_id])}
        for flip in telling_flips(comparison, *sides)
    ]
    return (
        _environment()
        .get_template("comparison.md.j2")
        .render(comparison=comparison, primary=primary, differences=list(comparison.differences.values()), flips=flips)
    )


def telling_flips(comparison: Comparison, baseline: Mapping[str, Record], candidate: Mapping[str, Record]) -> list[Any]:
    """Up to ten flips, broken and fixed in turn, the shortest replies first: they are the quickest to judge."""
    both = [f for f in comparison.flips if f.doc_id in baseline and f.doc_id in candidate]

    def length(flip: Any) -> tuple[int, str]:
        replies = baseline[flip.doc_id].completion.reply, candidate[flip.doc_id].completion.reply
        return sum(map(len, replies)), flip.doc_id

    kinds = [sorted((f for f in both if f.kind == kind), key=length) for kind in ("broken", "fixed")]
    half = N_FLIPS // 2
    return kinds[0][:half] + kinds[1][:half]


def _answer_scores(record: Record) -> list[Any]:
    return [record.scores["final_answer"]] if "final_answer" in record.scores else list(record.scores.values())[:1]


def _by_doc(records: Sequence[Record]) -> dict[str, Record]:
    return {record.doc.id: record for record in reversed(records)}


def _example(record: Record) -> dict[str, Any]:
    scores = _answer_scores(record)
    return {
        "id": record.doc.id,
        "question": _excerpt(as_text(record.doc.question)),
        "target": record.doc.target,
        "answer": scores[0].answer if scores else "",
        "why": scores[0].why if scores else "",
        "outcome": scores[0].outcome if scores else "",
        "reply": _excerpt(record.completion.reply, from_end=True),
    }


def _excerpt(text: str, *, from_end: bool = False) -> str:
    """One line that fits a list: the end of a reply says more than its start."""
    flat = re.sub(r"\s+", " ", re.sub(r"[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]", "\ufffd", text)).strip()
    if len(flat) <= EXCERPT:
        return flat
    return "… " + flat[-EXCERPT:] if from_end else flat[:EXCERPT] + " …"


def _code(text: str) -> str:
    """Model text as inline code that no Markdown in it can leave."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {text} {fence}" if text else "–"


def _cell(text: str) -> str:
    """Text for a table cell."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(loader=PackageLoader("reports"), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.filters |= {"code": _code, "cell": _cell, "p": numbers.p_value, "count": numbers.count}
    made.globals |= {"numbers": numbers}
    return made
