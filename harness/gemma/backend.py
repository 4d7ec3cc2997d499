"""A Gemma 3 as a backend of the runner: text in, text out, over the decode engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.backends.options import check_options, read_float, read_int
from harness.core.backend import Backend
from harness.core.errors import UserError, unknown_name
from harness.core.hashing import stable_hash
from harness.core.notices import detail
from harness.core.records import Completion, GenerationSettings, ModelInfo, Prompt, Request
from harness.core.task import Task
from harness.gemma.model.shards import DTYPES, Dtype
from harness.gemma.text.stops import StopStrings, split_at_context

if TYPE_CHECKING:
    from jax.sharding import Mesh

    from harness.gemma.engine.engine import Engine
    from harness.gemma.engine.requests import TokenCompletion, TokenRequest
    from harness.gemma.load import LoadedModel

OPTIONS = ("dtype", "batch_size", "max_length", "tp", "steps_per_sync", "base", "lora_alpha", "chat_template")


class GemmaBackend:
    """Runs a Gemma 3 with continuous batching on this process's devices.

    Options of `--model`: dtype (float32, bfloat16; by default bfloat16 except on a CPU), batch_size (rows a device; by
    default what memory holds), max_length (tokens of prompt and reply), tp (devices that share each weight),
    steps_per_sync, base (what a Tunix checkpoint started from), lora_alpha (of a LoRA
    checkpoint that does not say), chat_template (gemma, none, or a file).
    """

    def __init__(self, loaded: LoadedModel, engine: Engine, name: str) -> None:
        """`loaded` behind `engine`; `name` is what runs and reports call it."""
        self.engine = engine
        self._told: tuple[int, int] | None = None
        """Rows and span of the memory fit that was told of."""
        self.tokenizer = loaded.tokenizer
        self._name = name
        limit = engine.options.max_length
        self._fingerprint = stable_hash({"model": loaded.fingerprint, "max_length": limit})
        self._detail = {
            "path": str(loaded.path),
            "dtype": loaded.dtype,
            "parameters": engine.shape.n_parameters,
            "max_length": limit,
            "devices": engine.n_devices,
            "notes": list(loaded.notes),
        }
        if loaded.training_step is not None:
            self._detail["training_step"] = loaded.training_step

    @classmethod
    def from_spec(cls, name: str, options: Mapping[str, str], task: Task) -> Backend:
        """`PATH_OR_NAME,key=value`. Raises UserError for an unknown option, a model that does not load, or a context
        that the task's replies cannot fit in."""
        from harness.gemma.engine.compile_cache import enable_compile_cache
        from harness.gemma.engine.engine import Engine
        from harness.gemma.engine.placed import EngineOptions
        from harness.gemma.load import load_model

        label = f"gemma:{name}"
        check_options(label, options, OPTIONS)
        enable_compile_cache()
        mesh = _mesh(label, options)
        loaded = load_model(
            name,
            dtype=_dtype(label, options),
            mesh=mesh,
            base=options.get("base"),
            lora_alpha=read_float(label, options, "lora_alpha", 0.0, 0.0, 1e6) or None,
            chat_template=options.get("chat_template", ""),
        )
        longest = loaded.max_positions
        max_length = read_int(label, options, "max_length", longest, 2, longest)
        if task.max_new_tokens >= max_length:
            raise UserError(
                f"{label}: the task's max_new_tokens is {task.max_new_tokens}, but the context is {max_length} tokens",
                tip="lower --max-new-tokens or raise max_length.",
            )
        batch_size = read_int(label, options, "batch_size", 0, 1, 4096) if "batch_size" in options else None
        engine_options = EngineOptions(
            batch_size=batch_size,
            max_length=max_length,
            steps_per_sync=read_int(label, options, "steps_per_sync", 16, 1, 256),
        )
        return cls(loaded, Engine(loaded.model, mesh=mesh, options=engine_options), name)

    @staticmethod
    def check_spec(name: str, options: Mapping[str, str]) -> None:
        """Raises UserError for an unknown option, and a model that is nowhere; of a hub id only small files come."""
        from harness.gemma.model.hub import resolve

        check_options(f"gemma:{name}", options, OPTIONS)
        resolve(name, base=options.get("base"), weights=False)

    def describe(self) -> ModelInfo:
        """The fingerprint covers weights, config, dtype and max_length: what decides the reply, beyond rounding."""
        return ModelInfo(
            name=self._name,
            fingerprint=self._fingerprint,
            tokenizer_hash=self.tokenizer.hash,
            backend="gemma",
            detail=self._detail,
        )

    def generate(self, requests: Sequence[Request], settings: GenerationSettings) -> Iterator[Completion]:
        """Yield a completion per request as each finishes; a prompt that cannot be rendered or is longer than the
        context yields one with finish 'error'."""
        from harness.gemma.engine.sampling import Sampling

        sampling = Sampling(temperature=settings.temperature, top_k=settings.top_k, top_p=settings.top_p)
        prompts: list[TokenRequest] = []
        for index, request in enumerate(requests):
            rendered = self._render(index, request)
            if isinstance(rendered, Completion):
                yield rendered
            else:
                prompts.append(rendered)
        stop = StopStrings(settings.stop, self.tokenizer.decode)
        stop_ids = self.tokenizer.stop_ids
        widths = {prompt.index: len(prompt.tokens) for prompt in prompts}
        for done in self.engine.generate(prompts, sampling, stop_ids, stop.check if settings.stop else None):
            self._tell_memory()
            yield self._completion(requests[done.index], done, widths[done.index], stop)

    def _tell_memory(self) -> None:
        """Each layout once, when its first reply arrives."""
        fit = self.engine.fit
        if fit is not None and (fit.n_rows, fit.span) != self._told:
            self._told = fit.n_rows, fit.span
            detail(f"memory of {self._name}: {fit.describe()}")

    def log_likelihood(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[float, bool]]:
        """Log-probability in nats of each continuation after its context, and whether it is the greedy one.

        Text is split into tokens as a whole, and the continuation's tokens are those beyond the context's own.
        """
        from harness.gemma.engine.likelihood import Continuation, log_likelihoods

        items: list[Continuation] = []
        for context, continuation in pairs:
            tokens, n_context = split_at_context(self.tokenizer, context, continuation)
            items.append(Continuation(tokens=tokens, n_context=n_context))
        return log_likelihoods(self.engine, items)

    def show_prompt(self, prompt: Prompt) -> tuple[str, Sequence[int]]:
        """The text that the model continues, and its token ids."""
        if not prompt.messages:  # a text that is weighed
            return prompt.prefill, self.tokenizer.one_bos(self.tokenizer.encode(prompt.prefill))
        return self.tokenizer.render_text(prompt), self.tokenizer.render(prompt)

    def input_of(self, prompt: Prompt) -> Any:
        """The ids that the model continues or weighs, and those that end a reply."""
        pairs = [split_at_context(self.tokenizer, context, end) for context, end in prompt.pairs]
        return {"ids": self.show_prompt(prompt)[1], "pairs": pairs, "stop_ids": self.tokenizer.stop_ids}

    def input_words(self) -> str:
        """Which chat template wrote the prompts."""
        return f"token ids, chat template: {self.tokenizer.template.origin}"

    def count_tokens(self, pairs: Sequence[tuple[str, str]]) -> list[int]:
        """Tokens of each continuation, as `log_likelihood` splits it."""
        split = [split_at_context(self.tokenizer, context, continuation) for context, continuation in pairs]
        return [len(tokens) - n_context for tokens, n_context in split]

    def render_text(self, prompt: Prompt) -> str:
        """The text that the model continues, its chat template applied."""
        return self.tokenizer.render_text(prompt)

    def close(self) -> None:
        """Let go of the weights and the kept prefix."""
        del self.engine

    def _render(self, index: int, request: Request) -> TokenRequest | Completion:
        from harness.gemma.engine.requests import TokenRequest

        try:
            tokens = tuple(self.tokenizer.render(request.prompt))
        except UserError as error:
            return _failed(request, error.message, None)
        return TokenRequest(index=index, tokens=tokens, max_new_tokens=request.max_new_tokens, seed=request.seed)

    def _completion(self, request: Request, done: TokenCompletion, width: int, stop: StopStrings) -> Completion:
        if done.finish == "error":
            return _failed(request, done.error, width)
        ended_itself = bool(done.tokens) and done.tokens[-1] in self.tokenizer.stop_ids
        body = done.tokens[:-1] if ended_itself else done.tokens
        text, n_tokens = stop.cut(body)
        was_cut = n_tokens < len(body) or text != stop.decode(body)
        return Completion(
            doc_id=request.doc_id,
            repeat=request.repeat,
            text=text,
            prefill=request.prompt.prefill,
            finish="stop" if was_cut or ended_itself else "length",
            prompt_tokens=width,
            completion_tokens=n_tokens if was_cut else len(done.tokens),
            seconds=done.seconds,
        )


def _failed(request: Request, error: str, width: int | None) -> Completion:
    return Completion(
        doc_id=request.doc_id,
        repeat=request.repeat,
        text="",
        prefill=request.prompt.prefill,
        finish="error",
        prompt_tokens=width,
        error=error,
    )


def _dtype(label: str, options: Mapping[str, str]) -> Dtype:
    """float32 on a CPU, where bfloat16 gains nothing; bfloat16 elsewhere."""
    import jax

    given = options.get("dtype", "float32" if jax.default_backend() == "cpu" else "bfloat16")
    for dtype in DTYPES:
        if dtype == given:
            return dtype
    raise unknown_name(f"dtype of {label}:", given, DTYPES, tip=f"one of {', '.join(DTYPES)}.")


def _mesh(label: str, options: Mapping[str, str]) -> Mesh | None:
    """All devices of this process, data-parallel unless `tp` says otherwise; None for a single one."""
    import jax
    import numpy as np
    from jax.sharding import AxisType, Mesh

    devices = jax.local_devices()
    tp = read_int(label, options, "tp", 1, 1, len(devices))
    if len(devices) % tp:
        raise UserError(f"{label}: tp={tp} does not divide this process's {len(devices)} devices")
    if len(devices) == 1:
        return None
    return Mesh(np.array(devices).reshape(-1, tp), ("fsdp", "tp"), axis_types=(AxisType.Auto,) * 2)
