"""Baseline ``element-energies``."""
