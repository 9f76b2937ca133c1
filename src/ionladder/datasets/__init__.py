"""Datasets: pinned versions become tables, and tables are read back only when unchanged."""
