"""The data side in one call: raw rows to verified, rendered samples, with what was turned away and why."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.core.codec import encode
from harness.core.errors import UserError
from harness.core.progress import OnProgress, followed, quiet
from harness.core.reply.format import ResponseFormat
from harness.core.task import PromptTemplate
from sft.data.enforce import Order, RenderedSample, Verify, arranged, enforce, shares
from sft.data.normalise.rows import Summary, normalise
from sft.data.samples import Reject, write_lines
from sft.data.sources import load_raw, source_name

SAMPLES, REJECTS, SUMMARY = "samples.jsonl", "rejects.jsonl", "summary.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """Samples ready to be tokenised, everything turned away, and the counts."""

    source: str
    form: ResponseFormat
    """As the replies are written: the declared format, or for another order that order's."""
    samples: tuple[RenderedSample, ...]
    rejects: tuple[Reject, ...]
    """Of both stages, in the order of the rows."""
    normalised: Summary

    @property
    def shares(self) -> Mapping[str, int]:
        """Rows in all, and how many were verified, undecided, flagged and rejected."""
        return shares(self.samples, self.rejects)

    @property
    def reasons(self) -> dict[str, int]:
        """Rejects by reason, most first."""
        return dict(Counter(reject.reason for reject in self.rejects).most_common())


def prepare(
    data: str,
    response_format: ResponseFormat,
    *,
    verify: Verify = "reject",
    order: Order = "reasoning-answer",
    template: PromptTemplate | None = None,
    language: str = "",
    near: float = 0.9,
    limit: int | None = None,
    on_progress: OnProgress = quiet,
) -> Prepared:
    """Load `data` (a file, `hub:...` or `gsm_style:...`), normalise it and enforce the `response_format`.

    `language` (ISO 639-1) turns others away, `near` is the share of word pairs that near duplicates have in common,
    `limit` reads the first rows only. `verify` says what becomes of unsound reasoning, `order` is that of the reply,
    and `template` is the evaluation's prompt, where it is not the format's own. `on_progress` is told of rows, then of
    samples.

    Raises UserError for data that cannot be read, or of which no row is left.
    """
    rows = load_raw(data)[:limit]
    read = followed(rows, "reading", "rows", on_progress)
    normalised = normalise(read, source_name(data), language=language, near=near)
    samples = followed(normalised.samples, "checking", "samples", on_progress)
    rendered, rejects = enforce(samples, response_format, verify=verify, order=order, template=template)
    prefill = template.prefill if template else ""
    prepared = Prepared(
        source=source_name(data),
        form=arranged(response_format, order, prefill),
        samples=rendered,
        rejects=tuple(sorted((*normalised.rejects, *rejects), key=lambda reject: reject.row)),
        normalised=normalised.summary,
    )
    if not rendered:
        raise all_rejected(prepared)
    return prepared


def without(prepared: Prepared, rejects: Sequence[Reject], kept: Collection[str]) -> Prepared:
    """What is left after a later stage turned samples away; `kept` are the ids of those that it took."""
    return replace(
        prepared,
        samples=tuple(one for one in prepared.samples if one.sample.id in kept),
        rejects=tuple(sorted((*prepared.rejects, *rejects), key=lambda reject: reject.row)),
    )


def all_rejected(prepared: Prepared) -> UserError:
    """The error for data of which nothing is left: the commonest reasons, and one example of the first."""
    reasons = ", ".join(f"{reason} ({n})" for reason, n in list(prepared.reasons.items())[:4])
    top = next((r for r in prepared.rejects if r.reason == next(iter(prepared.reasons))), None)
    tip = f"row {top.row + 1}: {top.detail[:200]}" if top else ""
    return UserError(f"{prepared.source}: all {prepared.normalised.n_rows} rows were rejected: {reasons}", tip=tip)


def refuse_overwriting(directory: Path) -> None:
    """Raises UserError where an earlier call left its files, or something else than a folder lies."""
    if directory.exists() and not directory.is_dir():
        raise UserError(f"{directory} is a file; --out names a folder", tip="choose another --out.")
    there = [name for name in (SAMPLES, REJECTS, SUMMARY) if (directory / name).exists()]
    if there:
        raise UserError(f"{directory} holds {', '.join(there)}", tip="choose another --out, or add --overwrite.")


def write_prepared(prepared: Prepared, directory: Path) -> None:
    """Write samples.jsonl, rejects.jsonl and summary.json."""
    directory.mkdir(parents=True, exist_ok=True)
    write_lines(directory / SAMPLES, map(_line, prepared.samples))
    write_lines(directory / REJECTS, prepared.rejects)
    text = json.dumps(document(prepared), indent=2, ensure_ascii=False)
    (directory / SUMMARY).write_text(text + "\n", encoding="utf-8")


def document(prepared: Prepared) -> dict[str, Any]:
    """The counts as JSON."""
    counts = {"rejected": prepared.reasons, "shares": dict(prepared.shares)}
    return {"source": prepared.source, **encode(prepared.normalised), **counts, "n_samples": len(prepared.samples)}


def _line(rendered: RenderedSample) -> dict[str, Any]:
    return {**encode(rendered.sample), "flags": list(rendered.flags), "reply": rendered.reply}
