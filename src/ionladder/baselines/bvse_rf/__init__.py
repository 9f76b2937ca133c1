"""Baseline ``bvse-rf``."""
