"""Scorers: answers, structure and steps."""
