"""What a server tells of itself before the first request: is it there, does it take the key, which models it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.backends.http.body import NotAReply, PrefillMode, error_text, read_document
from harness.backends.http.exchange import Answer, UnreadableAnswer, exchange, open_client
from harness.backends.http.pump import in_a_loop_apart
from harness.backends.http.secret import Secret
from harness.backends.http.spec import HttpSpec, PrefillOption
from harness.core.errors import UserError
from harness.core.words import one_line

PROBE_SECONDS = 10.0
_STABLE_FIELDS = ("id", "root", "parent", "owned_by", "max_model_len", "meta")
"""vLLM's `created` and `permission` change at every start of the same server."""
_CONTINUES: dict[str, PrefillMode] = {"vllm": "continue", "sglang": "continue", "llamacpp": "trailing"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerInfo:
    """The model that is asked, and what `/models` says of it."""

    model: str
    identity: Mapping[str, Any] = field(default_factory=dict)
    """Its entry, less what changes between starts; empty where the server has no list or does not list it."""

    @property
    def owned_by(self) -> str:
        """The kind of server, as vLLM, SGLang and llama.cpp put it."""
        return str(self.identity.get("owned_by", ""))


def probe_all(spec: HttpSpec, api_key: str) -> ServerInfo:
    """Ask every server. Raises UserError where one cannot be asked, or tells of another model than the first."""
    first, *others = [(url, probe(spec.at(url), api_key)) for url in spec.urls]
    for url, info in others:
        if info != first[1]:
            raise UserError(
                f"{first[0]} and {url} do not serve the same model: {_difference(first[1], info)}",
                tip="start all servers with the same model and settings.",
            )
    return first[1]


def probe(spec: HttpSpec, api_key: str) -> ServerInfo:
    """Ask `/models`. Raises UserError for a server that cannot be reached or refuses the key, or a model left open.

    A server without such a list is taken at its word, as long as the model is named; so is a model not in the list,
    since some servers list only what they have loaded.
    """
    secret = Secret(api_key)
    answer = _get_models(spec, api_key, secret)
    document = _document(answer)
    if answer.status in (401, 403):
        words = secret.error_line(error_text(document, answer.body.decode("utf-8", "replace")))
        state = "refuses the API key" if api_key else "wants an API key"
        raise UserError(f"{spec.url} {state}: HTTP {answer.status}: {words}", tip="set HARNESS_API_KEY.")
    entries = _entries(secret.out_of(document)) if answer.status == 200 else {}
    if spec.model:
        return ServerInfo(model=spec.model, identity=_stable(entries.get(spec.model, {})))
    if len(entries) == 1:
        ((name, entry),) = entries.items()
        return ServerInfo(model=name, identity=_stable(entry))
    listed = f"it has {', '.join(one_line(name, 100) for name in list(entries)[:8])}" if entries else "it lists none"
    raise UserError(f"{spec.url}: which model? {listed}", tip=f"--model {spec.url},model=NAME")


def _difference(first: ServerInfo, other: ServerInfo) -> str:
    if first.model != other.model:
        return f"{first.model} and {other.model}"
    names = [n for n in _STABLE_FIELDS if first.identity.get(n) != other.identity.get(n)]
    return f"{names[0]} is {first.identity.get(names[0])} and {other.identity.get(names[0])}"


def read_api_key(environment: Mapping[str, str]) -> str:
    """HARNESS_API_KEY, else OPENAI_API_KEY, else empty. Raises UserError for one that no header can carry.

    The check keeps the key out of the HTTP library's own message about it.
    """
    for name in ("HARNESS_API_KEY", "OPENAI_API_KEY"):
        key = environment.get(name, "").strip()
        if key and not (key.isascii() and key.isprintable()):
            raise UserError(f"{name} holds characters that an API key cannot have", tip="set it again, on one line.")
        if key:
            return key
    return ""


def authorization(api_key: str, header: str = "Authorization") -> dict[str, str]:
    """The header that carries the key, if there is one; a header of another name takes it as it is."""
    if not api_key:
        return {}
    return {header: f"Bearer {api_key}" if header.lower() == "authorization" else api_key}


def prefill_mode(option: PrefillOption, owned_by: str) -> PrefillMode:
    """How the chat endpoint is asked to go on from a prefill.

    'continue': an assistant message with vLLM's continue_final_message. 'trailing': the message alone, which
    llama.cpp continues. 'refuse': other servers would start a new turn after it, which is another prompt.
    """
    return _CONTINUES.get(owned_by, "refuse") if option == "auto" else option


def _get_models(spec: HttpSpec, api_key: str, secret: Secret) -> Answer:
    import httpx

    try:
        return in_a_loop_apart(lambda: _ask_models(spec, api_key))
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, TimeoutError, UnreadableAnswer) as error:
        words = secret.error_line(str(error) or type(error).__name__)
        raise UserError(
            f"{spec.url} cannot be reached: {words}",
            tip="start the server (for example `vllm serve MODEL`), or check host and port.",
        ) from error


async def _ask_models(spec: HttpSpec, api_key: str) -> Answer:
    seconds = min(PROBE_SECONDS, spec.timeout_seconds)
    headers = authorization(api_key, spec.key_header)
    async with open_client(headers, seconds=seconds, connections=1, proxies=not spec.is_loopback) as client:
        try:
            return await exchange(client, "GET", f"{spec.url}/models", seconds=seconds, query=spec.query)
        except TimeoutError:
            raise TimeoutError(f"no list of models within {seconds:g} s") from None


def _document(answer: Answer) -> Any:
    try:
        return read_document(answer)
    except NotAReply:
        return None


def _entries(document: Any) -> dict[str, Mapping[str, Any]]:
    listed = document.get("data") if isinstance(document, Mapping) else document
    entries = [entry for entry in listed if isinstance(entry, Mapping)] if isinstance(listed, list) else []
    return {str(entry["id"]): entry for entry in entries if "id" in entry}


def _stable(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {name: entry[name] for name in _STABLE_FIELDS if entry.get(name) is not None}
