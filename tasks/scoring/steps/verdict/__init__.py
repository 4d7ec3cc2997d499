"""Statements to verdicts: each judged beside what stood before it."""
