"""What the environment says of the network, and what is wrong with it in one line: proxies and certificates."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import TYPE_CHECKING

from harness.core.errors import UserError
from harness.core.words import one_line

if TYPE_CHECKING:
    import ssl

_PROXIES = ("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY")
_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")


@lru_cache(maxsize=1)
def tls() -> ssl.SSLContext:
    """The trusted certificates, read once: every client would read them again, even for plain http. Raises UserError
    where the environment names some that cannot be read."""
    import httpx

    try:
        return httpx.create_ssl_context()
    except OSError as error:  # ssl.SSLError is one
        named = _first_set(_CERTIFICATES)
        place = f"{named} names {os.environ[named]}, which" if named else "the system's trusted certificates"
        reason = error.strerror or one_line(error)
        raise UserError(f"{place} cannot be read: {reason}", tip="name certificates (PEM) that are there.") from error


def client_trouble(error: Exception) -> UserError:
    """Why no client could be made: a SOCKS proxy without its package, or a proxy that is no address."""
    named = next((name for name in _PROXIES if _is_socks(_value(name))), "") or _first_set(_PROXIES)
    if not named:
        return UserError(f"no HTTP client can be made: {one_line(error)}")
    if isinstance(error, ImportError):
        return UserError(
            f"{named} names a SOCKS proxy, which needs a package that is not installed (socksio)",
            tip="pip install 'httpx[socks]', or unset it (NO_PROXY=HOST leaves it out for one host).",
        )
    return UserError(
        f"{named} names no proxy that can be used: {one_line(error)}", tip="http://HOST:PORT, or unset it."
    )


def _is_socks(address: str) -> bool:
    return address.lower().startswith("socks")


def _first_set(names: tuple[str, ...]) -> str:
    return next((name for name in names if _value(name)), "")


def _value(name: str) -> str:
    return os.environ.get(name) or os.environ.get(name.lower()) or ""
