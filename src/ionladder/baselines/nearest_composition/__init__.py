"""Baseline ``nearest-composition``."""
