"""A model behind OpenAI-compatible servers, one or several: vLLM, SGLang, llama.cpp, `transformers serve`, an API."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.backends.http.body import INPUT_FIELDS, PrefillMode, request_body
from harness.backends.http.call import Call, Open
from harness.backends.http.exchange import open_client
from harness.backends.http.fleet import Fleet
from harness.backends.http.pump import Pump
from harness.backends.http.retry import RetryPolicy
from harness.backends.http.secret import Secret
from harness.backends.http.server import ServerInfo, authorization, prefill_mode, probe_all, read_api_key
from harness.backends.http.spec import HttpSpec, read_spec
from harness.core.backend import Backend
from harness.core.errors import UserError
from harness.core.hashing import stable_hash
from harness.core.records import Completion, GenerationSettings, ModelInfo, Prompt, Request
from harness.core.task import Task

if TYPE_CHECKING:
    import httpx

    from harness.backends.chat_template import ChatTemplate


class HttpBackend:
    """Draws completions over HTTP, many at a time.

    Failures that may pass (connections, 408, 429, 5xx, malformed replies) are retried with backoff; what still fails is
    a completion with finish 'error', never a score. The API key is read from HARNESS_API_KEY or OPENAI_API_KEY when
    the backend opens; it is only ever put into the Authorization header.
    """

    def __init__(self, spec: HttpSpec, server: ServerInfo, api_key: str, *, retry: RetryPolicy) -> None:
        self._spec = spec
        self._server = server
        self._secret = Secret(api_key)
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
        if self._spec.identity:  # left out where nothing is changed: fingerprints of before stay what they were
            identity["request"] = self._spec.identity
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
        call = Call(
            spec=self._spec,
            secret=self._secret,
            retry=self._retry,
            body=self._body,
            settings=settings,
            n_requests=len(requests),
        )
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
    async def _clients(self) -> AsyncIterator[Open]:
        """A pool of connections to each server: one that hangs holds none of the others'."""
        urls = self._spec.urls
        async with AsyncExitStack() as stack:
            clients = {url: await stack.enter_async_context(self._client(self._spec.at(url))) for url in urls}
            yield Open(clients=clients, fleet=Fleet(urls, self._spec.concurrency))

    def _client(self, spec: HttpSpec) -> AbstractAsyncContextManager[httpx.AsyncClient]:
        return open_client(
            authorization(self._secret.key, spec.key_header),
            seconds=spec.timeout_seconds,
            connections=spec.concurrency,
            proxies=not spec.is_loopback,
        )

    def _body(self, request: Request, settings: GenerationSettings) -> dict[str, Any]:
        body = request_body(
            request,
            settings,
            model=self._server.model,
            endpoint=self._spec.endpoint,
            template=self._template,
            prefill_mode=self._prefill_mode,
        )
        return self._spec.form.shape(body)


def _template(spec: HttpSpec) -> ChatTemplate | None:
    """What makes the one text of /completions; most servers add the begin-of-sequence token to it."""
    if spec.endpoint == "chat":
        return None
    from harness.backends.chat_template import ChatTemplate, find_template

    source, origin = find_template(Path(), {}, override=spec.template)
    return ChatTemplate(source=source, origin=origin, bos=spec.bos, eos="")
