"""Baseline ``schnet-weighted``."""
