"""Text to statements: tokens, grammar, trees, steps."""
