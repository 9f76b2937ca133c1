"""Baseline ``train-median-cif``."""
