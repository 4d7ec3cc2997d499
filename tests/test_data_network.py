"""Proxies and certificates of the environment: what cannot be used is one line that names the variable."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.core.errors import UserError
from harness.data import hub
from harness.data.network import client_trouble, tls


@pytest.fixture(autouse=True)
def asked_anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing that another test found out, and no proxies of the machine."""
    for name in (
        "ALL_PROXY",
        "HTTPS_PROXY",
        "HTTP_PROXY",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "HF_HUB_OFFLINE",
        "NO_PROXY",
    ):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    hub.hub_answers.cache_clear()
    tls.cache_clear()
    yield
    hub.hub_answers.cache_clear()
    tls.cache_clear()


@pytest.fixture
def no_socks(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where httpx is installed without its extra."""
    import sys

    monkeypatch.setitem(sys.modules, "socksio", None)


@pytest.mark.parametrize("name", ["ALL_PROXY", "all_proxy", "HTTPS_PROXY"])
def test_socks_proxy_without_its_package_is_named_with_what_to_install(
    harness, monkeypatch: pytest.MonkeyPatch, no_socks: None, name: str
) -> None:
    monkeypatch.setenv(name, "socks5://127.0.0.1:1")
    done = harness("run", "-t", "two_digit_addition", "-m", "http://10.1.2.3:1/v1,model=m,timeout=1")
    assert done.code == 2
    assert done.err.startswith(f"error: {name.upper()} names a SOCKS proxy")
    assert "httpx[socks]" in done.err


def test_a_proxy_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "ftp://somewhere")
    assert "HTTP_PROXY names no proxy" in client_trouble(ValueError("Unknown scheme")).message


@pytest.mark.parametrize(
    ("name", "value"),
    [("ALL_PROXY", "socks5://127.0.0.1:1"), ("SSL_CERT_FILE", "/not/there"), ("HTTP_PROXY", "ftp://x")],
)
def test_a_hub_that_cannot_be_asked_is_out_of_reach_and_that_is_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, no_socks: None, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    assert hub.hub_answers() is False
    assert f"out of reach: {name} names" in caplog.text


def test_certificates_that_cannot_be_read_are_named(harness, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "none.pem").write_text("no certificate")
    for value in ("/not/there.pem", str(tmp_path / "none.pem")):
        monkeypatch.setenv("SSL_CERT_FILE", value)
        tls.cache_clear()
        with pytest.raises(UserError) as caught:
            tls()
        assert f"SSL_CERT_FILE names {value}" in caught.value.message
    done = harness("run", "-t", "two_digit_addition", "-m", "http://127.0.0.1:9/v1,model=m")
    assert (done.code, "SSL_CERT_FILE" in done.err, "Traceback" in done.err) == (2, True, False)


@pytest.mark.parametrize(
    "address", ["https://huggingface.co/google/gemma-3-1b-it", "https://hf.co/google/gemma-3-1b-it"]
)
def test_a_page_of_the_hub_is_no_server(harness, address: str) -> None:
    done = harness("run", "-t", "two_digit_addition", "-m", address)
    assert (done.code, "--model google/gemma-3-1b-it" in done.err) == (2, True)


@pytest.mark.parametrize("handle", ["hf:", "hf://", "hf:a/b/c/d", "google/gemma--3", "hf:-x/y", "google/" + "x" * 120])
def test_a_handle_that_is_none_is_one_line(harness, handle: str) -> None:
    pytest.importorskip("huggingface_hub")
    done = harness("lint", "--model", handle)
    assert (done.code, "is no hub id" in done.err, len(done.err.splitlines())) == (2, True, 2)


@pytest.mark.parametrize("handle", ["hf://google/gemma-3-1b-it", "hf:google/gemma-3-1b-it/"])
def test_slashes_around_a_handle_do_not_matter(harness, handle: str) -> None:
    pytest.importorskip("huggingface_hub")
    done = harness("lint", "--model", handle)
    assert done.err.startswith("error: google/gemma-3-1b-it could not be downloaded")
