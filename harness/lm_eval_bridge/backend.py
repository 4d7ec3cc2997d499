"""Any model that lm-eval can run, as a backend: `--model lm_eval:hf,pretrained=google/gemma-3-1b-it`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.backends.options import read_int
from harness.core.backend import Backend
from harness.core.errors import UserError
from harness.core.hashing import stable_hash
from harness.core.records import Completion, Finish, GenerationSettings, ModelInfo, Prompt, Request
from harness.core.task import Task
from harness.core.words import one_line
from harness.lm_eval_bridge.compat import INSTALL, lm_eval_name, quiet, version

REQUESTS_AT_ONCE = 64
"""Replies that a kill can lose: lm-eval's models return whole lists."""
_OWN_OPTIONS = ("batch_size", "device", "at_once")
_WEIGHTS = ("*.safetensors", "*.bin", "*.gguf", "*.json", "*.model", "*.jinja")


class LmEvalBackend:
    """Wraps a model of lm-eval's registry (hf, vllm, sglang, local-completions, ...).

    Options of `--model`: batch_size and device as for `lm_eval run`, at_once (requests that lm-eval gets in one call
    and that are journalled together); all others are the model's own arguments.
    """

    def __init__(self, model: Any, name: str, arguments: Mapping[str, str], *, at_once: int = REQUESTS_AT_ONCE) -> None:
        self._model = model
        self._name = name
        self._arguments = dict(arguments)
        self._at_once = at_once

    @classmethod
    def from_spec(cls, name: str, options: Mapping[str, str], task: Task) -> Backend:
        """`lm_eval:NAME,key=value`. Raises UserError for a model that lm-eval does not know or cannot open."""
        at_once = read_int(f"lm_eval:{name}", options, "at_once", REQUESTS_AT_ONCE, 1, 1_000_000)
        arguments = {key: value for key, value in options.items() if key not in _OWN_OPTIONS}
        model_class = _model_class(name)
        given = {key: options[key] for key in ("batch_size", "device") if key in options}
        joined = ",".join(f"{key}={value}" for key, value in arguments.items())
        try:
            with quiet():
                model = model_class.create_from_arg_string(joined, given)
        except ImportError as error:
            raise UserError(f"lm-eval's {name!r} needs a package that is not installed: {error}") from error
        except Exception as error:
            said = one_line(error)
            raise UserError(f"lm-eval's {name!r} does not open: {type(error).__name__}: {said}") from error
        return cls(model, name, arguments, at_once=at_once)

    def describe(self) -> ModelInfo:
        """The fingerprint covers the model's arguments and, where they name a folder, the bytes of its files."""
        identity = {"model": self._name, "arguments": self._arguments, "lm_eval": version(), "files": self._files()}
        if hasattr(self._model, "get_model_info"):
            identity["info"] = {key: str(value) for key, value in self._model.get_model_info().items()}
        shown = self._arguments.get("pretrained") or self._arguments.get("model") or self._name
        return ModelInfo(
            name=Path(shown).name,
            fingerprint=f"lm_eval:{stable_hash(identity, length=32)}",
            backend=f"lm_eval:{self._name}",
            detail=identity,
        )

    def generate(self, requests: Sequence[Request], settings: GenerationSettings) -> Iterator[Completion]:
        """Yield completions, `at_once` of them after each call of the model.

        Requests are not seeded one by one: sampled replies depend on what else the call holds.
        """
        for start in range(0, len(requests), self._at_once):
            yield from self._generate_together(requests[start : start + self._at_once], settings)

    def log_likelihood(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[float, bool]]:
        """The model's own log-likelihoods."""
        with quiet():
            found = self._model.loglikelihood([_instance("loglikelihood", pair, i) for i, pair in enumerate(pairs)])
        return [(float(total), bool(greedy)) for total, greedy in found]

    def render_text(self, prompt: Prompt) -> Any:
        """The final text: the model's own chat template, unless the prompt is final already.

        lm-eval's chat APIs have turns of their own kind in place of text, which pass through.

        Raises UserError where the model has no chat template, or one that refuses the prompt or cannot open the reply.
        """
        if prompt.raw:
            return prompt.messages[0].content + prompt.prefill
        turns = [{"role": message.role, "content": message.content} for message in prompt.messages]
        try:
            rendered = self._model.apply_chat_template(turns)
        except NotImplementedError as error:
            raise UserError(f"lm-eval's {self._name!r} has no chat template: {error}") from error
        except Exception as error:
            raise UserError(f"the chat template of {self._name} refuses the prompt: {error}") from error
        if prompt.prefill and not isinstance(rendered, str):
            raise UserError(f"lm-eval's {self._name!r} takes turns only: it cannot continue the task's prefill")
        return rendered + prompt.prefill if prompt.prefill else rendered

    def close(self) -> None:
        """Let go of the model."""
        del self._model

    def _generate_together(self, requests: Sequence[Request], settings: GenerationSettings) -> Iterator[Completion]:
        instances = []
        for place, request in enumerate(requests):
            arguments = (self.render_text(request.prompt), generation_arguments(settings, request.max_new_tokens))
            instances.append(_instance("generate_until", arguments, place))
        try:
            with quiet():
                texts = self._model.generate_until(instances)
        except Exception as error:  # a model's failure is no score, and must not end the run
            if len(requests) > 1:
                for request in requests:
                    yield from self._generate_together([request], settings)
                return
            yield _failed(requests[0], error)
            return
        for request, text in zip(requests, texts, strict=True):
            yield self._completion(request, text)

    def _completion(self, request: Request, text: str) -> Completion:
        n_tokens = self._count(text)
        finish: Finish = "length" if n_tokens is not None and n_tokens >= request.max_new_tokens else "stop"
        return Completion(
            doc_id=request.doc_id,
            repeat=request.repeat,
            text=text,
            prefill=request.prompt.prefill,
            finish=finish,
            completion_tokens=n_tokens,
        )

    def _count(self, text: str) -> int | None:
        encode = getattr(self._model, "tok_encode", None)
        if encode is None:
            return None
        try:
            return len(encode(text, add_special_tokens=False))
        except Exception:  # API models have a tokenizer only where they were given one
            return None

    def _files(self) -> list[str]:
        folder = Path(self._arguments.get("pretrained", ""))
        if not self._arguments.get("pretrained") or not folder.is_dir():
            return []
        from harness.gemma.model.fingerprint import file_hash

        return sorted(file_hash(file) for pattern in _WEIGHTS for file in folder.glob(pattern))


def generation_arguments(settings: GenerationSettings, max_new_tokens: int) -> dict[str, Any]:
    """Our settings as lm-eval's `generation_kwargs`."""
    arguments: dict[str, Any] = {
        "until": list(settings.stop),
        "max_gen_toks": max_new_tokens,
        "do_sample": settings.temperature > 0,
        "temperature": settings.temperature,
    }
    if settings.temperature > 0:
        arguments |= {"top_p": settings.top_p} if settings.top_p < 1 else {}
        arguments |= {"top_k": settings.top_k} if settings.top_k else {}
    return arguments


def _model_class(name: str) -> Any:
    import importlib

    if not name:
        raise UserError("lm_eval: needs a model of lm-eval", tip="--model lm_eval:hf,pretrained=PATH_OR_NAME")
    get_model = lm_eval_name("lm_eval.api.registry:get_model")
    importlib.import_module("lm_eval.models")  # fills the registry of versions that do not load models by name
    try:
        return get_model(name)
    except ImportError as error:
        raise UserError(f"lm-eval's {name!r} needs a package that is not installed: {error}", tip=INSTALL) from error
    except (KeyError, ValueError) as error:
        said = one_line(error.args[0] if error.args else error)
        raise UserError(f"lm-eval has no model {name!r}: {said}") from error


def _instance(kind: str, arguments: tuple[Any, ...], place: int) -> Any:
    made = lm_eval_name("lm_eval.api.instance:Instance")
    return made(request_type=kind, doc={}, arguments=arguments, idx=0, metadata=("reasoning-harness", place, 1))


def _failed(request: Request, error: Exception) -> Completion:
    return Completion(
        doc_id=request.doc_id,
        repeat=request.repeat,
        text="",
        prefill=request.prompt.prefill,
        finish="error",
        error=f"{type(error).__name__}: {error}",
    )
