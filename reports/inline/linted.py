"""A linted prompt as a notebook shows it: template, stops, findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from markupsafe import Markup

from harness.core.errors import UserError, unknown_name
from harness.core.words import counted, one_line
from reports.inline.lines import fitted, html_table
from reports.visible import visible

if TYPE_CHECKING:
    import pandas as pd


class Finding(Protocol):
    """What is shown of a finding."""

    @property
    def check(self) -> str: ...
    @property
    def level(self) -> str: ...
    @property
    def message(self) -> str: ...
    @property
    def tip(self) -> str: ...


class Linted(Protocol):
    """What is shown of a report."""

    @property
    def text(self) -> str: ...
    @property
    def tokens(self) -> Sequence[tuple[int, str]]: ...
    @property
    def template(self) -> str: ...
    @property
    def stop_tokens(self) -> Sequence[tuple[int, str]]: ...
    @property
    def longest_prompt(self) -> int: ...
    @property
    def n_docs(self) -> int: ...
    @property
    def findings(self) -> Sequence[Finding]: ...


def as_text(made: Linted) -> str:
    """Template, stops, lengths, then a line a finding, errors first; at most 15 lines."""
    found = [one_line(f"{one.level} [{one.check}] {one.message}") for one in made.findings]
    return fitted(_head(made), found, [], _counts(made))


def as_html(made: Linted) -> str:
    """The same with every finding and its tip, and the prompt."""
    parts = [Markup("<p>{}</p>").format(visible(line)) for line in (*_head(made), _counts(made))]
    if made.findings:
        rows = [[one.level, one.check, one.message, one.tip] for one in made.findings]
        parts.append(html_table([["level", "check", "finding", "tip"], *rows]))
    parts.append(Markup("<pre>{}</pre>").format(visible(made.text)))
    return str(Markup("<div>{}</div>").format(Markup("").join(parts)))


def frame(made: Linted, what: str) -> pd.DataFrame:
    """The findings (the default), or the prompt's tokens. Raises UserError for another name."""
    import pandas as pd

    name = what or "findings"
    if name == "findings":
        rows = [[one.level, one.check, visible(one.message), one.tip] for one in made.findings]
        return pd.DataFrame(rows, columns=["level", "check", "message", "tip"])
    if name == "tokens":
        return pd.DataFrame(made.tokens, columns=["id", "token"])
    raise unknown_name("table", name, ["findings", "tokens"], tip="tables of a linted prompt: findings, tokens.")


def picture(made: Linted, what: str) -> None:
    """There is none. Raises UserError."""
    raise UserError("no picture says more of a prompt than its text", tip="print(report.text) has it.")


def _head(made: Linted) -> list[str]:
    stops = ", ".join(f"{name} ({i})" for i, name in made.stop_tokens) or "nothing"
    longest = f"; the longest of {counted(made.n_docs, 'doc')} has {made.longest_prompt:,}" if made.n_docs > 1 else ""
    return [
        f"template: {made.template}",
        f"stops at: {stops}",
        f"prompt: {counted(len(made.tokens), 'token')}{longest}",
    ]


def _counts(made: Linted) -> str:
    """'1 error, 2 notes'."""
    levels = Counter(one.level for one in made.findings)
    return ", ".join(counted(n, level) for level, n in levels.items()) or "nothing to report"
