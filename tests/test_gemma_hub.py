"""Model names: folders, hub ids, Kaggle handles; downloads are replaced by local folders."""

from __future__ import annotations

from typing import Any

import pytest
from gemma_models import small_model

from harness.core.errors import UserError
from harness.gemma.model.hub import resolve


@pytest.fixture
def downloads(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was asked of the hub and of Kaggle, which both answer with the small model."""
    asked: list[Any] = []

    def hub(repo: str, *, revision: str | None, allow_patterns: list[str]) -> str:
        asked.append((repo, revision, allow_patterns))
        return str(small_model())

    def kaggle(handle: str) -> str:
        asked.append(handle)
        return str(small_model())

    monkeypatch.setattr("huggingface_hub.snapshot_download", hub)
    monkeypatch.setattr("kagglehub.model_download", kaggle)
    return asked


@pytest.mark.parametrize(
    ("name", "repo", "revision"),
    [
        ("google/gemma-3-1b-it", "google/gemma-3-1b-it", None),
        ("hf:google/gemma-3-1b-it", "google/gemma-3-1b-it", None),
        ("me/tuned@v2", "me/tuned", "v2"),
        ("gemma-3-270m-it", "google/gemma-3-270m-it", None),
        ("gemma-3-4b-pt", "google/gemma-3-4b-pt", None),
    ],
)
def test_a_hub_id_is_downloaded(name: str, repo: str, revision: str | None, downloads: list[Any]) -> None:
    assert resolve(name).model == small_model().resolve()
    assert downloads[0][:2] == (repo, revision)
    assert "*.safetensors" in downloads[0][2]


def test_no_pickles_and_no_code_are_downloaded(downloads: list[Any]) -> None:
    resolve("google/gemma-3-1b-it")
    assert not any(pattern.endswith((".bin", ".pt", ".py", "*")) for pattern in downloads[0][2])


def test_without_weights_only_small_files_are_downloaded(downloads: list[Any]) -> None:
    resolve("google/gemma-3-1b-it", weights=False)
    assert "*.safetensors" not in downloads[0][2]


@pytest.mark.parametrize("prefix", ["", "kaggle:", "kaggle://"])
def test_a_kaggle_handle_is_downloaded(prefix: str, downloads: list[Any]) -> None:
    resolve(prefix + "google/gemma-3/transformers/gemma-3-1b-it/1")
    assert downloads == ["google/gemma-3/transformers/gemma-3-1b-it/1"]


def test_a_gated_model_says_where_to_accept_the_licence(monkeypatch: pytest.MonkeyPatch) -> None:
    import httpx
    from huggingface_hub.errors import GatedRepoError

    def refuse(*_: Any, **__: Any) -> str:
        raise GatedRepoError("403", response=httpx.Response(403, request=httpx.Request("GET", "https://x")))

    monkeypatch.setattr("huggingface_hub.snapshot_download", refuse)
    with pytest.raises(UserError, match="accept its licence") as caught:
        resolve("google/gemma-3-1b-it")
    assert "HF_TOKEN" in caught.value.tip


def test_kaggle_failures_are_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(handle: str) -> str:
        raise ValueError("401 Client Error.\n\nmany\nlines")

    monkeypatch.setattr("kagglehub.model_download", refuse)
    with pytest.raises(UserError, match=r"could not be downloaded from Kaggle: 401 Client Error\.$"):
        resolve("kaggle:google/gemma-3/transformers/gemma-3-1b-it")


def test_an_unknown_name_says_what_a_model_may_be() -> None:
    with pytest.raises(UserError, match=r"no model at '\./nowhere'") as caught:
        resolve("./nowhere")
    assert "kaggle:" in caught.value.tip


def test_a_file_is_not_a_model_folder() -> None:
    with pytest.raises(UserError, match="is a file; a model is a folder"):
        resolve(small_model() / "config.json")
