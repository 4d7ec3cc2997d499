"""Our backends as a model of lm-eval's command: `--model reasoning-harness --model_args pretrained=PATH`.

Importing this module registers the model; `python -m harness.lm_eval_bridge` does so and then is `lm_eval`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import lm_eval.models  # noqa: F401  lm-eval fills its registry only while that is empty: ours must not be the first
from lm_eval.api.model import LM
from lm_eval.api.registry import register_model

from harness.backends.open import open_backend
from harness.core.backend import Backend, ChatTextBackend, LogLikelihoodBackend
from harness.core.errors import UserError
from harness.core.hashing import stable_hash
from harness.core.records import Completion, GenerationSettings, Prompt, Request
from harness.core.task import Task
from harness.lm_eval_bridge.answers import Answers
from harness.lm_eval_bridge.prompts import ChatTurns, text_prompt
from harness.lm_eval_bridge.rolling import rolling_log_likelihood
from harness.lm_eval_bridge.scoring import until
from harness.runner.likelihood import split_pair
from harness.runner.requests import request_seed

PAIRS_AT_ONCE = 256
_BUDGETS = ("max_gen_toks", "max_new_tokens", "max_tokens", "max_completion_tokens")


@register_model("reasoning-harness")
class ReasoningHarnessLM(LM):  # type: ignore[misc]
    """A model of this harness behind lm-eval's interface.

    Arguments: pretrained, a model folder or hub id, or model, anything that `harness run --model` takes; journal, a
    folder that keeps every answer, so that the same command goes on where it stopped; max_gen_toks, for tasks that set
    none; seed, of sampled replies; all others are the backend's own (dtype, max_length, ...).
    """

    def __init__(
        self,
        pretrained: str = "",
        model: str = "",
        journal: str = "",
        max_gen_toks: int = 256,
        seed: int = 0,
        batch_size: int | str | None = None,
        max_batch_size: int | None = None,
        device: str | None = None,
        backend: Backend | None = None,
        **options: Any,
    ) -> None:
        super().__init__()
        self._max_gen_toks = int(max_gen_toks)
        self._seed = int(seed)
        if backend is None:
            rows = {"batch_size": batch_size} if str(batch_size) not in {"None", "1", "auto"} else {}
            backend = _open(model or pretrained, {**rows, **options}, self._max_gen_toks)
        self.backend = backend
        self._info = backend.describe()
        self.answers = Answers(journal)

    def generate_until(self, requests: Sequence[Any], disable_tqdm: bool = False) -> list[str]:
        """Replies in the order of `requests`, each cut at its first stop string.

        Raises RuntimeError where the backend failed on a request: an error is no reply to score.
        """
        asked = [self._request(*place) for place in _numbered(requests)]
        groups: dict[GenerationSettings, list[tuple[str, Request]]] = {}
        for key, request, settings in asked:
            if key not in self.answers:
                groups.setdefault(settings, []).append((key, request))
        for settings, missing in groups.items():
            self._draw(settings, dict(missing))
        texts = [until(self.answers[key].text, settings.stop) for key, _, settings in asked]
        self._tell_cache("generate_until", requests, texts)
        return texts

    def loglikelihood(self, requests: Sequence[Any], disable_tqdm: bool = False) -> list[tuple[float, bool]]:
        """(log-probability in nats, whether greedy) of each continuation after its context."""
        for request in requests:
            self._check_text(request.args[0])
        found = self._weigh([tuple(request.args) for request in requests], self._log_likelihood)
        self._tell_cache("loglikelihood", requests, found)
        return found

    def loglikelihood_rolling(self, requests: Sequence[Any], disable_tqdm: bool = False) -> list[float]:
        """Log-probability in nats of each whole text, in windows where it is longer than the model's context."""
        pairs = [("\x00rolling", request.args[0]) for request in requests]
        found = [total for total, _ in self._weigh(pairs, self._rolling)]
        self._tell_cache("loglikelihood_rolling", requests, found)
        return found

    def apply_chat_template(self, chat_history: list[dict[str, str]], add_generation_prompt: bool = True) -> str:
        """The turns as the model's own template has them; a server's are passed on as turns."""
        turns = ChatTurns(chat_history, add_generation_prompt)
        if not isinstance(self.backend, ChatTextBackend):
            return turns
        return turns.as_text(self.backend.render_text(Prompt(messages=turns.turns, prefill=turns.prefill)))

    def chat_template(self, chat_template: bool | str = False) -> str:
        """The template's source, which lm-eval notes with the results."""
        tokenizer = getattr(self.backend, "tokenizer", None)
        return tokenizer.template.source if tokenizer is not None else ""

    @property
    def tokenizer_name(self) -> str:
        """What lm-eval tells request caches apart by."""
        return self._info.tokenizer_hash or self._info.fingerprint.replace(":", "-")

    def get_model_info(self) -> dict[str, str]:
        """What lm-eval writes into the results beside the model's name."""
        return {"model_name": self._info.name, "model_fingerprint": self._info.fingerprint}

    def close(self) -> None:
        """Give back the journal and the model."""
        self.answers.close()
        self.backend.close()

    def _request(self, instance: Any, repeat: int) -> tuple[str, Request, GenerationSettings]:
        context, arguments = instance.args
        settings, budget = self._settings(arguments or {})
        doc_id = f"{instance.task_name}-{instance.doc_id}-{instance.idx}"
        request = Request(
            doc_id=doc_id,
            repeat=repeat,
            prompt=text_prompt(context),
            seed=request_seed(self._seed, doc_id, repeat),
            max_new_tokens=budget,
        )
        drawn = {**asdict(settings), "seed": 0}
        key = stable_hash([self._info.fingerprint, request.prompt, drawn, doc_id, repeat, request.seed], length=24)
        return key, request, settings

    def _settings(self, arguments: Mapping[str, Any]) -> tuple[GenerationSettings, int]:
        stop = arguments.get("until") or []
        temperature = float(arguments.get("temperature") or 0.0)
        if arguments.get("do_sample") is False:
            temperature = 0.0
        elif arguments.get("do_sample") and not arguments.get("temperature"):
            temperature = 1.0
        budget = next((int(arguments[key]) for key in _BUDGETS if arguments.get(key)), self._max_gen_toks)
        settings = GenerationSettings(
            max_new_tokens=budget,
            temperature=temperature,
            top_p=float(arguments.get("top_p") or 1.0),
            top_k=int(arguments.get("top_k") or 0),
            stop=(stop,) if isinstance(stop, str) else tuple(stop),
            seed=self._seed,
        )
        return settings, budget

    def _draw(self, settings: GenerationSettings, missing: Mapping[str, Request]) -> None:
        keys = {(request.doc_id, request.repeat): key for key, request in missing.items()}
        failed = []
        for completion in self.backend.generate(list(missing.values()), settings):
            if completion.finish == "error":
                failed.append(f"{completion.doc_id}: {completion.error}")
            else:
                self.answers.add(keys[completion.doc_id, completion.repeat], completion)
        silent = [request.doc_id for key, request in missing.items() if key not in self.answers]
        if silent:
            reason = failed[0] if failed else f"{silent[0]}: the backend gave no reply"
            raise RuntimeError(f"{len(silent)} of {len(missing)} requests failed ({reason}); what succeeded is kept")

    def _weigh(
        self, pairs: Sequence[tuple[str, str]], ask: Callable[[Sequence[tuple[str, str]]], Iterable[tuple[float, bool]]]
    ) -> list[tuple[float, bool]]:
        keys = [stable_hash([self._info.fingerprint, "pair", str(a), b], length=24) for a, b in pairs]
        missing = [(key, pair) for key, pair in dict(zip(keys, pairs, strict=True)).items() if key not in self.answers]
        for start in range(0, len(missing), PAIRS_AT_ONCE):
            chunk = missing[start : start + PAIRS_AT_ONCE]
            for (key, _), found in zip(chunk, ask([pair for _, pair in chunk]), strict=True):
                self.answers.add(key, Completion(doc_id="", text="", log_likelihoods=(found,)))
        return [self.answers[key].log_likelihoods[0] for key in keys]

    def _log_likelihood(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[float, bool]]:
        if not isinstance(self.backend, LogLikelihoodBackend):
            raise UserError(f"{self._info.name}: this backend gives no log-likelihoods, which the task asks for")
        return self.backend.log_likelihood([split_pair(str(context), text) for context, text in pairs])

    def _rolling(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[float, bool]]:
        texts = [text for _, text in pairs]
        if hasattr(self.backend, "engine"):
            return [(rolling_log_likelihood(self.backend, text), False) for text in texts]
        return self._log_likelihood([("", text) for text in texts])

    def _check_text(self, context: str) -> None:
        if isinstance(context, ChatTurns) and not context.is_text:
            raise UserError(
                f"{self._info.name}: this backend renders no chat template, so it cannot weigh choices in one"
            )

    def _tell_cache(self, method: str, requests: Sequence[Any], results: Sequence[Any]) -> None:
        for request, result in zip(requests, results, strict=True):
            self.cache_hook.add_partial(method, request.args, result)


def _numbered(requests: Sequence[Any]) -> list[tuple[Any, int]]:
    """(request, repeat): lm-eval lists a request once for each time that it is to be drawn."""
    seen: dict[int, int] = {}
    numbered = []
    for request in requests:
        numbered.append((request, seen.get(id(request), 0)))
        seen[id(request)] = numbered[-1][1] + 1
    return numbered


def _open(name: str, options: Mapping[str, Any], budget: int) -> Backend:
    if not name:
        raise UserError("reasoning-harness: no model given", tip="--model_args pretrained=PATH_OR_HUB_ID")
    task = Task(name="lm-eval", docs=(), scorers=(), max_new_tokens=budget)
    return open_backend(",".join([name, *(f"{key}={value}" for key, value in options.items())]), task)
