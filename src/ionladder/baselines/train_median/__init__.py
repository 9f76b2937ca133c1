"""Baseline ``train-median``."""
