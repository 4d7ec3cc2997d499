"""What a model name means: a local folder, a Hugging Face hub id, a Kaggle handle, or a Tunix checkpoint."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from harness.core.errors import UserError
from harness.core.notices import notice
from harness.data.network import client_trouble, tls
from harness.gemma.model import upstream
from harness.gemma.model.checkpoint import Origin, find_step, read_origin
from harness.gemma.model.peft import CONFIG_NAME as ADAPTER_CONFIG
from harness.store.files import read_json

_WEIGHT_FILES = ["*.safetensors"]
_SMALL_FILES = ["*.json", "tokenizer.model", "*.jinja"]
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+(?:@[\w./-]+)?")
_KAGGLE = re.compile(r"(?:kaggle:(?://)?)?([\w.-]+/[\w.-]+/[\w.-]+/[\w.-]+(?:/\d+)?)")
SHORT_NAMES = {
    f"gemma-3-{size}-{kind}": f"google/gemma-3-{size}-{kind}" for size in ("270m", "1b", "4b") for kind in ("it", "pt")
} | {"gemma-3-270m": "google/gemma-3-270m"}


BUNDLED = {"gemma3-nano": Path(__file__).parents[1] / "nano"}
"""Models that are installed with the harness."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A model on this machine."""

    model: Path
    """The folder with config.json and the tokenizer, and the weights unless `checkpoint` has them."""
    checkpoint: Path | None = None
    """A Tunix (orbax) step folder."""
    upstream: Path | None = None
    """One of Google's own orbax folders."""
    adapter: Path | None = None
    """A PEFT LoRA folder."""
    lora_alpha: float | None = None
    """Of the LoRA weights in `checkpoint`, where recorded."""


def resolve(spec: str | Path, *, base: str | Path | None = None, weights: bool = True) -> Source:
    """Find `spec` on this machine, downloading it where it is a hub id or a Kaggle handle; `gemma3-nano` is bundled.

    `base` is the model that a checkpoint or an adapter started from; without `weights` a hub id brings only the
    small files. Raises UserError for a name that is none of
    these, a download that fails, an unfinished save, or a checkpoint whose base is not known.
    """
    text = str(spec)
    local = Path(text).expanduser()
    if text in BUNDLED and not local.is_dir():
        return _local(BUNDLED[text], base)
    if local.is_dir():
        return _local(local.resolve(), base)
    if local.exists():
        raise UserError(f"{local} is a file; a model is a folder", tip=f"try {local.parent}")
    return _local(_download(text, weights=weights), base)


def _local(folder: Path, base: str | Path | None) -> Source:
    if (folder / ADAPTER_CONFIG).is_file():
        recorded = str(read_json(folder / ADAPTER_CONFIG).get("base_model_name_or_path") or "")
        return Source(model=_base(folder, base or recorded), adapter=folder)
    if (folder / "config.json").is_file():
        return Source(model=folder)
    if step := find_step(folder):
        origin = read_origin(step) or Origin(base="")
        return Source(model=_base(folder, base or origin.base), checkpoint=step, lora_alpha=origin.lora_alpha)
    if found := upstream.find(folder):
        return Source(model=upstream.view(folder, found), upstream=found)
    return Source(model=folder)


def _base(folder: Path, base: str | Path) -> Path:
    if not str(base):
        raise UserError(
            f"{folder} does not say which model it was trained from", tip="give it: --model FOLDER,base=MODEL"
        )
    source = resolve(base)
    if source.checkpoint or source.adapter or source.upstream:
        raise UserError(f"the base {base} is itself a checkpoint", tip="export it to a Hugging Face folder first.")
    return source.model


def _download(text: str, *, weights: bool) -> Path:
    if text.startswith("hf:"):
        return download_hub(text.removeprefix("hf:").strip("/"), weights=weights)
    if match := _KAGGLE.fullmatch(text):
        return download_kaggle(match[1])
    name = SHORT_NAMES.get(text, text)
    if _HUB_ID.fullmatch(name) and not text.startswith((".", "/", "~")):
        return download_hub(name, weights=weights)
    raise UserError(
        f"no model at {text!r}",
        tip="give a folder, a hub id (google/gemma-3-1b-it), or kaggle:OWNER/MODEL/FRAMEWORK/VARIATION.",
    )


def download_hub(name: str, *, weights: bool = True) -> Path:
    """The snapshot folder of a hub id (`owner/name`, optionally `@revision`); the token comes from the environment.

    Raises UserError where it cannot be had, and says what to do: accept a licence, set a token, mend the name.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        HFValidationError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
    )

    repo, _, revision = name.partition("@")
    patterns = _SMALL_FILES + (_WEIGHT_FILES if weights else [])
    try:
        try:
            return Path(snapshot_download(repo, revision=revision or None, allow_patterns=patterns))
        except ImportError as error:  # a SOCKS proxy without its package; what is in the cache needs no proxy
            notice(f"the hub is treated as out of reach: {client_trouble(error).message}")
            found = snapshot_download(repo, revision=revision or None, allow_patterns=patterns, local_files_only=True)
            return Path(found)
    except HFValidationError as error:
        raise UserError(
            f"{repo!r} is no hub id: {_first_line(error)}", tip="OWNER/NAME, for example google/gemma-3-1b-it."
        ) from error
    except GatedRepoError as error:
        raise UserError(
            f"{repo} asks you to accept its licence first",
            tip=f"accept it at https://huggingface.co/{repo}, then set HF_TOKEN to a token that may read it.",
        ) from error
    except RepositoryNotFoundError as error:
        raise UserError(
            f"the hub has no model {repo!r} that you may read", tip="check the name, and HF_TOKEN if it is private."
        ) from error
    except (LocalEntryNotFoundError, HfHubHTTPError, OSError) as error:
        tls()  # where it is the certificates, it says so
        raise UserError(
            f"{repo} could not be downloaded: {_first_line(error)}", tip="no network? Give the model as a local folder."
        ) from error


def download_kaggle(handle: str) -> Path:
    """The folder of a Kaggle model handle; credentials come from the environment or ~/.kaggle.

    Raises UserError where kagglehub is not installed, or the model cannot be had.
    """
    try:
        import kagglehub
    except ImportError as error:
        raise UserError("Kaggle handles need kagglehub", tip="pip install kagglehub") from error
    try:
        return Path(kagglehub.model_download(handle))
    except Exception as error:  # kagglehub raises its own, requests' and plain exceptions alike
        raise UserError(
            f"{handle} could not be downloaded from Kaggle: {_first_line(error)}",
            tip="set KAGGLE_USERNAME and KAGGLE_KEY, and accept the model's licence on kaggle.com.",
        ) from error


def _first_line(error: Exception) -> str:
    line = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return line if len(line) <= 160 else line[:157] + "..."
