"""A run or a comparison as one HTML file: no network, no inline handlers, and model text only ever as text."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from harness.compare.records import Comparison
from harness.core.records import Record, Run
from reports import numbers, plots
from reports.agreement import agreements
from reports.fates import fates
from reports.provenance import example_prompts, facts
from reports.slices import comparison_slices, run_slices
from reports.traces import comparison_questions, run_questions
from reports.training import Training
from reports.visible import encodable, visible

if TYPE_CHECKING:
    from jinja2 import Environment

SCRIPTS = ("data.js", "diff.js", "trace.js", "list.js", "main.js")
COMPRESSION = 5


def comparison_html(
    comparison: Comparison,
    baseline: Sequence[Record],
    candidate: Sequence[Record],
    training: Training | None = None,
) -> str:
    """The page of a comparison, whole."""
    runs = (comparison.baseline, comparison.candidate)
    primary = comparison.differences[comparison.primary]
    return _page(
        "comparison.html.j2",
        runs,
        (baseline, candidate),
        comparison_questions(comparison, baseline, candidate),
        training,
        comparison=comparison,
        primary=primary,
        forest=plots.forest(comparison),
        diagnostics=plots.forest(comparison, diagnostic=True),
        slices=plots.slices(comparison_slices(baseline, candidate, primary.metric), primary.metric),
    )


def run_html(run: Run, records: Sequence[Record], training: Training | None = None) -> str:
    """The page of one run, whole."""
    info = next(info for info in run.metrics if info.name == run.primary)
    return _page(
        "run.html.j2",
        (run,),
        (records,),
        run_questions(records),
        training,
        run=run,
        primary=run.estimates[run.primary],
        info=info,
        estimates=plots.estimates(run),
        diagnostics=plots.estimates(run, diagnostic=True),
        slices=plots.slices(run_slices(records, info), info),
    )


def _page(
    template: str,
    runs: Sequence[Run],
    records: Sequence[Sequence[Record]],
    questions: Sequence[Mapping[str, Any]],
    training: Training | None,
    **context: Any,
) -> str:
    names = side_names(runs)
    return render(
        template,
        script=script(*SCRIPTS),
        data=packed({"sides": names, "questions": questions}),
        runs=runs,
        names=names,
        n_questions=len(questions),
        waterfall=plots.waterfall([fates(found) for found in records]),
        agreements=[(name, found) for name, own in zip(names, records, strict=True) for found in agreements(own)],
        training=plots.curves(training) if training is not None else [],
        facts=facts(runs, records),
        prompts=example_prompts(runs),
        **context,
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


def script(*names: str) -> str:
    """The page's scripts as one, in a scope of their own."""
    parts = "\n".join(_static(name) for name in names)
    return f'"use strict";\n(() => {{\n{parts}}})();\n'


def packed(document: Mapping[str, Any]) -> str:
    """JSON, gzip, base64: a third of the size, and no character in it could end the element that holds it."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    squeezed = gzip.compress(text.encode("utf-8"), COMPRESSION, mtime=0)
    return base64.b64encode(squeezed).decode("ascii")


def side_names(runs: Sequence[Run]) -> list[str]:
    """What each run is called on the page: its model, and its id where two runs share a model's name."""
    names = [run.model.name for run in runs]
    if len(set(names)) < len(names):
        names = [f"{run.model.name} ({run.id})" for run in runs]
    return [visible(encodable(name)) for name in names]


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
    made.filters |= {"p": numbers.p_value, "count": numbers.count, "breakable": _breakable}
    made.globals |= {"numbers": numbers}
    return made
