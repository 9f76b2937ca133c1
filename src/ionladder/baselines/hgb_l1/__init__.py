"""Baseline ``hgb-l1``."""
