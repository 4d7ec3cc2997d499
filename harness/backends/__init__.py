"""Models that complete prompts: scripted, replayed, served."""
