"""Two runs against each other: pairing, tests, verdict."""
