"""Baseline ``chgnet-features``."""
