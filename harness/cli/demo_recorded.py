"""`harness demo --recorded`: completions that real models left behind, scored and compared; no model needed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.core.errors import UserError

if TYPE_CHECKING:
    from harness.core.records import Run
    from harness.core.reply.format import ResponseFormat

TASK = "gsm8k"
SCORERS = ["step_validity"]
METRICS = ("accuracy", "compliant", "step_validity", "sound_and_correct")


def compare_recorded(given: Sequence[Path], folder: Path, *, quiet: bool) -> dict[str, Any]:
    """Score every file, then compare the runs that were asked alike; returns what was made, as JSON-able values.

    All are held against one response format, the commonest among the files. Raises UserError for fewer than two
    files, or a folder without any.
    """
    from harness.cli.show.console import out
    from harness.core.reply.infer import missing_opening

    files, data = _files(given)
    texts = {file: _texts(file) for file in files}
    form = _form(texts)
    prefills = {file: missing_opening(form, some) for file, some in texts.items()}
    runs = {file: _score(file, form, prefills[file], data, folder / _name(file)) for file in files}
    if not quiet:
        out().print(_table(runs, prefills))
    made = [_compare(a, b, folder) for a, b in asked_alike(files, prefills)]
    if not quiet:
        for one in made:
            out().print(f"{one['baseline']} to {one['candidate']}: {one['verdict']}", markup=False, style="bold")
            out().print(f"  report: {one['report']}", markup=False)
    scores = {_name(file): {name: run.estimates[name].value for name in METRICS} for file, run in runs.items()}
    return {"folder": str(folder), "format": form.name, "runs": scores, "comparisons": made}


def asked_alike(files: Sequence[Path], prefills: dict[Path, str]) -> list[tuple[Path, Path]]:
    """(baseline, candidate) for runs whose prompts opened the reply alike; two files are compared in any case.

    The baseline of each group is the first whose name begins with `base`, or else the first.
    """
    if len(files) == 2:
        return [(files[0], files[1])]
    pairs = []
    for opening in dict.fromkeys(prefills.values()):
        group = [file for file in files if prefills[file] == opening]
        baseline = next((file for file in group if _name(file).startswith("base")), group[0])
        pairs += [(baseline, file) for file in group if file != baseline]
    return pairs


def _files(given: Sequence[Path]) -> tuple[list[Path], Path | None]:
    """The files of completions, and the questions that lie beside them."""
    for path in given:
        if not path.exists():
            raise UserError(f"--recorded {path}: no such file or folder")
    if len(given) == 1 and given[0].is_dir() and not (given[0] / "run.json").is_file():
        root = given[0]
        found = sorted(root.glob("*outputs*/*.jsonl")) or sorted(root.glob("*.jsonl"))
        questions = [place / TASK / "test.jsonl" for place in (root, root.parent)]
    else:
        found, questions = list(given), [path.parent.parent / TASK / "test.jsonl" for path in given]
    if len(found) < 2:
        raise UserError(
            f"--recorded {', '.join(map(str, given))}: {len(found)} files of completions, two or more are needed",
            tip="give the option twice, or a folder with a JSONL file a run.",
        )
    return found, next((path for path in questions if path.is_file()), None)


def _form(texts: dict[Path, list[str]]) -> ResponseFormat:
    """The form of most files that have one: a run that was not asked for it is held against it as well."""
    from collections import Counter

    from harness.core.reply.infer import infer_format
    from harness.core.reply.presets import BARE, response_format

    found = Counter(infer_format(some).name for some in texts.values())
    found.pop(BARE.name, None)
    return response_format(found.most_common(1)[0][0]) if found else BARE


def _texts(file: Path) -> list[str]:
    from harness.recorded import read_completions

    return [row.prefill + row.text for row in read_completions(file).rows]


def _score(file: Path, form: ResponseFormat, prefill: str, data: Path | None, folder: Path) -> Run:
    from harness.api.score import matched_completions, score_completions
    from harness.core.notices import notice
    from harness.runner.begin import build_task
    from harness.store.folder import new_folder

    options = {"format": form.name, "answer": "last-number"} | ({"data": str(data)} if data else {})
    task = build_task(TASK, options, extra_scorers=SCORERS)
    completions, kind = matched_completions(file, task, prefill)
    if prefill:
        notice(f"{_name(file)}: replies close {form.sections[0].open} but do not open it: taken as part of the prompt")
    name = _name(file)
    return score_completions(
        new_folder(folder, folder.parent, TASK, name), task, file, kind, completions, name=name
    ).run


def _compare(baseline: Path, candidate: Path, folder: Path) -> dict[str, Any]:
    from harness.api.benchmark import compare_runs

    names = _name(baseline), _name(candidate)
    made = compare_runs(folder / names[0], folder / names[1], folder / "report" / "-".join(names))
    return {"baseline": names[0], "candidate": names[1], **made}


def _table(runs: dict[Path, Run], prefills: dict[Path, str]) -> Any:
    from harness.cli.show.console import table
    from harness.core.words import percent

    made = table("run", *METRICS, "docs", "opened by the prompt", right=(*METRICS, "docs"))
    for file, run in runs.items():
        values = [percent(run.estimates[name].value) for name in METRICS]
        made.add_row(_name(file), *values, str(run.estimates["accuracy"].n_docs), prefills[file].strip() or "-")
    return made


def _name(file: Path) -> str:
    return file.stem if file.is_file() else file.name
