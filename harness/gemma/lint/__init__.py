"""A model's own files and prompt, checked for the mistakes that move a score."""
