"""BVEL13k: percolation barriers of 12,807 structures of the Materials Project."""
