"""Baseline ``space-group-median``."""
