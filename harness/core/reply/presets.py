"""The response formats that people train: each one declared once, by name."""

from __future__ import annotations

from harness.core.errors import unknown_name
from harness.core.hashing import stable_hash
from harness.core.reply.format import ResponseFormat, Section

_ASK_LABELS = (
    "Restate the question, then reason step by step, then answer. Use exactly this form:\n"
    "Question: <the question>\nReasoning: <your steps>\nAnswer: <the final answer only>"
)
_ASK_TAGS = "Reason step by step between {0} and {1}, then give only the final answer between {2} and {3}."


def _tags(name: str, think: str, answer: str) -> ResponseFormat:
    return ResponseFormat(
        name=name,
        sections=(
            Section(name="reasoning", open=f"<{think}>", close=f"</{think}>"),
            Section(name="answer", open=f"<{answer}>", close=f"</{answer}>"),
        ),
        instruction=_ASK_TAGS.format(f"<{think}>", f"</{think}>", f"<{answer}>", f"</{answer}>"),
    )


QUESTION_REASONING_ANSWER = ResponseFormat(
    name="question-reasoning-answer",
    sections=(
        Section(name="question", open="Question:"),
        Section(name="reasoning", open="Reasoning:"),
        Section(name="answer", open="Answer:"),
    ),
    instruction=_ASK_LABELS,
)
REASONING_ANSWER = ResponseFormat(
    name="reasoning-answer",
    sections=(
        Section(name="reasoning", open="Reasoning:"),
        Section(name="answer", open="Answer:"),
    ),
    instruction="Reason step by step, then answer.",
)
REASONING_ANSWER_TAGS = _tags("reasoning-answer-tags", "reasoning", "answer")
THINK_ANSWER_TAGS = _tags("think-answer-tags", "think", "answer")
THINKING_ANSWER_TAGS = _tags("thinking-answer-tags", "thinking", "answer")
THOUGHT_ANSWER_TAGS = _tags("thought-answer-tags", "thought", "answer")
WORKING_SOLUTION_TAGS = ResponseFormat(
    name="working-solution-tags",
    sections=(
        Section(name="reasoning", open="<start_working_out>", close="<end_working_out>"),
        Section(name="answer", open="<SOLUTION>", close="</SOLUTION>"),
    ),
    instruction=_ASK_TAGS.format("<start_working_out>", "<end_working_out>", "<SOLUTION>", "</SOLUTION>"),
)
THINK_BOXED = ResponseFormat(
    name="think-boxed",
    sections=(
        Section(name="reasoning", open="<think>", close="</think>"),
        Section(name="answer"),
    ),
    instruction=r"Reason step by step between <think> and </think>, then give the final answer in \boxed{}.",
    boxed_answer=True,
)
GEMMA4_CHANNEL = ResponseFormat(
    # https://ai.google.dev/gemma/docs/core/prompt-formatting-gemma4: <|think|> in the system turn asks for thought.
    # The markers are special tokens: completions must be decoded with special tokens kept.
    name="gemma4-channel",
    sections=(
        Section(name="reasoning", open="<|channel>thought", close="<channel|>"),
        Section(name="answer"),
    ),
    instruction="<|think|>",
    separator="",
)
HASHES = ResponseFormat(
    name="hashes",
    sections=(Section(name="reasoning"), Section(name="answer", open="####")),
    instruction="Reason step by step, then write the final answer after '####'.",
)
BARE = ResponseFormat(
    name="bare",
    sections=(Section(name="answer"),),
    instruction="Give only the final answer.",
)

PRESETS: dict[str, ResponseFormat] = {
    preset.name: preset
    for preset in (
        QUESTION_REASONING_ANSWER,
        REASONING_ANSWER,
        REASONING_ANSWER_TAGS,
        THINK_ANSWER_TAGS,
        THINKING_ANSWER_TAGS,
        THOUGHT_ANSWER_TAGS,
        WORKING_SOLUTION_TAGS,
        THINK_BOXED,
        GEMMA4_CHANNEL,
        HASHES,
        BARE,
    )
}


def response_format(name: str) -> ResponseFormat:
    """The preset of that name. Raises UserError, with the nearest name, for one that is not there."""
    if name not in PRESETS:
        raise unknown_name("response format", name, PRESETS, tip=f"response formats: {', '.join(PRESETS)}.")
    return PRESETS[name]


def format_identity(form: ResponseFormat | None) -> str:
    """What a scorer's identity says of a response format: the name of a preset; of any other its content too, as two
    forms may be called the same. Empty for None."""
    if form is None or PRESETS.get(form.name) == form:
        return form.name if form is not None else ""
    return f"{form.name}:{stable_hash(form)}"
