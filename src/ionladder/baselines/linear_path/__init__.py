"""Baseline ``linear-path``."""
