"""Samples to packed rows of tokens with their loss."""
