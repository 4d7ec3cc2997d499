"""Gemma 3 on disk and in Tunix: configuration, weights, adapters, checkpoints, export."""
