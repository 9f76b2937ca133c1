"""Baseline ``sevennet-features``."""
