"""One more question asked of a finished run: noise, probes, contamination, robustness."""
