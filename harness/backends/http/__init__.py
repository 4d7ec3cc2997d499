"""Models behind an OpenAI-compatible server, or several of them."""
