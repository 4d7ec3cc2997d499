"""What a run will need on hardware that is not there: compiled ahead of time, weighed against its figures."""
