"""Run notebooks and write their outputs into them: `python notebooks/run.py quickstart.ipynb`, or `make notebooks`.

Each runs in an empty folder, and what differs from one run to the next (speeds, folders) is left out, so that a change
in the file is a change in what a reader sees.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

CELL_SECONDS = 1800
NO_WIDGETS = "ignore:IProgress not found"
"""A warning of tqdm about this environment, which says nothing to a reader."""
_VARIES = {
    r", [\d,]+ tokens/s(?=[,<\n]|$)": "",
    r"0x[0-9a-f]{6,}": "0x…",
}


def executed(path: Path, folder: Path, replaced: Mapping[int, str] | None = None) -> Any:
    """The notebook with the outputs of a run in `folder`; `replaced` has other sources for cells by number.

    Raises nbclient's CellExecutionError with what a cell raised.
    """
    notebook = nbformat.read(path, as_version=4)
    for number, source in (replaced or {}).items():
        notebook.cells[number].source = source
    resources = {"metadata": {"path": str(folder)}}
    return NotebookClient(notebook, timeout=CELL_SECONDS, record_timing=False, resources=resources).execute()


def strip(notebook: Any, folder: Path) -> None:
    """Leave out of the outputs what another run would write otherwise."""
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            output.pop("transient", None)
            for kind, text in output.get("data", {}).items():
                output.data[kind] = _settled(text, folder)
            if "text" in output:
                output.text = _settled(output.text, folder)
    for key in ("version", "file_extension", "codemirror_mode", "pygments_lexer", "mimetype", "nbconvert_exporter"):
        notebook.metadata.get("language_info", {}).pop(key, None)


def _settled(text: Any, folder: Path) -> Any:
    if not isinstance(text, str):
        return text
    text = text.replace(f"{folder}/", "")
    for pattern, instead in _VARIES.items():
        text = re.sub(pattern, instead, text)
    return text


def main() -> None:
    """Run the notebooks that are named, each in a folder of its own, and say how long each took."""
    os.environ["PYTHONWARNINGS"] = NO_WIDGETS
    for name in sys.argv[1:]:
        path, began = Path(name).resolve(), time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            notebook = executed(path, Path(folder))
            strip(notebook, Path(folder))
        nbformat.write(notebook, path)
        print(f"{name}: {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
