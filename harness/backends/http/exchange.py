"""One request and its answer: bounded in time as a whole, and in size once unpacked, whatever the server does."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any

from harness.data.network import client_trouble, tls

if TYPE_CHECKING:
    import httpx

MAX_ANSWER_BYTES = 16 * 2**20
"""A reply of a million tokens takes a quarter of it."""
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS


class UnreadableAnswer(Exception):
    """An answer that was sent and cannot be taken, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server sent."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    """Unpacked."""

    @property
    def kind(self) -> str:
        """Its media type: application/json, text/html, ..."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


def open_client(headers: Mapping[str, str], *, seconds: float, connections: int, proxies: bool) -> httpx.AsyncClient:
    """A client that sends the `headers`, keeps so many `connections`, waits so many `seconds` for each step, asks the
    environment's `proxies` or none, and keeps no cookies. Raises UserError for a proxy or certificates that cannot be
    used."""
    import httpx

    try:
        return httpx.AsyncClient(
            headers={"Accept-Encoding": "gzip", **headers},
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
            timeout=httpx.Timeout(seconds, connect=min(30.0, seconds)),
            verify=tls(),
            trust_env=proxies,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        )
    except (ImportError, ValueError, httpx.InvalidURL) as error:
        raise client_trouble(error) from error


async def exchange(
    client: httpx.AsyncClient,
    method: str,
    url: str,
    *,
    seconds: float,
    query: Mapping[str, str],
    document: Any = None,
) -> Answer:
    """Send one request by `client` and read the whole answer within so many `seconds`: a `method` ("GET") to `url` with
    a `query` behind it, and the JSON `document` if there is one.

    Raises TimeoutError after that, UnreadableAnswer for an answer that is too large or packed in a way that cannot be
    undone, and what httpx raises for lost connections.
    """
    async with (
        asyncio.timeout(seconds),
        client.stream(method, url, json=document, params=dict(query) or None) as response,
    ):
        body = await _read(response)
        return Answer(status=response.status_code, headers=dict(response.headers), body=body)


async def _read(response: httpx.Response) -> bytes:
    packing = response.headers.get("content-encoding", "identity").strip().lower()
    if packing not in ("identity", "", "gzip", "x-gzip", "deflate"):
        raise UnreadableAnswer(f"the reply is packed as {packing[:40]!r}, which was not asked for")
    unpacker = None if packing in ("identity", "") else zlib.decompressobj(_GZIP_OR_ZLIB)
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk if unpacker is None else _unpacked(unpacker, chunk, MAX_ANSWER_BYTES + 1 - len(body))
        if len(body) > MAX_ANSWER_BYTES:
            raise UnreadableAnswer(f"the reply is larger than {MAX_ANSWER_BYTES >> 20} MiB")
    if unpacker is not None and not unpacker.eof and (body or response.num_bytes_downloaded):
        raise UnreadableAnswer(f"the reply's {packing} is damaged, or cut off")
    return bytes(body)


def _unpacked(unpacker: zlib._Decompress, chunk: bytes, most: int) -> bytes:
    try:
        return unpacker.decompress(chunk, most)
    except zlib.error as error:
        raise UnreadableAnswer(f"the reply is not the packed text that it says it is: {error}") from error
