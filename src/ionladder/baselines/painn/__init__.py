"""Baseline ``painn``."""
