"""Baseline ``schnet``."""
