"""From a task and a backend to records: list the requests, draw, score, journal."""
