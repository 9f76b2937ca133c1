"""Baseline ``bvse-path``."""
