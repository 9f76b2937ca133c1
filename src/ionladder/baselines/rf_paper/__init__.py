"""Baseline ``rf-paper``."""
