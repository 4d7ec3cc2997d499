"""Reasoning steps checked symbolically, without a reference: the way of the data, from text to verdict.

    text of a step
      -> tokens.tokenise(text)            list[Token]; spans are characters of the text, LaTeX and Unicode read
      -> grammar.parse_prefix(tokens, ..) Node: the syntax tree (tree.py), our own, nothing of it can run
      -> statements.parse_statements(text) tuple[Statement]: sides (trees with spans and units) and relations
      -> evaluate.evaluate(node, symbols, literal)   exact value (int, Fraction), float where irrational
      -> judge / state / checker          StatementCheck, StepCheck, SolutionCheck (verdicts.py)

Reading statements and re-evaluating them with other numbers:

    from tasks.scoring.steps import literals, parse_statements, Undefined
    from tasks.scoring.steps.value import evaluate

    for statement in parse_statements("He had 8*12 = <<8*12=96>>96 glasses."):
        statement.origin                  # 'relation' | 'annotation' | 'verbal'
        statement.relations               # ('=',): one fewer than sides; '=', '<', '>', '<=', '>=', '!=', '~='
        for side in statement.sides:      # node, start, end (characters), unit ('glasses'), name (of words only)
            if side.node is not None:
                for num in literals(side.node):   # Num: value, text, start, end (characters), decimals, unit
                    ...
                evaluate(side.node, {"x": 3}, literal=lambda num: replaced.get(num.start, num.value))

`literal` is called for every literal and may return any int, Fraction or float: that is how a solution is re-evaluated
under perturbed question numbers. `tree.walk`, `tree.symbols`, `tree.is_literal`, `tree.show` help with the rest. A
statement inside `<<...>>` is found twice, once in the sentence and once as its annotation.
"""

from tasks.scoring.steps.read.split import split_steps, step_spans
from tasks.scoring.steps.read.statements import Side, Statement, parse_statements
from tasks.scoring.steps.read.tree import Node, Num, is_literal, literals, show, symbols, walk
from tasks.scoring.steps.value.evaluate import Undefined, Value, evaluate, try_evaluate
from tasks.scoring.steps.verdict.checker import check_solution
from tasks.scoring.steps.verdict.verdicts import SolutionCheck, StatementCheck, StepCheck, Tier, Verdict

__all__ = [
    "Node",
    "Num",
    "Side",
    "SolutionCheck",
    "Statement",
    "StatementCheck",
    "StepCheck",
    "Tier",
    "Undefined",
    "Value",
    "Verdict",
    "check_solution",
    "evaluate",
    "is_literal",
    "literals",
    "parse_statements",
    "show",
    "split_steps",
    "step_spans",
    "symbols",
    "try_evaluate",
    "walk",
]
