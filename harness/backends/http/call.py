"""The requests of one `generate`: each tried again where that may help, and all ended where nothing will."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any, Protocol

from harness.backends.http.attempt import attempt, malformed
from harness.backends.http.body import NotAReply, read_reply
from harness.backends.http.fleet import Fleet, Member
from harness.backends.http.form import form_tip
from harness.backends.http.retry import LONGEST_RETRY_AFTER_SECONDS, TIMEOUT_RETRIES, RequestFailure, RetryPolicy
from harness.backends.http.secret import Secret
from harness.backends.http.spec import HttpSpec
from harness.core.errors import UserError
from harness.core.records import Completion, GenerationSettings, Request

if TYPE_CHECKING:
    import httpx

HOPELESS_IN_A_ROW = 8
"""So many requests that failed one after the other, each after its retries, end the run: the journal keeps the rest."""
ALIKE_FROM_THE_START = 8
"""So many first requests that failed for one reason that does not pass end the run, too."""
_HOPELESS_STATUS = (401, 403, 404)
_FORM_STATUS = (400, 422)
_OF_THE_PROMPT = re.compile(
    r"context|too long|too many tokens|maximum.{0,40}token|filter|policy|flagged", re.IGNORECASE
)
"""A refusal of one prompt says nothing of the next one."""
_DIGITS = re.compile(r"\d+")


class Body(Protocol):
    """Makes the body of a request."""

    def __call__(self, request: Request, settings: GenerationSettings) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """What the requests of one `generate` share."""

    clients: Mapping[str, httpx.AsyncClient]
    fleet: Fleet


@dataclass(slots=True, kw_only=True)
class Call:
    """One `generate`, and how its requests have been doing."""

    spec: HttpSpec
    secret: Secret
    retry: RetryPolicy
    body: Body
    settings: GenerationSettings
    n_requests: int
    hopeless: int = field(default=0)
    """Requests in a row that met servers that are gone or refuse everything."""
    alike: int = field(default=0)
    """Requests that failed for one and the same reason since the first one; None of them had a reply."""
    reason: str = field(default="")
    answered: bool = field(default=False)

    async def complete(self, shared: Open, request: Request) -> Completion:
        """The request's completion: tried again where that may help, on another server if there is one."""
        body = self.body(request, self.settings)
        random, attempts, timeouts = Random(request.seed), 0, 0
        tried: list[Member] = []
        while True:
            async with shared.fleet.member(tried) as member:
                outcome = await self._try(shared, member, request, body)
            if isinstance(outcome, Completion):
                self.hopeless, self.answered = 0, True
                return outcome
            tried.append(member)
            if _is_hopeless(outcome) and shared.fleet.untried(tried):
                continue  # at once: nothing is wrong with the next one
            timeouts += outcome.status == 408
            wait = self.retry.wait_seconds(outcome, attempts, random)
            if wait is None or timeouts > TIMEOUT_RETRIES:
                return self._failed(request, outcome, attempts)
            attempts += 1
            tried = [member]
            await asyncio.sleep(wait)

    async def _try(
        self, shared: Open, member: Member, request: Request, body: dict[str, Any]
    ) -> Completion | RequestFailure:
        try:
            document, seconds = await attempt(shared.clients[member.url], self.spec, member.url, body, self.secret)
            completion = self._completion(request, document, seconds)
        except RequestFailure as failure:
            if _is_hopeless(failure):
                shared.fleet.missed(member, failure.message)
            return failure
        shared.fleet.answered(member)
        return completion

    def _completion(self, request: Request, document: Any, seconds: float) -> Completion:
        try:
            reply = read_reply(document, self.spec.endpoint, prefill=request.prompt.prefill)
        except NotAReply as error:
            raise malformed(error, self.secret) from error
        stopped = f"the server stopped it: {self.secret.error_line(reply.reason)}"
        return Completion(
            doc_id=request.doc_id,
            repeat=request.repeat,
            text=self.secret.out_of(reply.text),
            prefill=request.prompt.prefill,
            finish=reply.finish,
            prompt_tokens=reply.prompt_tokens,
            completion_tokens=reply.completion_tokens,
            seconds=round(seconds, 6),
            error=stopped if reply.finish == "error" else "",
        )

    def _failed(self, request: Request, failure: RequestFailure, attempts: int) -> Completion:
        self._count(failure)
        hint = f" ({found})" if (found := _form_tip(failure)) else ""
        tries = f" (after {attempts + 1} tries)" if attempts else ""
        asked = failure.retry_after or 0.0
        if asked > LONGEST_RETRY_AFTER_SECONDS:
            tries = f" (the server asks to wait {asked:g} s)"
        return Completion(
            doc_id=request.doc_id,
            repeat=request.repeat,
            text="",
            prefill=request.prompt.prefill,
            finish="error",
            error=failure.message + hint + tries,
        )

    def _count(self, failure: RequestFailure) -> None:
        """Raise UserError where this failure is one too many."""
        self.hopeless = self.hopeless + 1 if _is_hopeless(failure) else 0
        reason = _DIGITS.sub("#", failure.message) if _is_of_every_request(failure) else ""
        self.alike = self.alike + 1 if reason and reason == self.reason else int(bool(reason))
        self.reason = reason
        in_a_row = self.hopeless if self.hopeless >= min(HOPELESS_IN_A_ROW, self.n_requests) else 0
        if not self.answered and self.alike >= ALIKE_FROM_THE_START:
            in_a_row = self.alike
        if in_a_row:
            raise UserError(
                f"{', '.join(self.spec.urls)}: {in_a_row} requests in a row failed: {failure.message}",
                tip=f"{_tip(failure)}, then go on with `harness run --resume`.",
            )


def _is_hopeless(failure: RequestFailure) -> bool:
    """Whether the next request to that server would fail in the same way."""
    return failure.unreachable or failure.unpaid or failure.status in _HOPELESS_STATUS


def _is_of_every_request(failure: RequestFailure) -> bool:
    """Whether the reason lies with the server or with how it is asked, not with one prompt, and does not pass."""
    return failure.malformed or not (failure.transient or _OF_THE_PROMPT.search(failure.message))


def _tip(failure: RequestFailure) -> str:
    if failure.unreachable:
        return "check that the server is up"
    if failure.unpaid:
        return "check the account's quota and billing"
    if failure.status in (401, 403):
        return "check HARNESS_API_KEY"
    if failure.status == 404 or 300 <= failure.status < 400:
        return "check the model's name and the address"
    return _form_tip(failure) or "mend what the server says"


def _form_tip(failure: RequestFailure) -> str:
    return form_tip(failure.message) if failure.status in _FORM_STATUS else ""
