"""A run or a comparison as one HTML file: no network, no inline handlers, and model text only ever as text."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from harness.comparison import words as said
from harness.core import words
from harness.core.records import Record
from reports import plots
from reports.sections.training import Training
from reports.traces import comparison_questions, run_questions
from reports.view import ComparisonView, RunView
from reports.visible import encodable, visible

if TYPE_CHECKING:
    from jinja2 import Environment

SCRIPTS = ("data.js", "diff.js", "trace.js", "list.js", "main.js")
COMPRESSION = 5


def comparison_html(
    view: ComparisonView, baseline: Sequence[Record], candidate: Sequence[Record], training: Training | None = None
) -> str:
    """The page of a comparison, whole: its `view`, the traces of `baseline` and `candidate`, and the candidate's
    `training`.
    """
    overlapping = view.common.overlap.doc_ids if view.common.overlap else ()
    questions = comparison_questions(view.comparison, baseline, candidate, frozenset(overlapping))
    return _page("comparison.html.j2", view, questions, training)


def run_html(view: RunView, records: Sequence[Record], training: Training | None = None) -> str:
    """The page of one run, whole."""
    overlapping = view.common.overlap.doc_ids if view.common.overlap else ()
    return _page("run.html.j2", view, run_questions(records, frozenset(overlapping)), training)


def _page(
    template: str, view: ComparisonView | RunView, questions: Sequence[Mapping[str, Any]], training: Training | None
) -> str:
    return render(
        template,
        script=script(*SCRIPTS),
        data=packed({"sides": [encodable(name) for name in view.common.names], "questions": questions}),
        view=view,
        common=view.common,
        n_questions=len(questions),
        training=plots.curves(training) if training is not None else [],
    )


def render(template: str, *, script: str = "", **context: Any) -> str:
    """A template with its style and script, and a policy that allows those two and nothing else."""
    style = _static("page.css")
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script) if script else _NONE}; "
        "img-src data:; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
    )
    return _environment().get_template(template).render(style=style, script=script, policy=policy, **context)


_NONE = "'none'"


def fragment(template: str, **context: Any) -> str:
    """A template for the output of a notebook's cell: it brings its style, and neither script nor anything from
    elsewhere."""
    style = _static("drawing.css") + _static("inline.css")
    return _environment().get_template(template).render(style=style.strip(), **context).strip()


def picture_style() -> str:
    """The rules of a picture that stands by itself."""
    return _static("drawing.css") + _static("picture.css")


def script(*names: str) -> str:
    """The page's scripts as one, in a scope of their own."""
    parts = "\n".join(_static(name) for name in names)
    return f'"use strict";\n(() => {{\n{parts}}})();\n'


def packed(document: Mapping[str, Any]) -> str:
    """JSON, gzip, base64: a third of the size, and no character in it could end the element that holds it."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    squeezed = gzip.compress(text.encode("utf-8"), COMPRESSION, mtime=0)
    return base64.b64encode(squeezed).decode("ascii")


def typeset(text: str) -> str:
    """Numbers with a true minus sign, and what stands in brackets on one line.

    >>> typeset("a-1: -0.5 [-1.7, +3.7]")
    'a-1: −0.5 [−1.7,\xa0+3.7]'
    """
    signed = re.sub(r"(?<![\w.-])-(?=\d)", "−", text)
    return re.sub(r"\[[^\[\]]{1,40}\]", lambda found: found.group().replace(" ", "\u00a0"), signed)


_NUMBERS = ("value", "interval", "estimate", "change", "signed_interval", "size", "p_value", "counted")
_SENTENCES = ("change_interval", "left_out", "gate_reason")


def _set(module: ModuleType, *names: str) -> SimpleNamespace:
    """Functions that write numbers, for pages, where numbers are set rather than pasted."""

    def wrapped(function: Callable[..., str]) -> Callable[..., str]:
        return lambda *args: typeset(function(*args))

    return SimpleNamespace(**{name: wrapped(getattr(module, name)) for name in names})


def _breakable(name: str) -> Markup:
    """A metric's name that may break after an underscore."""
    return Markup("<wbr>").join(escape(part) for part in re.split("(?<=_)", visible(name)))


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


@lru_cache(maxsize=16)
def _static(name: str) -> str:
    return files("reports").joinpath("static", name).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("reports"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=True,
        finalize=lambda value: visible(value) if type(value) is str else value,
    )
    made.filters |= {"p": words.p_value, "count": words.count, "breakable": _breakable, "typeset": typeset}
    made.globals |= {"words": _set(words, *_NUMBERS), "said": _set(said, *_SENTENCES), "GATE": said.GATE}
    return made
