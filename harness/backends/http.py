"""A model behind an OpenAI-compatible server: vLLM, SGLang, llama.cpp, `transformers serve`, a hosted API."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from harness.backends.http_body import PATHS, Endpoint, PrefillMode, error_text, read_reply, request_body
from harness.backends.http_pump import Pump
from harness.backends.http_retry import (
    LONGEST_RETRY_AFTER_SECONDS,
    TIMEOUT_RETRIES,
    RequestFailure,
    RetryPolicy,
    is_transient,
    retry_after_seconds,
)
from harness.backends.http_server import ServerInfo, authorization, prefill_mode, probe, read_api_key, tls
from harness.backends.http_spec import HttpSpec, read_spec
from harness.core.backend import Backend
from harness.core.errors import UserError
from harness.core.hashing import stable_hash
from harness.core.records import Completion, GenerationSettings, ModelInfo, Prompt, Request
from harness.core.task import Task

if TYPE_CHECKING:
    import httpx

    from harness.gemma.chat_template import ChatTemplate

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
        """`http://HOST:PORT/v1,model=NAME[,endpoint=completions][,concurrency=16][,timeout=600][,retries=5]`.

        Asks the server for its models. Raises UserError for an option or model that is not known, a server that cannot
        be reached or refuses the key, and a task with a prefill that the server would not continue.
        """
        spec = read_spec(name, options)
        api_key = read_api_key(os.environ)
        server = probe(spec, api_key)
        backend = cls(spec, server, api_key, retry=RetryPolicy(retries=spec.retries))
        if task.prompt.prefill:
            backend._check_prefill()
        return backend

    def describe(self) -> ModelInfo:
        """The fingerprint covers the server's address and all that it tells of the model, not when it started."""
        identity = {
            "url": self._spec.url,
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
        yield from Pump(requests, call.complete, self._client, self._spec.concurrency).run()

    def show_prompt(self, prompt: Prompt) -> tuple[str, Sequence[int]]:
        """What is sent: the text, or the turns as JSON where the server applies its template. Ids are not known."""
        request = Request(doc_id="", repeat=0, prompt=prompt, seed=0, max_new_tokens=1)
        body = self._body(request, GenerationSettings())
        sent = body.get("prompt", body.get("messages"))
        return (sent if isinstance(sent, str) else json.dumps(sent, ensure_ascii=False, indent=1)), ()

    def close(self) -> None:
        """Connections live as long as one `generate`; nothing stays open."""

    def __repr__(self) -> str:
        return f"HttpBackend(url={self._spec.url!r}, model={self._server.model!r})"

    def _check_prefill(self) -> None:
        if self._spec.endpoint == "chat" and self._prefill_mode == "refuse":
            raise UserError(
                f"{self._spec.url}: the prompt has a prefill, and this server is not known to continue one",
                tip="prefill=continue (vLLM, SGLang), prefill=trailing (llama.cpp), or endpoint=completions.",
            )

    @property
    def _prefill_mode(self) -> PrefillMode:
        return prefill_mode(self._spec.prefill, self._server.owned_by)

    def _client(self) -> AbstractAsyncContextManager[httpx.AsyncClient]:
        import httpx

        limits = httpx.Limits(max_connections=self._spec.concurrency, max_keepalive_connections=self._spec.concurrency)
        timeout = httpx.Timeout(self._spec.timeout_seconds, connect=min(30.0, self._spec.timeout_seconds))
        return httpx.AsyncClient(
            headers=authorization(self._api_key),
            limits=limits,
            timeout=timeout,
            verify=tls(),
            trust_env=not self._spec.is_loopback,
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

    async def _attempt(self, client: httpx.AsyncClient, body: dict[str, Any]) -> tuple[Any, float]:
        """One POST: (document, seconds). Raises RequestFailure."""
        import httpx

        started = time.perf_counter()
        try:
            response = await client.post(self._spec.url + PATHS[self._spec.endpoint], json=body)
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


@dataclass(slots=True, kw_only=True)
class _Call:
    """One `generate`: its settings, and how many requests in a row met a server that is gone or refuses."""

    backend: HttpBackend
    settings: GenerationSettings
    limit: int
    hopeless: int = field(default=0)

    async def complete(self, client: httpx.AsyncClient, request: Request) -> Completion:
        body = self.backend._body(request, self.settings)
        random, attempt, timeouts = Random(request.seed), 0, 0
        while True:
            try:
                document, seconds = await self.backend._attempt(client, body)
                completion = _completion(request, document, seconds, self.backend._spec.endpoint)
                self.hopeless = 0
                return completion
            except RequestFailure as failure:
                timeouts += failure.status == 408
                wait = self.backend._retry.wait_seconds(failure, attempt, random)
                if wait is None or timeouts > TIMEOUT_RETRIES:
                    return self._failed(request, failure, attempt)
            attempt += 1
            await asyncio.sleep(wait)

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
        is_hopeless = failure.unreachable or failure.status in _HOPELESS_STATUS
        self.hopeless = self.hopeless + 1 if is_hopeless else 0
        if self.hopeless < self.limit:
            return
        url = self.backend._spec.url
        tip = "check the model's name and the address" if failure.status == 404 else "check HARNESS_API_KEY"
        if failure.unreachable:
            tip = "check that the server is up"
        raise UserError(
            f"{url}: {self.hopeless} requests in a row failed: {failure.message}",
            tip=f"{tip}, then go on with `harness run --resume`.",
        )


def _template(spec: HttpSpec) -> ChatTemplate | None:
    """What makes the one text of /completions; most servers add the begin-of-sequence token to it."""
    if spec.endpoint == "chat":
        return None
    from harness.gemma.chat_template import ChatTemplate, find_template

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
