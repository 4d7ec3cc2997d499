"""The nouns of the harness: frozen records that every module passes on and nobody changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from harness.core.errors import UserError
from harness.core.late import load

Role: TypeAlias = Literal["system", "user", "assistant"]
Finish: TypeAlias = Literal["stop", "length", "error"]
Outcome: TypeAlias = Literal["correct", "wrong", "no_answer", "not_scored", "measured"]
"""'measured' is a quantity with nothing to be right or wrong about, such as the likelihood of a text."""

LEFT_OUT = {"left_out": True}
"""Of a field that came later: it is not written while it has its default, so that older files stay as they are."""

MetricValue: TypeAlias = float | tuple[float, float] | None
"""What one completion adds to a metric: a value, a (numerator, denominator), or None where the metric
does not apply (the completion is then outside the denominator)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn of a conversation."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Doc:
    """One question with its gold answer."""

    id: str
    """Unique within a task."""
    question: str | tuple[Message, ...]
    target: str
    """The gold answer, as text."""
    gold_reasoning: str = ""
    """A correct way to the answer, where the data has one."""
    cluster: str = ""
    """The template or seed question it was made from; docs of one cluster are not independent. Empty: its own."""
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raises UserError for a gold answer that is no text: rows of JSON hold numbers."""
        if not isinstance(self.target, str):
            raise UserError(
                f"doc {self.id!r}: target must be text, not {type(self.target).__name__} {self.target!r}",
                tip="target=str(...) in the task function.",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What a model is asked, before any chat template is applied."""

    messages: tuple[Message, ...]
    prefill: str = ""
    """Text that opens the model's reply; it is part of the prompt and is re-attached before scoring."""
    raw: bool = False
    """The one message is the final text: no chat template is applied."""
    pairs: tuple[tuple[str, str], ...] = ()
    """(context, continuation) texts whose log-likelihoods are asked for in place of a reply; contexts follow what the
    messages and the prefill read as."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationSettings:
    """How completions are drawn; part of a run's identity."""

    max_new_tokens: int = 512
    temperature: float = 0.0
    """0 is greedy."""
    top_p: float = 1.0
    top_k: int = 0
    """0 is no limit."""
    stop: tuple[str, ...] = ()
    """Strings that end the reply, besides the model's own end token."""
    seed: int = 0
    repeats: int = 1
    """Completions drawn per doc."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One completion to draw: what the runner hands to a backend."""

    doc_id: str
    repeat: int
    prompt: Prompt
    seed: int
    """Of this request alone, so that its text does not depend on the batch it shares."""
    max_new_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """What the model wrote for one request."""

    doc_id: str
    text: str
    """Without the prefill."""
    repeat: int = 0
    prefill: str = ""
    """The part of the reply that was given in the prompt."""
    finish: Finish = "stop"
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    seconds: float | None = None
    error: str = ""
    """Why the backend failed, with finish == 'error'."""
    log_likelihoods: tuple[tuple[float, bool], ...] = ()
    """For each pair of the prompt: log-probability in nats, and whether greedy decoding would write it."""

    @property
    def reply(self) -> str:
        """The whole assistant turn, prefill included: what scorers judge."""
        return self.prefill + self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What one scorer says of one completion."""

    value: float | None
    """None with outcome 'not_scored' or 'measured', else usually 0 to 1."""
    outcome: Outcome
    answer: str = ""
    """The answer found in the reply, normalised."""
    why: str = ""
    """Which rule decided, in words."""
    detail: Mapping[str, Any] = field(default_factory=dict)
    """JSON-able evidence: spans are [start, end) characters of the reply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One line of records.jsonl: a doc, a completion of it, and its scores."""

    key: str
    """Hash of model fingerprint, rendered prompt, generation settings, repeat and seed."""
    doc: Doc
    completion: Completion
    scores: Mapping[str, Score]
    """By scorer name."""
    metrics: Mapping[str, MetricValue]
    """By metric name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricInfo:
    """What a metric measures; stored with the run so that a run folder explains itself."""

    name: str
    description: str
    scorer: str
    kind: Literal["binary", "mean", "ratio"]
    higher_is_better: bool = True
    diagnostic: bool = False
    """Explains a headline metric; shown on request, and a Holm family of its own."""
    unbounded: bool = False
    """Values have no upper end (bits, nats) even where all that were seen lie in [0, 1]: no interval leans on 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A number with its uncertainty."""

    value: float | None
    """None where undefined (no doc in the denominator)."""
    low: float | None
    high: float | None
    level: float
    method: str
    n_docs: int
    """Docs in the denominator."""
    n_clusters: int
    n_not_scored: int
    """Docs left out because scoring or generation failed, or the metric does not apply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """What a backend says of its model; the fingerprint is the model's identity in the journal key."""

    name: str
    fingerprint: str
    tokenizer_hash: str = ""
    backend: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DataInfo:
    """Which data a task was built from; runs on different data never compare."""

    source: str
    """'hub:openai/gsm8k', 'file:test.jsonl', 'bundled:gsm_style', ..."""
    docs_hash: str
    """Hash over ids, questions and targets of the docs used, in order of id."""
    n_docs: int
    notice: str = ""
    """A line the user must see (a fallback, a skipped row), or empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What else must agree before two runs compare, and what shows that a folder is as its run left it. Runs of before
    it existed have none, and are never given one later."""

    data: str = ""
    """Hash over all that a scorer may read of the docs (gold reasoning, clusters, metadata), in order of id."""
    input: str = ""
    """Hash over what the model read of every prompt; empty where its backend does not tell, and where completions came
    from elsewhere."""
    reads: str = ""
    """How prompts became that, in words."""
    seal: str = ""
    """Hash over the finished run.json and the bytes of its records; empty until then."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Run:
    """One evaluation: everything needed to repeat it and to refuse a false comparison."""

    id: str
    task: str
    task_version: str
    task_options: Mapping[str, Any]
    data: DataInfo
    prompt_hash: str
    """Over every rendered prompt; empty when completions came from elsewhere."""
    prompt_note: str
    """The user's label for a prompt that the harness did not render."""
    scorers: Mapping[str, str]
    """Scorer name to the hash of its version and options."""
    primary: str
    """Name of the primary metric."""
    metrics: tuple[MetricInfo, ...]
    model: ModelInfo
    settings: GenerationSettings | None
    """None when completions came from elsewhere."""
    versions: Mapping[str, str]
    git_sha: str
    command: str
    """The command line that made the run."""
    invocation: Mapping[str, Any]
    """What `--resume` needs to go on: task, options, model, limits."""
    started: str
    """UTC, ISO 8601."""
    finished: str = ""
    """Empty while running or after a kill."""
    n_expected: int = 0
    """Records of the finished run: docs x repeats; of completions made elsewhere, those there are and one for each doc
    that has none."""
    estimates: Mapping[str, Estimate] = field(default_factory=dict)
    identity: Identity | None = field(default=None, metadata=LEFT_OUT)
    """None in runs of before it existed."""

    def __repr__(self) -> str:
        return str(load("harness.core.words:run_line")(self))
