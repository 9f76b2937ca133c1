"""Baseline ``mlp-paper``."""
