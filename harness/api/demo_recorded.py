"""`demo(recorded=...)`: completions that real models left behind, scored and compared; no model needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from harness.core.display import Shown
from harness.core.errors import UserError
from harness.core.late import load
from harness.store.stored import StoredRun

if TYPE_CHECKING:
    from harness.core.reply.format import ResponseFormat
    from sft.training.result import ComparedPair

TASK = "gsm8k"
SCORERS = ["step_validity"]
METRICS = ("accuracy", "compliant", "step_validity", "sound_and_correct")


@dataclass(frozen=True, kw_only=True, repr=False)
class RecordedDemo(Shown):
    """Recorded completions, scored, and compared where they were asked alike."""

    folder: Path
    form: ResponseFormat
    """What all are held against: the commonest among the files."""
    runs: Mapping[str, StoredRun]
    """By the name of the file."""
    prefills: Mapping[str, str]
    """The text that opened the replies of each run and is not in its file."""
    comparisons: tuple[ComparedPair, ...]
    arms: ClassVar[tuple[()]] = ()
    """Nothing was trained."""

    VIEWS: ClassVar[str] = "reports.inline.training"

    def as_json(self) -> dict[str, Any]:
        """The document of `harness demo --recorded ... --json`."""
        return {
            "folder": str(self.folder),
            "format": self.form.name,
            "runs": {
                name: {metric: run.estimates[metric].value for metric in METRICS} for name, run in self.runs.items()
            },
            "comparisons": [pair.as_json() for pair in self.comparisons],
        }

    def __repr__(self) -> str:
        return str(load(f"{self.VIEWS}:as_text")(self))


def compare_recorded(given: Sequence[Path], folder: Path) -> RecordedDemo:
    """Score every file, then compare the runs that were asked alike; everything lies in `folder`.

    All are held against one response format, the commonest among the files. Raises UserError for fewer than two
    files, or a folder without any.
    """
    from harness.api.benchmark import compare_pair
    from harness.core.reply.infer import missing_opening

    files, data = _files(given)
    texts = {file: _texts(file) for file in files}
    form = _form(texts)
    prefills = {file: missing_opening(form, some) for file, some in texts.items()}
    runs = {_name(file): _score(file, form, prefills[file], data, folder / _name(file)) for file in files}
    names = [(_name(a), _name(b)) for a, b in asked_alike(files, prefills)]
    return RecordedDemo(
        folder=folder,
        form=form,
        runs=runs,
        prefills={_name(file): prefill for file, prefill in prefills.items()},
        comparisons=tuple(compare_pair(runs[a], runs[b], (a, b), folder / "report" / f"{a}-{b}") for a, b in names),
    )


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


def _score(file: Path, form: ResponseFormat, prefill: str, data: Path | None, folder: Path) -> StoredRun:
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
    return score_completions(new_folder(folder, folder.parent, TASK, name), task, file, kind, completions, name=name)


def _name(file: Path) -> str:
    return file.stem if file.is_file() else file.name
