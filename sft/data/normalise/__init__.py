"""Rows of many kinds to one form, with what was repaired and what was turned away."""
