"""One attempt at a request: the document of the server's reply, or why there is none."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from harness.backends.http.body import PATHS, NotAReply, error_text, read_document, reported_error
from harness.backends.http.exchange import Answer, UnreadableAnswer, exchange
from harness.backends.http.retry import RequestFailure, is_transient, retry_after_seconds
from harness.backends.http.secret import Secret
from harness.backends.http.spec import HttpSpec
from harness.recorded.fields import whole_number

if TYPE_CHECKING:
    import httpx

_REDIRECTS = range(300, 400)
_PAYMENT_REQUIRED = 402
_UNPAID = re.compile(r"quota|billing|credit|balance|payment|funds", re.IGNORECASE)
"""In the type or code of an error: what is used up does not come back by waiting. Messages are not looked at: some
servers speak of a quota where they mean a rate."""
_LOOKED_AT = 2**20
"""Bytes of a body that is read for its error."""


async def attempt(
    client: httpx.AsyncClient, spec: HttpSpec, url: str, body: dict[str, Any], secret: Secret
) -> tuple[Any, float]:
    """POST the `body` by `client` to the server at `url` as `spec` says: (document, seconds).

    Raises RequestFailure, in words without the `secret`.
    """
    import httpx

    started = time.perf_counter()
    try:
        answer = await exchange(
            client,
            "POST",
            url + PATHS[spec.endpoint],
            seconds=spec.timeout_seconds,
            query=spec.query,
            document=body,
        )
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        words = secret.error_line(f"no connection: {error}")
        raise RequestFailure(words, transient=True, unreachable=True) from error
    except (TimeoutError, httpx.TimeoutException) as error:
        message = f"no reply within {spec.timeout_seconds:g} s"
        raise RequestFailure(message, transient=True, status=408) from error
    except UnreadableAnswer as error:
        raise malformed(NotAReply(str(error)), secret) from error
    except httpx.HTTPError as error:
        lost = secret.error_line(f"connection lost: {type(error).__name__}: {error}")
        raise RequestFailure(lost, transient=True) from error
    return _document(answer, secret), time.perf_counter() - started


def _document(answer: Answer, secret: Secret) -> Any:
    if answer.status in _REDIRECTS:
        place = answer.headers.get("location", "another address")
        words = secret.error_line(f"HTTP {answer.status}: the server redirects to {place}, which is not followed")
        raise RequestFailure(words, transient=False, status=answer.status)
    try:
        document = read_document(answer, secret.error_line)
    except NotAReply as error:
        if answer.status == 200:
            raise malformed(error, secret) from error
        document = None
    if answer.status != 200:
        raise _refusal(answer, document, secret)
    if (reported := reported_error(document)) is not None:
        raise _reported(reported, document, secret)
    return document


def malformed(error: NotAReply, secret: Secret) -> RequestFailure:
    """The failure of a body that no completion can be read from, in words without the `secret`."""
    return RequestFailure(secret.error_line(f"malformed reply: {error}"), transient=error.passes, malformed=True)


def _refusal(answer: Answer, document: Any, secret: Secret) -> RequestFailure:
    words = secret.error_line(error_text(document, answer.body[:_LOOKED_AT].decode("utf-8", "replace")))
    unpaid = answer.status == _PAYMENT_REQUIRED or _is_unpaid(reported_error(document) or {})
    return RequestFailure(
        f"HTTP {answer.status}: {words}",
        transient=is_transient(answer.status) and not unpaid,
        status=answer.status,
        retry_after=retry_after_seconds(answer.headers),
        unpaid=unpaid,
    )


def _reported(reported: Mapping[str, Any], document: Any, secret: Secret) -> RequestFailure:
    """An error with status 200: its own code says whether it passes; without one it is tried again."""
    words = secret.error_line(error_text(document, str(dict(reported))))
    code = whole_number(reported.get("code")) or whole_number(reported.get("status")) or 0
    unpaid = code == _PAYMENT_REQUIRED or _is_unpaid(reported)
    return RequestFailure(
        f"the server reports an error: {words}" + (f" (code {code})" if code else ""),
        transient=(is_transient(code) or not code) and not unpaid,
        status=code,
        unpaid=unpaid,
    )


def _is_unpaid(error: Mapping[str, Any]) -> bool:
    return any(_UNPAID.search(str(error.get(name) or "")) for name in ("type", "code"))
