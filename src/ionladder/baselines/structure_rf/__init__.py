"""Baseline ``structure-rf``."""
