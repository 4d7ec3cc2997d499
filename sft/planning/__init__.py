"""What a run will take on hardware that is not here: memory, step time, hours."""
