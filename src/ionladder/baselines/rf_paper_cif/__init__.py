"""Baseline ``rf-paper-cif``."""
