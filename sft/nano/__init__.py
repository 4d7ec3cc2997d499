"""How the bundled gemma3-nano was made."""
