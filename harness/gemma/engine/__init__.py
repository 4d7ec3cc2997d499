"""Continuous batching for Gemma 3 in JAX, over the weights of Tunix's model."""
