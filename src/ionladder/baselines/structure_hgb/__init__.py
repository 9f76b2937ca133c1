"""Baseline ``structure-hgb``."""
