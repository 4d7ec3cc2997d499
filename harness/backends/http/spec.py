"""`--model http://HOST/v1,model=NAME,...` read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import Literal, TypeAlias, cast
from urllib.parse import urlsplit

from harness.backends.http.body import Endpoint
from harness.backends.options import check_options, read_float, read_int
from harness.core.errors import UserError, unknown_name

PrefillOption: TypeAlias = Literal["auto", "continue", "trailing"]

_EXAMPLE = "for example http://localhost:8000/v1."
OPTIONS = ("model", "endpoint", "template", "bos", "prefill", "concurrency", "timeout", "retries")
_CHOICES = {
    "endpoint": ("chat", "completions"),
    "prefill": ("auto", "continue", "trailing"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSpec:
    """Where the server is and how it is asked."""

    url: str
    """Up to and including the version, without a slash at the end: http://localhost:8000/v1."""
    further: tuple[str, ...] = ()
    """Other servers of the same model, over which requests are spread too."""
    model: str = ""
    """Empty: the only one that the server lists."""
    endpoint: Endpoint = "chat"
    template: str = "none"
    """How /completions, which applies no chat template, gets its one text: none, gemma, or a Jinja file."""
    bos: str = ""
    """Begin-of-sequence text for /completions, where the server's tokenizer does not add the token itself."""
    prefill: PrefillOption = "auto"
    concurrency: int = 16
    """Requests under way at once, on each server."""
    timeout_seconds: float = 600.0
    """Of one attempt."""
    retries: int = 5

    @property
    def urls(self) -> tuple[str, ...]:
        """All servers, as they were given."""
        return (self.url, *self.further)

    def at(self, url: str) -> HttpSpec:
        """The same for one server."""
        return replace(self, url=url, further=())

    @property
    def is_loopback(self) -> bool:
        """On this machine: proxies of the environment are not asked."""
        host = urlsplit(self.url).hostname or ""
        try:
            return ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"


def read_spec(addresses: str, options: Mapping[str, str]) -> HttpSpec:
    """The checked spec of one address, or of several with commas between. Raises UserError for a URL or option that
    does not fit, and for an address given twice."""
    check_options("http", options, OPTIONS)
    url, *further = map(_read_url, addresses.split(","))
    if repeated := [one for i, one in enumerate(further) if one in (url, *further[:i])]:
        raise UserError(f"the server {repeated[0]} is named twice", tip="concurrency=N sends more to each at once.")
    return HttpSpec(
        url=url,
        further=tuple(further),
        model=options.get("model", ""),
        endpoint=cast(Endpoint, _choice(options, "endpoint")),
        template=options.get("template", "none"),
        bos=options.get("bos", ""),
        prefill=cast(PrefillOption, _choice(options, "prefill")),
        concurrency=read_int("http", options, "concurrency", 16, 1, 1024),
        timeout_seconds=read_float("http", options, "timeout", 600.0, 0.01, 86400.0),
        retries=read_int("http", options, "retries", 5, 0, 20),
    )


def _read_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        host = parts.hostname
        has_port_mistake = parts.port == 0
    except ValueError:
        raise UserError("not a server address: its host or port is not one", tip=_EXAMPLE) from None
    if parts.username or parts.password or parts.query:
        raise UserError(  # the address itself is not repeated: it holds a secret
            "the server's address holds a user, a password or a query", tip="a key goes into HARNESS_API_KEY."
        )
    if not host or has_port_mistake or parts.scheme not in ("http", "https"):
        raise UserError(f"not a server address: {url!r}", tip=_EXAMPLE)
    path = parts.path.rstrip("/")
    for ending in ("/chat/completions", "/completions"):
        path = path.removesuffix(ending)
    return f"{parts.scheme}://{parts.netloc}{path or '/v1'}"


def _choice(options: Mapping[str, str], key: str) -> str:
    known = _CHOICES[key]
    value = options.get(key, known[0])
    if value not in known:
        raise unknown_name(f"{key} of http:", value, known, tip=f"one of {', '.join(known)}.")
    return value
