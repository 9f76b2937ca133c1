"""BVEL-proto: Li percolation barriers of prototype structures, computed here from open physics."""
