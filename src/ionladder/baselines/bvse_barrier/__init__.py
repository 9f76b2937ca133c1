"""Baseline ``bvse-barrier``."""
