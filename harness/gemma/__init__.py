"""Gemma 3 in JAX: weights, tokenizer and chat template, decoding, export to the Hugging Face layout."""
