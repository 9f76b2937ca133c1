"""Baseline ``schnet-majority``."""
