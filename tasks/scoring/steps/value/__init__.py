"""Trees to values: numbers, quantities with units, polynomials, tolerance."""
