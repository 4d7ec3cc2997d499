"""Text to tokens and back: tokenizer, encoders, stop texts."""
