"""Inspect's logs: `.json`, and `.eval`, which is a zip of one JSON file per sample.

One sample: {"id": 1, "epoch": 1, "input": ..., "target": "18", "output": {"completion": "...",
             "choices": [{"stop_reason": "stop"}]}}
"""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.core.errors import UserError
from harness.recorded.fields import as_gold, find_replies, read_finish, whole_number
from harness.recorded.records import RecordedRow

_ZSTD = 93
_LOCAL_HEADER = struct.Struct("<26xHH")
_CONVERT = "`pip install zstandard`, or convert the log: `inspect log convert FILE --to json --output-dir DIR`."


def is_inspect_log(document: Any) -> bool:
    """Whether a JSON document is a log."""
    return isinstance(document, dict) and isinstance(document.get("eval"), dict) and "status" in document


def inspect_rows(source: str, samples: Iterable[Mapping[str, Any]]) -> Iterator[RecordedRow]:
    """One row a sample and epoch. Numbered ids count from 1 there, row numbers from 0 here. Raises UserError, which
    names the `source` and sample, for one without id or output.
    """
    for line, sample in enumerate(samples, start=1):
        if "id" not in sample or "output" not in sample:
            raise UserError(f"{source}, sample {line}: no id or no output", tip="is it a finished log with samples?")
        number = sample["id"] if isinstance(sample["id"], int) else None
        output = sample["output"] or {}
        choices = output.get("choices") or [{}]
        error = _error(sample, output)
        usage = output.get("usage") or {}
        yield RecordedRow(
            line=line,
            id=str(sample["id"]),
            idx=None if number is None else number - 1,
            repeat=(whole_number(sample.get("epoch")) or 1) - 1,
            text=_text(output, choices[0]),
            finish="error" if error else read_finish(choices[0].get("stop_reason")),
            error=error,
            prompt=sample["input"] if isinstance(sample.get("input"), str) else None,
            gold=as_gold(sample.get("target")),
            prompt_tokens=whole_number(usage.get("input_tokens")),
            completion_tokens=whole_number(usage.get("output_tokens")),
            seconds=output.get("time"),
        )


def _text(output: Mapping[str, Any], choice: Any) -> str:
    """The reply; where the message keeps its reasoning apart, with it."""
    found = find_replies(choice)
    return (found[0].text if found else None) or str(output.get("completion") or "")


def read_eval_samples(path: Path) -> Iterator[dict[str, Any]]:
    """The samples of a `.eval` file in order of their names. Raises UserError where it cannot be unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = sorted(n for n in archive.namelist() if n.startswith("samples/") and n.endswith(".json"))
            if not names:
                raise UserError(f"{path} holds no samples", tip="an Inspect log keeps them under samples/.")
            for name in names:
                yield json.loads(_member(path, archive, name))
    except (zipfile.BadZipFile, ValueError) as error:
        raise UserError(f"{path}: damaged Inspect log: {error}") from error


def _error(sample: Mapping[str, Any], output: Mapping[str, Any]) -> str:
    failure = sample.get("error") or output.get("error")
    if isinstance(failure, Mapping):
        failure = failure.get("message")
    if failure:
        return str(failure)[:300]
    return "" if output.get("choices") else "the sample has no output"


def _member(path: Path, archive: zipfile.ZipFile, name: str) -> bytes:
    info = archive.getinfo(name)
    if info.compress_type != _ZSTD or hasattr(zipfile, "ZIP_ZSTANDARD"):
        return archive.read(name)
    try:
        import zstandard
    except ImportError as error:
        raise UserError(f"{path} is packed with zstd, which this Python cannot unpack", tip=_CONVERT) from error
    with path.open("rb") as file:
        file.seek(info.header_offset)
        skip_name, skip_extra = _LOCAL_HEADER.unpack(file.read(_LOCAL_HEADER.size))
        file.seek(skip_name + skip_extra, io.SEEK_CUR)
        packed = file.read(info.compress_size)
    reader = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(packed), read_across_frames=True)
    return bytes(reader.read())
