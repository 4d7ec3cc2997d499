"""From a task and a backend to records: plan the requests, draw, score, journal."""
