"""The notebooks: they run from top to bottom with the bundled model, and what is committed is what a run shows."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import pytest

nbformat = pytest.importorskip("nbformat")
pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")

REPO = Path(__file__).parents[1]
NOTEBOOKS = {path.stem: path for path in sorted((REPO / "notebooks").glob("*.ipynb"))}
QUICK_TRAINING = {
    "data.source": "small_steps:n=200,seed=0,steps=1-2",
    "train.eval_every": 1000,
    "benchmark.options": {"n": 20},
}
SESSION = {
    "MODEL": "gemma3-nano",
    "RECIPE": "gemma3_nano",
    "TRAIN": QUICK_TRAINING["data.source"],
    "TASK": "small_steps",
    "TASK_OPTIONS": {"n": 20},
    "OTHER": "small_steps",
    "OTHER_OPTIONS": {"n": 20, "held_out": "numbers"},
    "ARMS": ["answer-only", "reasoning-answer"],
    "OVERRIDES": QUICK_TRAINING,
    "TOPOLOGIES": ["cpu"],
    "LOOK_AT": 8,
    "MARGIN": 0.02,
    "DISK": "session",
    "GATED": False,
}


def runner() -> Any:
    """The script that writes the committed outputs."""
    spec = importlib.util.spec_from_file_location("run_notebooks", REPO / "notebooks" / "run.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def html(cell: Any) -> str:
    return "".join(output.get("data", {}).get("text/html", "") for output in cell.outputs)


@pytest.fixture(autouse=True)
def this_tree(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(REPO))


@pytest.mark.parametrize("name", ["quickstart", "tpu_session"])
def test_a_notebook_opens_elsewhere_installs_itself_and_is_valid(name):
    notebook = nbformat.read(NOTEBOOKS[name], as_version=4)
    nbformat.validate(notebook)
    head = notebook.cells[0].source
    for place in ("colab.research.google.com/github/", "kaggle.com/kernels/welcome?src=https://github.com/"):
        assert f"{place}reasoning-harness/reasoning-harness/blob/main/notebooks/{name}.ipynb" in head
    installs = [cell.source for cell in code_cells(notebook) if "%pip" in cell.source]
    assert len(installs) == 1
    assert 'find_spec("harness") is None' in installs[0]


def test_the_committed_quickstart_is_that_of_a_run_and_shows_a_comparison_in_six_cells():
    cells = code_cells(nbformat.read(NOTEBOOKS["quickstart"], as_version=4))
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    first = next(number for number, cell in enumerate(cells, 1) if "against" in html(cell))
    assert first <= 6
    shown = json.dumps([cell.outputs for cell in cells])
    assert not re.search(r"tokens/s|/tmp/|Traceback|/work/", shown)


def test_the_first_code_cell_of_the_session_has_every_parameter():
    first = code_cells(nbformat.read(NOTEBOOKS["tpu_session"], as_version=4))[0]
    named: dict[str, Any] = {}
    exec(first.source, named)
    assert set(SESSION) == {name for name in named if name.isupper()}


@pytest.mark.slow
def test_the_session_runs_with_the_bundled_model(tmp_path):
    notebook = nbformat.read(NOTEBOOKS["tpu_session"], as_version=4)
    number = next(i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code")
    parameters = "\n".join(f"{name} = {value!r}" for name, value in SESSION.items())
    done = runner().executed(NOTEBOOKS["tpu_session"], tmp_path, {number: parameters})
    shown = "\n".join(map(html, code_cells(done)))
    assert "<b>reasoning-answer</b> against gemma3-nano" in shown
    assert "every pair" in shown
    assert (tmp_path / "session" / "report" / "comparison.html").is_file()


@pytest.mark.slow
def test_the_quickstart_runs_from_top_to_bottom(tmp_path):
    notebook = nbformat.read(NOTEBOOKS["quickstart"], as_version=4)
    numbers = {i: cell.source for i, cell in enumerate(notebook.cells) if "harness.train(" in cell.source}
    (number, source), *others = numbers.items()
    assert not others
    less = re.sub(r"overrides=\{.*\},\n", f"overrides={QUICK_TRAINING!r},\n", source)
    assert less != source  # the whole of it is run by `make notebooks`; here every cell, on less data
    done = runner().executed(NOTEBOOKS["quickstart"], tmp_path, {number: less})
    for cell in code_cells(done):
        assert len([one for one in cell.outputs if "<progress" in one.get("data", {}).get("text/html", "")]) <= 1
    assert (tmp_path / "report" / "comparison.html").is_file()
