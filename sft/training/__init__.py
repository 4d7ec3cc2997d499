"""The Tunix trainer and what surrounds it: loss, optimizer, mesh, checkpoints, export."""
