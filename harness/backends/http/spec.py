"""`--model http://HOST/v1,model=NAME,...` read and checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from typing import Any, Literal, TypeAlias, cast
from urllib.parse import parse_qsl, urlsplit

from harness.backends.http.body import Endpoint
from harness.backends.http.form import RequestForm, read_form
from harness.backends.options import check_options, read_float, read_int
from harness.core.errors import UserError, unknown_name

PrefillOption: TypeAlias = Literal["auto", "continue", "trailing"]

_EXAMPLE = "for example http://localhost:8000/v1."
OPTIONS = (
    "model", "endpoint", "template", "bos", "prefill", "concurrency", "timeout", "retries",
    "rename", "omit", "extra_body", "system", "key_header",
)  # fmt: skip
_HUBS = ("huggingface.co", "hf.co", "www.kaggle.com", "kaggle.com")
_API_VERSION = "api-version"
_AUTHORIZATION, _AZURE_HEADER = "Authorization", "api-key"
_HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")
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
    """Of one attempt, from the connection to the last byte of the reply."""
    retries: int = 5
    form: RequestForm = field(default_factory=RequestForm)
    """What the server wants otherwise in each request."""
    api_version: str = ""
    """Azure's `?api-version=` behind the address, sent with every request."""
    key_header: str = _AUTHORIZATION
    """The header that carries the key; in any other than Authorization it stands alone, without 'Bearer'."""

    @property
    def urls(self) -> tuple[str, ...]:
        """All servers, as they were given."""
        return (self.url, *self.further)

    def at(self, url: str) -> HttpSpec:
        """The same for one server."""
        return replace(self, url=url, further=())

    @property
    def query(self) -> dict[str, str]:
        """What stands behind the path of every request."""
        return {_API_VERSION: self.api_version} if self.api_version else {}

    @property
    def identity(self) -> dict[str, Any]:
        """What of the requests' form can change a reply; empty for a server that takes them as they are."""
        return self.form.identity | self.query

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
    (url, version), *others = map(_read_url, addresses.split(","))
    further = [other for other, _ in others]
    if any(other != version for _, other in others):
        raise UserError(
            "the servers are asked with different versions of the API", tip="the same ?api-version= on all."
        )
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
        form=read_form(options),
        api_version=version,
        key_header=_key_header(options.get("key_header", _AZURE_HEADER if version else _AUTHORIZATION)),
    )


def _read_url(url: str) -> tuple[str, str]:
    """The address up to the version of the API in its path, and the `api-version` of its query."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
        has_port_mistake = parts.port == 0
    except ValueError:
        raise UserError("not a server address: its host or port is not one", tip=_EXAMPLE) from None
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    if parts.username or parts.password or (parts.query and query.keys() != {_API_VERSION}):
        raise UserError(  # the address itself is not repeated: it holds a secret
            "the server's address holds a user, a password or a query", tip="a key goes into HARNESS_API_KEY."
        )  # of a query only Azure's api-version is known to hold none
    if not host or has_port_mistake or parts.scheme not in ("http", "https"):
        raise UserError(f"not a server address: {url!r}", tip=_EXAMPLE)
    if host in _HUBS:
        handle = "/".join(parts.path.strip("/").split("/")[:2]) or "OWNER/NAME"
        raise UserError(
            f"{url} is a page and no server", tip=f"a model of the hub is named by its id: --model {handle}"
        )
    path = parts.path.rstrip("/")
    for ending in ("/chat/completions", "/completions"):
        path = path.removesuffix(ending)
    return f"{parts.scheme}://{parts.netloc}{path or '/v1'}", query.get(_API_VERSION, "")


def _key_header(name: str) -> str:
    if not _HEADER_NAME.fullmatch(name):
        raise UserError(f"http: key_header={name!r} is no name of a header", tip="key_header=api-key")
    return name


def _choice(options: Mapping[str, str], key: str) -> str:
    known = _CHOICES[key]
    value = options.get(key, known[0])
    if value not in known:
        raise unknown_name(f"{key} of http:", value, known, tip=f"one of {', '.join(known)}.")
    return value
