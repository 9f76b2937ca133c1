"""Baseline ``mlp-paper-cif``."""
