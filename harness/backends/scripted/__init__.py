"""A model without weights: solvers that answer generated problems, with slips on request."""
