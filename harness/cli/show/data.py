"""What `harness prepare` shows: counts, rejects with an example each, tokens, and samples token by token."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sft.data.prepare import Prepared
    from sft.tokens.prepared import PreparedData
    from sft.tokens.report import TokenReport


def print_prepared(made: PreparedData) -> None:
    """The counts; with a tokenizer those of tokens too."""
    print_summary(made.data)
    if made.tokenised:
        _print_tokens(made.tokenised.report)


def print_summary(prepared: Prepared) -> None:
    """Rows, samples, rejects by reason with the first of each, repairs and languages."""
    from harness.cli.show.console import out, table
    from sft.tokens.prepared import summary_line

    console = out()
    console.print(summary_line(prepared), markup=False)
    if prepared.rejects:
        shown = table("reject", "rows", "share", "first row", "for example", right=("rows", "share", "first row"))
        for reason, n in prepared.reasons.items():
            first = next(reject for reject in prepared.rejects if reject.reason == reason)
            share = f"{n / prepared.normalised.n_rows:.2%}"
            shown.add_row(reason, str(n), share, str(first.row + 1), " ".join(first.detail.split())[:80])
        console.print(shown)
    for title, counts in (("repaired", prepared.normalised.repairs), ("language", prepared.normalised.languages)):
        if counts:
            console.print(f"{title}: " + ", ".join(f"{name} {n}" for name, n in counts.items()), markup=False)


def _print_tokens(report: TokenReport) -> None:
    from harness.cli.show.console import out

    console = out()
    lengths = f"median {report.median_length}, 95% up to {report.p95_length}, longest {report.max_length}"
    console.print(f"{report.n_tokens:,} tokens, {report.n_loss_tokens:,} with loss; a sample: {lengths}.")
    packed = f"{report.packed_fill:.1%} packed into rows of {report.row_length}"
    console.print(f"Fill: {report.padded_fill:.1%} padded to the longest, {packed}.")
    for found in report.markers:
        seen = f"{len(found.variants)} other spellings" if found.variants else "the same ids everywhere"
        console.print(f"  {found.marker}  {list(found.ids)}: {seen} ({found.n_contexts} contexts)", markup=False)
        for ids, around in found.variants[:3]:
            console.print(f"    {list(ids)} in {around!r}", markup=False)


def print_preview(made: PreparedData, n: int) -> None:
    """The first `n` samples, token by token, what bears loss apart from what does not."""
    from harness.cli.show.console import out
    from sft.tokens.preview import LEGEND, PLAIN_LEGEND, coloured, plain

    if made.tokenised is None or not n:
        return
    console = out()
    console.print(f"\n{LEGEND if console.is_terminal else PLAIN_LEGEND}", markup=False)
    for sample in made.tokenised.samples[:n]:
        console.print(f"\n{sample.id}", style="bold", markup=False)
        show = coloured if console.is_terminal else plain
        console.print(show(sample, made.tokenised.tokenizer), markup=False, soft_wrap=True)
