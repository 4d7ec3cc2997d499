"""Raw rows to verified samples: sources, normalisation, enforced structure."""
