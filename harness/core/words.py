"""How numbers are written, with the words around them, and text on one line: the same on the terminal and on the pages.

A number's kind is that of its metric (`MetricInfo.kind`): "mean" is a plain number, every other a share, in points.
"""

from __future__ import annotations

from harness.core.records import Estimate, Run

UNDEFINED = "–"


def value(number: float | None, kind: str) -> str:
    """A metric's value: a percentage, or a plain number for means."""
    if number is None:
        return UNDEFINED
    return f"{number:.2f}" if kind == "mean" else f"{100 * number:.1f}%"


def percent(number: float | None) -> str:
    """A fraction as a percentage."""
    return value(number, "binary")


def interval(low: float | None, high: float | None, kind: str) -> str:
    """An interval in the units of `value`."""
    return UNDEFINED if low is None or high is None else f"{value(low, kind)} to {value(high, kind)}"


def estimate(found: Estimate, kind: str) -> str:
    """Value and interval in one cell."""
    if found.value is None:
        return UNDEFINED
    return f"{value(found.value, kind)} [{interval(found.low, found.high, kind)}]"


def change(number: float | None, kind: str) -> str:
    """A difference with its sign: percentage points, or a plain number for means; never '-0.0'."""
    if number is None:
        return UNDEFINED
    return f"{round(number, 2) + 0.0:+.2f}" if kind == "mean" else f"{round(100 * number, 1) + 0.0:+.1f}"


def change_with_unit(number: float | None, kind: str) -> str:
    """A difference as a sentence names it: '+1.0 points', '-0.25'."""
    return change(number, kind) + ("" if number is None or kind == "mean" else " points")


def signed_interval(low: float | None, high: float | None, kind: str) -> str:
    """An interval in the units of `change`."""
    return UNDEFINED if low is None or high is None else f"{change(low, kind)} to {change(high, kind)}"


def size(number: float | None, kind: str) -> str:
    """A size without a sign, with its unit: '4.2 points', '0.25'."""
    if number is None:
        return UNDEFINED
    return f"{number:.2f}" if kind == "mean" else f"{100 * number:.1f} points"


def p_words(number: float | None) -> str:
    """'p = 0.50', 'p = 0.012', 'p < 0.001'; 'p undefined'."""
    if number is None:
        return "p undefined"
    if number < 0.001:
        return "p < 0.001"
    return f"p = {number:.3f}" if number < 0.1 else f"p = {number:.2f}"


def p_value(number: float | None) -> str:
    """A p-value as a sentence writes it, without the 'p'."""
    return UNDEFINED if number is None else p_words(number).removeprefix("p ").removeprefix("= ").replace("< ", "<")


def count(number: int | None) -> str:
    """A count with thousands commas."""
    return UNDEFINED if number is None else f"{number:,}"


def counted(n: int, noun: str) -> str:
    """A count with its noun: only one is singular.

    >>> counted(1, "doc"), counted(1319, "doc")
    ('1 doc', '1,319 docs')
    """
    return f"{n:,} {noun if n == 1 else noun + 's'}"


def typed_text(text: str) -> str:
    r"""A text as it is meant where it was typed into a shell: backslash and n are a newline.

    >>> typed_text(r"<think>\n")
    '<think>\n'
    """
    return text.replace("\\n", "\n")


def n_of(n: int, total: int) -> str:
    """A part of a total, or the total where the part is all of it.

    >>> n_of(0, 200), n_of(1319, 1319)
    ('0 of 200', '1,319')
    """
    return f"{n:,} of {total:,}" if n < total else f"{total:,}"


def scored_docs(run: Run) -> str:
    """How many docs the primary number of a run rests on: all of them, or '0 of 200' where the others have no score."""
    found = run.estimates.get(run.primary)
    return n_of(run.data.n_docs if found is None else found.n_docs, run.data.n_docs)


def primary_kind(run: Run) -> str:
    """The kind of a run's primary metric: how its numbers are written."""
    return next((info.kind for info in run.metrics if info.name == run.primary), "binary")


def run_line(run: Run) -> str:
    """A run in one line: what was asked of whom, its primary number, whether it is finished."""
    head = f"Run {run.id}: {run.task}, {run.model.name}, {counted(run.data.n_docs, 'doc')}"
    if not run.finished:
        return f"{head}, not finished"
    found = run.estimates.get(run.primary)
    number = UNDEFINED if found is None else estimate(found, primary_kind(run))
    return f"{head}, {run.primary} {number} over {scored_docs(run)}, finished {run.finished}"


def one_line(text: object, most: int = 300) -> str:
    """Text of any kind (an error, a reply) on one line, its blanks single, of `most` characters at most.

    >>> one_line("  a\\n  b "), one_line("abcdefghijkl", 9), one_line(ValueError("x"))
    ('a b', 'abcde ...', 'x')
    """
    line = " ".join(str(text).split())
    return line if len(line) <= most else line[: most - 4] + " ..."
