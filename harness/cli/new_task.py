"""`harness new-task NAME`: a working task and its test, to be changed from there."""

from __future__ import annotations

import keyword
from pathlib import Path
from typing import Annotated

import typer

from harness.core.errors import UserError

_TASK = '''"""One sentence that says what {name} measures.

One doc:
    question: "What is 7 * 6?"    reasoning: "7 * 6 = 42"    answer: "42"
"""

from __future__ import annotations

from random import Random

from harness import Doc, Task, task
from tasks.scoring.final_answer import final_answer


@task
def {name}(n: int = 100, seed: int = 0) -> Task:
    """What `harness tasks` says of {name}.

    n: number of questions. seed: which ones.
    """
    pairs = Random(seed).sample([(a, b) for a in range(2, 30) for b in range(2, 30)], n)
    docs = tuple(
        Doc(
            id=f"{{a}}x{{b}}",
            question=f"What is {{a}} * {{b}}?",
            target=str(a * b),
            gold_reasoning=f"{{a}} * {{b}} = {{a * b}}",
        )
        for a, b in pairs
    )
    return Task(docs=docs, scorers=(final_answer(),), max_new_tokens=64)
'''
_TEST = '''"""{name}: the contract that every task keeps."""

from __future__ import annotations

from pathlib import Path

from harness import load_task
from harness.testing import check_task_contract


def test_{name}_keeps_the_task_contract():
    check_task_contract(load_task(str(Path(__file__).parent / "{name}.py")))
'''


def new_task(
    name: Annotated[str, typer.Argument(help="The task's name, a Python identifier.")],
    folder: Annotated[Path, typer.Option(help="Where to write the two files.")] = Path(),
    json: Annotated[bool, typer.Option("--json", help="The paths as one JSON document.")] = False,
) -> None:
    """Write a working task and its test into a folder."""
    from harness.cli.console import print_json

    if not name.isidentifier() or keyword.iskeyword(name) or name != name.lower():
        raise UserError(f"{name!r} cannot name a task", tip="use lower-case letters, digits and _, such as my_task.")
    files = {folder / f"{name}.py": _TASK, folder / f"test_{name}.py": _TEST}
    for path in files:
        if path.exists():
            raise UserError(f"{path} exists", tip="choose another name or --folder.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, template in files.items():
            path.write_text(template.format(name=name), encoding="utf-8")
    except OSError as error:
        raise UserError(f"cannot write into {folder}: {error.strerror}") from error
    if json:
        print_json({"written": [str(path) for path in files]})
        return
    for path in files:
        print(f"wrote {path}")
    first = next(iter(files))
    print(f"try:  harness run --task {_shown(first)} --model scripted:careful --limit 20")


def _shown(path: Path) -> str:
    return str(path) if path.is_absolute() else f"./{path}"
