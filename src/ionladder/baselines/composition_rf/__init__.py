"""Baseline ``composition-rf``."""
