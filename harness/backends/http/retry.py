"""Which failures of a request pass by themselves, and how long to wait for it."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from random import Random

FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 30.0
LONGEST_RETRY_AFTER_SECONDS = 120.0
"""A server that asks for a longer wait is not waited for: the completion fails and a resumed run draws it."""
TIMEOUT_RETRIES = 1
"""A reply that took too long once will again; more tries would hold a worker for hours."""

_NUMBER = re.compile(r"[0-9]{1,15}(?:\.[0-9]{0,9})?")


class RequestFailure(Exception):
    """One attempt failed. `transient`: another may succeed."""

    def __init__(
        self,
        message: str,
        *,
        transient: bool,
        status: int = 0,
        retry_after: float | None = None,
        unreachable: bool = False,
        unpaid: bool = False,
        malformed: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.transient = transient
        self.status = status
        self.retry_after = retry_after
        self.unreachable = unreachable
        self.malformed = malformed
        self.unpaid = unpaid
        """The account has no quota or money left: no request will succeed before somebody pays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """Exponential backoff with jitter, at most `retries` more attempts."""

    retries: int = 5

    def wait_seconds(self, failure: RequestFailure, attempt: int, random: Random) -> float | None:
        """Seconds to wait after the attempt (0 the first), or None to give up.

        The wait doubles from half a second to half a minute, times 0.5 to 1 at random so that many workers do not
        come back at once; a Retry-After is a lower bound of it.
        """
        if not failure.transient or attempt >= self.retries:
            return None
        backoff = min(FIRST_WAIT_SECONDS * 2**attempt, LONGEST_WAIT_SECONDS) * random.uniform(0.5, 1.0)
        if failure.retry_after is None:
            return backoff
        if failure.retry_after > LONGEST_RETRY_AFTER_SECONDS:
            return None
        return max(failure.retry_after, backoff)


def is_transient(status: int) -> bool:
    """Whether a status may pass: timeouts, too many requests, and the server's own failures (not 'not implemented')."""
    return status in (408, 429) or (status >= 500 and status != 501)


def retry_after_seconds(headers: Mapping[str, str], *, now: float | None = None) -> float | None:
    """The wait that a server asks for in seconds from now: retry-after-ms, or Retry-After as seconds or a date; None
    where there is none.

    >>> retry_after_seconds({"retry-after": "3"})
    3.0
    """
    milliseconds = headers.get("retry-after-ms", "").strip()
    if _NUMBER.fullmatch(milliseconds):
        return float(milliseconds) / 1000
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    try:
        return float(text) if _NUMBER.fullmatch(text) else _until(text, now)
    except (ValueError, TypeError):
        return None


def _until(date: str, now: float | None) -> float:
    return max(0.0, parsedate_to_datetime(date).timestamp() - (time.time() if now is None else now))
