"""Baseline ``so3net``."""
