"""A model behind OpenAI-compatible servers, one or several: vLLM, SGLang, llama.cpp, `transformers serve`, an API."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from harness.backends.http.body import INPUT_FIELDS, PATHS, Endpoint, PrefillMode, error_text, read_reply, request_body
from harness.backends.http.fleet import Fleet, Member
from harness.backends.http.pump import Pump
from harness.backends.http.retry import (
    LONGEST_RETRY_AFTER_SECONDS,
    TIMEOUT_RETRIES,
    RequestFailure,
    RetryPolicy,
    is_transient,
    retry_after_seconds,
)
from harness.backends.http.server import ServerInfo, authorization, prefill_mode, probe_all, read_api_key, tls
from harness.backends.http.spec import HttpSpec, read_spec
from harness.core.backend import Backend
from harness.core.errors import UserError
from harness.core.hashing import stable_hash
from harness.core.records import Completion, GenerationSettings, ModelInfo, Prompt, Request
from harness.core.task import Task

if TYPE_CHECKING:
    import httpx

    from harness.backends.chat_template import ChatTemplate

HOPELESS_IN_A_ROW = 8
"""So many requests that failed one after the other, each after its retries, end the run: the journal keeps the rest."""
_HOPELESS_STATUS = (401, 403, 404)


class HttpBackend:
    """Draws completions over HTTP, many at a time.

    Failures that may pass (connections, 408, 429, 5xx, malformed replies) are retried with backoff; what still fails is
    a completion with finish 'error', never a score. The API key is read from HARNESS_API_KEY or OPENAI_API_KEY when
    the backend opens; it is only ever put into the Authorization header.
    """

    def __init__(self, spec: HttpSpec, server: ServerInfo, api_key: str, *, retry: RetryPolicy) -> None:
        self._spec = spec
        self._server = server
        self._api_key = api_key
        self._retry = retry
        self._template = _template(spec)

    @classmethod
    def from_spec(cls, name: str, options: Mapping[str, str], task: Task) -> Backend:
        """`http://HOST:PORT/v1[,http://OTHER/v1],model=NAME[,endpoint=completions][,concurrency=16][,timeout=600]`.

        Asks every server for its models. Raises UserError for an option or model that is not known, a server that
        cannot be reached, refuses the key or has another model, and a task with a prefill that it would not continue.
        """
        spec = read_spec(name, options)
        api_key = read_api_key(os.environ)
        server = probe_all(spec, api_key)
        backend = cls(spec, server, api_key, retry=RetryPolicy(retries=spec.retries))
        if task.prompt.prefill:
            backend._check_prefill()
        return backend

    def describe(self) -> ModelInfo:
        """The fingerprint covers the servers' addresses and all that they tell of the model, not when they started."""
        urls = self._spec.urls
        identity = {
            "url": urls[0] if len(urls) == 1 else sorted(urls),
            "model": self._server.model,
            "endpoint": self._spec.endpoint,
            "template": stable_hash([self._template.source, self._template.bos]) if self._template else "",
            "server": dict(self._server.identity),
        }
        return ModelInfo(
            name=self._server.model,
            fingerprint=f"http:{stable_hash(identity, length=32)}",
            backend="http",
            detail=identity,
        )

    def generate(self, requests: Sequence[Request], settings: GenerationSettings) -> Iterator[Completion]:
        """Yield completions as they finish. Raises UserError when the server is gone or refuses every request."""
        if not requests:
            return
        if any(request.prompt.prefill for request in requests):
            self._check_prefill()
        if self._spec.endpoint == "chat" and any(request.prompt.raw for request in requests):
            raise UserError(
                f"{self._spec.url}: the prompt is final text, and the chat endpoint would put it into a template",
                tip="endpoint=completions, or -o chat=true for an lm-eval task.",
            )
        call = _Call(backend=self, settings=settings, limit=min(HOPELESS_IN_A_ROW, len(requests)))
        at_once = self._spec.concurrency * len(self._spec.urls)
        yield from Pump(requests, call.complete, self._clients, at_once).run()

    def show_prompt(self, prompt: Prompt) -> tuple[str, Sequence[int]]:
        """What is sent: the text, or the turns as JSON where the server applies its template. Ids are not known."""
        request = Request(doc_id="", repeat=0, prompt=prompt, seed=0, max_new_tokens=1)
        body = self._body(request, GenerationSettings())
        sent = body.get("prompt", body.get("messages"))
        return (sent if isinstance(sent, str) else json.dumps(sent, ensure_ascii=False, indent=1)), ()

    def input_of(self, prompt: Prompt) -> Any:
        """What is sent of a prompt, and to which endpoint; the server's own template is its own affair."""
        if not prompt.messages:
            return None
        request = Request(doc_id="", repeat=0, prompt=prompt, seed=0, max_new_tokens=1)
        body = self._body(request, GenerationSettings())
        return {"endpoint": self._spec.endpoint} | {name: body[name] for name in INPUT_FIELDS if name in body}

    def input_words(self) -> str:
        """Where prompts are sent, and who makes one text of them."""
        if self._template is None:
            return "http chat, the server's own template"
        bos = f", begins with {self._template.bos!r}" if self._template.bos else ""
        return f"http completions, template: {self._template.origin}{bos}"

    def close(self) -> None:
        """Connections live as long as one `generate`; nothing stays open."""

    def __repr__(self) -> str:
        return f"HttpBackend(url={','.join(self._spec.urls)!r}, model={self._server.model!r})"

    def _check_prefill(self) -> None:
        if self._spec.endpoint == "chat" and self._prefill_mode == "refuse":
            raise UserError(
                f"{self._spec.url}: the prompt has a prefill, and this server is not known to continue one",
                tip="prefill=continue (vLLM, SGLang), prefill=trailing (llama.cpp), or endpoint=completions.",
            )

    @property
    def _prefill_mode(self) -> PrefillMode:
        return prefill_mode(self._spec.prefill, self._server.owned_by)

    @asynccontextmanager
    async def _clients(self) -> AsyncIterator[_Open]:
        """A pool of connections to each server: one that hangs holds none of the others'."""
        urls = self._spec.urls
        async with AsyncExitStack() as stack:
            clients = {url: await stack.enter_async_context(self._client(self._spec.at(url))) for url in urls}
            yield _Open(clients=clients, fleet=Fleet(urls, self._spec.concurrency))

    def _client(self, spec: HttpSpec) -> AbstractAsyncContextManager[httpx.AsyncClient]:
        import httpx

        return httpx.AsyncClient(
            headers=authorization(self._api_key),
            limits=httpx.Limits(max_connections=spec.concurrency, max_keepalive_connections=spec.concurrency),
            timeout=httpx.Timeout(spec.timeout_seconds, connect=min(30.0, spec.timeout_seconds)),
            verify=tls(),
            trust_env=not spec.is_loopback,
        )

    def _body(self, request: Request, settings: GenerationSettings) -> dict[str, Any]:
        return request_body(
            request,
            settings,
            model=self._server.model,
            endpoint=self._spec.endpoint,
            template=self._template,
            prefill_mode=self._prefill_mode,
        )

    async def _attempt(self, client: httpx.AsyncClient, url: str, body: dict[str, Any]) -> tuple[Any, float]:
        """One POST: (document, seconds). Raises RequestFailure."""
        import httpx

        started = time.perf_counter()
        try:
            response = await client.post(url + PATHS[self._spec.endpoint], json=body)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise RequestFailure(self._clean(f"no connection: {error}"), transient=True, unreachable=True) from error
        except httpx.TimeoutException as error:
            message = f"no reply within {self._spec.timeout_seconds:g} s"
            raise RequestFailure(message, transient=True, status=408) from error
        except httpx.HTTPError as error:
            lost = f"connection lost: {type(error).__name__}: {error}"
            raise RequestFailure(self._clean(lost), transient=True) from error
        document = _json_or_none(response)
        if response.status_code != 200:
            raise self._refusal(response, document)
        return document, time.perf_counter() - started

    def _refusal(self, response: httpx.Response, document: Any) -> RequestFailure:
        words = self._clean(error_text(document, response.text))
        return RequestFailure(
            f"HTTP {response.status_code}: {words}",
            transient=is_transient(response.status_code),
            status=response.status_code,
            retry_after=retry_after_seconds(response.headers),
        )

    def _clean(self, text: str) -> str:
        """A server may echo the key in its error; it must not reach the records."""
        return text.replace(self._api_key, "[key]") if self._api_key else text


@dataclass(frozen=True, slots=True, kw_only=True)
class _Open:
    """What the requests of one `generate` share."""

    clients: Mapping[str, httpx.AsyncClient]
    fleet: Fleet


@dataclass(slots=True, kw_only=True)
class _Call:
    """One `generate`: its settings, and how many requests in a row met servers that are gone or refuse."""

    backend: HttpBackend
    settings: GenerationSettings
    limit: int
    hopeless: int = field(default=0)

    async def complete(self, shared: _Open, request: Request) -> Completion:
        """The request's completion: tried again where that may help, on another server if there is one."""
        body = self.backend._body(request, self.settings)
        random, attempt, timeouts = Random(request.seed), 0, 0
        tried: list[Member] = []
        while True:
            async with shared.fleet.member(tried) as member:
                outcome = await self._try(shared, member, request, body)
            if isinstance(outcome, Completion):
                self.hopeless = 0
                return outcome
            tried.append(member)
            if _is_hopeless(outcome) and shared.fleet.untried(tried):
                continue  # at once: nothing is wrong with the next one
            timeouts += outcome.status == 408
            wait = self.backend._retry.wait_seconds(outcome, attempt, random)
            if wait is None or timeouts > TIMEOUT_RETRIES:
                return self._failed(request, outcome, attempt)
            attempt += 1
            tried = [member]
            await asyncio.sleep(wait)

    async def _try(
        self, shared: _Open, member: Member, request: Request, body: dict[str, Any]
    ) -> Completion | RequestFailure:
        try:
            document, seconds = await self.backend._attempt(shared.clients[member.url], member.url, body)
            completion = _completion(request, document, seconds, self.backend._spec.endpoint)
        except RequestFailure as failure:
            if _is_hopeless(failure):
                shared.fleet.missed(member, failure.message)
            return failure
        shared.fleet.answered(member)
        return completion

    def _failed(self, request: Request, failure: RequestFailure, attempt: int) -> Completion:
        self._count(failure)
        tries = f" (after {attempt + 1} tries)" if attempt else ""
        asked = failure.retry_after or 0.0
        if asked > LONGEST_RETRY_AFTER_SECONDS:
            tries = f" (the server asks to wait {asked:g} s)"
        return Completion(
            doc_id=request.doc_id,
            repeat=request.repeat,
            text="",
            prefill=request.prompt.prefill,
            finish="error",
            error=failure.message + tries,
        )

    def _count(self, failure: RequestFailure) -> None:
        self.hopeless = self.hopeless + 1 if _is_hopeless(failure) else 0
        if self.hopeless < self.limit:
            return
        url = ", ".join(self.backend._spec.urls)
        tip = "check the model's name and the address" if failure.status == 404 else "check HARNESS_API_KEY"
        if failure.unreachable:
            tip = "check that the server is up"
        raise UserError(
            f"{url}: {self.hopeless} requests in a row failed: {failure.message}",
            tip=f"{tip}, then go on with `harness run --resume`.",
        )


def _is_hopeless(failure: RequestFailure) -> bool:
    """Whether the next request to that server would fail in the same way."""
    return failure.unreachable or failure.status in _HOPELESS_STATUS


def _template(spec: HttpSpec) -> ChatTemplate | None:
    """What makes the one text of /completions; most servers add the begin-of-sequence token to it."""
    if spec.endpoint == "chat":
        return None
    from harness.backends.chat_template import ChatTemplate, find_template

    source, origin = find_template(Path(), {}, override=spec.template)
    return ChatTemplate(source=source, origin=origin, bos=spec.bos, eos="")


def _completion(request: Request, document: Any, seconds: float, endpoint: Endpoint) -> Completion:
    try:
        reply = read_reply(document, endpoint)
    except ValueError as error:
        raise RequestFailure(f"malformed reply: {error}", transient=True) from error
    return Completion(
        doc_id=request.doc_id,
        repeat=request.repeat,
        text=reply.text,
        prefill=request.prompt.prefill,
        finish=reply.finish,
        prompt_tokens=reply.prompt_tokens,
        completion_tokens=reply.completion_tokens,
        seconds=round(seconds, 6),
        error=f"the server stopped it: {reply.reason}" if reply.finish == "error" else "",
    )


def _json_or_none(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None
