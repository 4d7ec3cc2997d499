"""Reference-guided checking: a solution compared with the gold solution as functions of the question's numbers.

    question  -> question.read_question   its numbers, each with a perturbed one
    text      -> replay.replay            Trace: every value that a step arrives at, with its literals linked
    gold      -> gold.read_gold           the values that support a solution, and what they imply (expand.py)
    both      -> locate.first_departure   the first value that nothing supports
              -> check.check_with_reference  ReferenceCheck: certified, first departure, evidence (records.py)

It is kept apart from the reference-free check: a departure says that a step leaves the gold solution for good, not that
its arithmetic is wrong.
"""

from tasks.scoring.steps.reference.check import check_with_reference
from tasks.scoring.steps.reference.records import Evidence, ReferenceCheck, ReferenceStep, Support

__all__ = ["Evidence", "ReferenceCheck", "ReferenceStep", "Support", "check_with_reference"]
