"""Baseline ``family-median``."""
