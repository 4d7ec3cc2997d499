"""A solution beside the gold solution: certified, or the first step that departs, with the evidence for every step."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from tasks.scoring.answer.equivalence import numbers_equal
from tasks.scoring.answer.extract import find_answer
from tasks.scoring.steps.read.limits import MAX_STEPS
from tasks.scoring.steps.reference.gold import MAX_GOLD_CHARS, Gold, arrives_at, read_gold
from tasks.scoring.steps.reference.locate import Departure, Judged, first_departure, judge_claims
from tasks.scoring.steps.reference.points import Exact, whole
from tasks.scoring.steps.reference.question import MAX_QUESTION_CHARS, QuestionNumbers, read_question
from tasks.scoring.steps.reference.records import Evidence, ReferenceCheck, ReferenceStep
from tasks.scoring.steps.reference.replay import replay
from tasks.scoring.steps.value.tolerance import exact_text
from tasks.scoring.steps.verdict.checker import check_solution
from tasks.scoring.steps.verdict.verdicts import SolutionCheck, Verdict

MAX_ANSWER_CHARS = 4_000
"""Characters at the end of a solution in which its answer is looked for."""
MAX_TEXT = 160
"""Characters of a statement kept as evidence."""
_WHY = {
    "gold": "in the gold solution: {}",
    "implied": "implied by the gold solution: {}",
    "stated": "given, or found before",
    "coincident": "equal to the gold solution's {}, but another function of the question's numbers",
    "unexplained": "neither the question nor an earlier step gives it",
    "departs": "no value of the gold solution, nor part of one",
    "slip": "the calculation does not give the value that is written",
}


def check_with_reference(
    steps: Sequence[str], question: str, gold_solution: str, seed: int = 0, alone: SolutionCheck | None = None
) -> ReferenceCheck:
    """Compare a solution with the gold one as functions of the question's numbers. Pure, deterministic, never raises.

    `steps` are compared with those of `gold_solution`; `seed` chooses the perturbed numbers; `alone` is the
    reference-free check of the same steps, where there is one already. A solution with the gold answer departs nowhere
    but where its own arithmetic is proven wrong: another valid way is not an error.

    >>> gold = "Tom has 3*4=12 eggs. He sells 5, so 12-5=7 are left.\\n#### 7"
    >>> question = "Tom has 3 boxes of 4 eggs and sells 5 eggs. How many are left?"
    >>> check_with_reference(["3 * 4 = 12", "12 - 5 = 7"], question, gold).certified
    True
    >>> check_with_reference(["3 * 4 = 12", "12 + 5 = 17"], question, gold).first_error()
    1
    """
    steps = list(steps[:MAX_STEPS])
    alone = alone or check_solution(steps, question)
    numbers, gold = _prepared(question[:MAX_QUESTION_CHARS], gold_solution[-MAX_GOLD_CHARS:], seed)
    trace = replay(steps, numbers, (gold.values, gold.implied), gold.points)
    judged = judge_claims(trace, gold)
    answer = _answer(steps, gold)
    departure = _departure(judged, gold, steps, answer, alone)
    certified = _certified(judged, gold, answer)
    return ReferenceCheck(
        departure=departure.step,
        why=departure.why,
        certified=certified,
        answer=exact_text(answer),
        gold_answer=exact_text(gold.answer),
        steps=tuple(_step(i, judged, departure.step, alone) for i in range(len(steps))),
        alone=alone,
    )


@lru_cache(maxsize=64)
def _prepared(question: str, gold_solution: str, seed: int) -> tuple[QuestionNumbers, Gold]:
    """The question and its gold solution, which all completions of a question share."""
    numbers = read_question(question, seed)
    return numbers, read_gold(gold_solution, numbers)


def _answer(steps: Sequence[str], gold: Gold) -> Exact | None:
    """The final answer; where it equals the gold answer as answers do (25% and 0.25), the gold answer."""
    found = find_answer("\n".join(step[-MAX_ANSWER_CHARS:] for step in steps[-3:]))
    if found is None or found.number is None:
        return None
    if gold.final is not None and numbers_equal(gold.final, found.number):
        return gold.answer
    return whole(found.number.value)


def _departure(
    judged: Judged, gold: Gold, steps: Sequence[str], answer: Exact | None, alone: SolutionCheck
) -> Departure:
    """The earlier of the first departure and the first step that its own arithmetic proves wrong."""
    proven = alone.first_error()
    if not steps or gold.answer is None or answer == gold.answer:
        found = None
    else:
        found = first_departure(judged, gold, steps, answer)
    if proven >= 0 and (found is None or proven < found.step):
        return Departure(step=proven, why="proven wrong by its own arithmetic")
    return found or Departure(step=-1, why="")


def _certified(judged: Judged, gold: Gold, answer: Exact | None) -> bool | None:
    """Whether the answer is the gold one as a function of the question's numbers; None where either is not computed."""
    if gold.answer is None or answer is None:
        return None
    if answer != gold.answer:
        return False
    arrivals = [claim for claim in judged.claims if arrives_at(claim, answer)]
    if any(not gold.answer_marks.isdisjoint(claim.marks) for claim in arrivals):
        return True
    is_certain = bool(arrivals) and bool(gold.answer_marks) and all(claim.is_certain for claim in arrivals)
    return False if is_certain else None


def _step(index: int, judged: Judged, departure: int, alone: SolutionCheck) -> ReferenceStep:
    own = [claim for claim in judged.claims if claim.step == index]
    evidence = tuple(
        Evidence(
            text=claim.text[:MAX_TEXT],
            value=exact_text(claim.written),
            support=judged.supports[claim.number],
            why=_WHY[judged.supports[claim.number]].format(judged.sources[claim.number][:MAX_TEXT]),
        )
        for claim in own
    )
    return ReferenceStep(index=index, verdict=_verdict(index, judged, departure, alone), evidence=evidence)


def _verdict(index: int, judged: Judged, departure: int, alone: SolutionCheck) -> Verdict:
    own = alone.steps[index].verdict
    if index == departure or own == "invalid":
        return "invalid"
    claims = [claim for claim in judged.claims if claim.step == index and claim.kind != "stated"]
    supports = {judged.supports[claim.number] for claim in claims}
    if departure >= 0 and index > departure and supports & {"departs", "slip"}:
        return "suspicious"
    if claims and supports <= {"gold", "implied"}:
        return "imprecise" if own == "imprecise" else "valid"
    return own if departure < 0 else "unverifiable"
