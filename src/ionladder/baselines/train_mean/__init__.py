"""Baseline ``train-mean``."""
