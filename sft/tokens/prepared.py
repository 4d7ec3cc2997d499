"""Raw data as `harness.prepare` gives it back: verified samples, what was turned away, and what a tokenizer makes of
them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from harness.core.display import Shown
from harness.core.late import load
from sft.data.enforce import RenderedSample
from sft.data.prepare import Prepared, all_rejected, document, without
from sft.data.samples import Reject
from sft.tokens.report import TokenReport, token_report
from sft.tokens.tokenise import TokenisedSample, tokenise

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.gemma.text.tokenizer import Tokenizer

_SHOWN = ("verified", "undecided", "flagged")


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenisedData:
    """The samples as one model's tokenizer splits them."""

    samples: tuple[TokenisedSample, ...]
    tokenizer: Tokenizer
    report: TokenReport


@dataclass(frozen=True, kw_only=True, repr=False)
class PreparedData(Shown):
    """Samples ready for training. Shows itself in a notebook; `repr` has the counts and the commonest rejects."""

    data: Prepared
    """Without the samples that tokenising turned away."""
    tokenised: TokenisedData | None = None
    """None where no model was named."""

    VIEWS: ClassVar[str] = "reports.inline.prepared"

    @property
    def samples(self) -> tuple[RenderedSample, ...]:
        """What is left, in the order of the rows."""
        return self.data.samples

    @property
    def rejects(self) -> tuple[Reject, ...]:
        """What was turned away, with the reason, in the order of the rows."""
        return self.data.rejects

    @property
    def reasons(self) -> Mapping[str, int]:
        """Rejects by reason, most first."""
        return self.data.reasons

    @property
    def n_rows(self) -> int:
        """Rows that were read."""
        return self.data.normalised.n_rows

    @property
    def summary(self) -> str:
        """Rows, samples and what the checks said, in one line."""
        return summary_line(self.data)

    def as_json(self) -> dict[str, Any]:
        """The document of `harness prepare --json`."""
        return document(self.data) | ({"tokens": self.tokenised.report} if self.tokenised else {})

    def __repr__(self) -> str:
        return str(load(f"{self.VIEWS}:as_text")(self))


def tokenised(
    prepared: Prepared,
    rendered: Iterable[RenderedSample],
    tokenizer: Tokenizer,
    max_length: int,
    weights: Mapping[str, float],
) -> PreparedData:
    """The samples of `prepared`, as `rendered` gives them one by one, split by `tokenizer`; those of more than
    `max_length` tokens become rejects, and `weights` scale the loss of whole sections.

    Raises UserError where nothing is left, and for a section that there is not.
    """
    samples, rejects = tokenise(rendered, tokenizer, max_length, weights)
    left = without(prepared, rejects, {sample.id for sample in samples})
    if not samples:
        raise all_rejected(left)
    replies = (one.reply for one in left.samples)
    report = token_report(samples, tokenizer, left.form, replies, max_length)
    return PreparedData(data=left, tokenised=TokenisedData(samples=samples, tokenizer=tokenizer, report=report))


def summary_line(prepared: Prepared) -> str:
    """Rows, samples and what the checks said, in one line."""
    counts, n_rows = prepared.shares, prepared.normalised.n_rows
    said = ", ".join(f"{name} {counts[name]} ({counts[name] / max(n_rows, 1):.2%})" for name in _SHOWN if counts[name])
    return f"{n_rows} rows: {len(prepared.samples)} samples, {len(prepared.rejects)} rejected. {said or 'not verified'}"
