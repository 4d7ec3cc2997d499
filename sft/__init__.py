"""Supervised fine-tuning with Tunix."""
