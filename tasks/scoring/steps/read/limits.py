"""Caps that keep any text cheap to check: everything past a cap is left undecided, never judged wrong."""

from __future__ import annotations

MAX_STEP_CHARS = 6_000
"""Characters of one step that are read; the rest is ignored."""
MAX_SOLUTION_CHARS = 200_000
"""Characters of one solution that are split into steps."""
MAX_STEPS = 400
MAX_TOKENS = 2_500
"""Tokens of one step."""
MAX_STATEMENTS = 120
"""Statements of one step."""
MAX_SOLUTION_STATEMENTS = 600
"""Statements of one solution; steps after them are left undecided."""
MAX_VERBAL = 8
"""Phrases that say 'equals' tried in one clause."""
MAX_DEPTH = 40
"""Nesting of brackets and commands in one expression."""
MAX_CHAIN = 250
"""Operands of one sum or product."""
MAX_LITERAL_DIGITS = 60
MAX_RESULT_BITS = 4_096
"""Size of an exact numerator or denominator."""
MAX_EXPONENT = 1_024
MAX_FACTORIAL = 300
MAX_TERMS = 150
"""Monomials of one polynomial."""
MAX_DEGREE = 24
