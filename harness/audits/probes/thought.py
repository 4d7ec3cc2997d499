"""Where the reasoning of a recorded reply lies, and how its answer section is opened again."""

from __future__ import annotations

from dataclasses import dataclass

from harness.audits.probes.records import SplitSteps
from harness.core.records import Completion
from harness.core.reply.format import ResponseFormat
from harness.core.reply.parse import FoundSection, parse_sections, without_end_tokens

NO_REASONING = "no reasoning section"
NO_ANSWER = "no answer section after the reasoning"
FAILED = "no completion"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thought:
    """A reply taken apart: reply[:steps[0][0]], the steps, then `opening`, then the answer."""

    reply: str
    steps: tuple[tuple[int, int], ...]
    """Start and end of each step of the reasoning, characters of the reply; at least one."""
    opening: str
    """From the end of the last step to where the answer begins, as this reply wrote it."""

    @property
    def reasoning(self) -> str:
        """From the first step to the last."""
        return self.reply[self.steps[0][0] : self.steps[-1][1]]

    def with_reasoning(self, reasoning: str) -> str:
        """The reply up to where the answer begins, with another reasoning in it; empty for none.

        >>> thought = Thought(reply="<think>\\n1 + 1 = 2\\n</think>", steps=((8, 17),), opening="\\n</think>")
        >>> thought.with_reasoning("..."), thought.with_reasoning("")
        ('<think>\\n...\\n</think>', '<think>\\n</think>')
        """
        before = self.reply[: self.steps[0][0]]
        if reasoning:
            return before + reasoning + self.opening
        before = before.rstrip()
        return before + self.opening if before else self.opening.lstrip()


def find_thought(completion: Completion, response_format: ResponseFormat, split: SplitSteps) -> Thought | str:
    """The reasoning of a reply in its declared form, or why there is none to probe: one of this module's constants."""
    if completion.finish == "error":
        return FAILED
    reply = without_end_tokens(completion.reply)
    sections = parse_sections(response_format, reply)
    reasoning = next((section for section in sections if section.name == "reasoning"), None)
    if reasoning is None:
        return NO_REASONING
    inside = reply[reasoning.body_start : reasoning.body_end]
    steps = tuple((reasoning.body_start + start, reasoning.body_start + end) for start, end in split(inside))
    if not steps:
        return NO_REASONING
    answer = next((s for s in sections if s.name == "answer" and s.start >= reasoning.body_end), None)
    if answer is None:
        return NO_ANSWER
    return Thought(reply=reply, steps=steps, opening=_opening(reply, steps[-1][1], answer, response_format))


def _opening(reply: str, start: int, answer: FoundSection, response_format: ResponseFormat) -> str:
    """Up to the answer's first character. Line ends before it are kept; a blank is not, as tokenizers join it to what
    follows it."""
    opening = reply[start : answer.body_start]
    body = reply[answer.body_start : answer.body_end]
    if response_format.boxed_answer:
        return opening.rstrip() + "\n\\boxed{"
    blanks = body[: len(body) - len(body.lstrip())]
    return opening + blanks[: blanks.rfind("\n") + 1]
