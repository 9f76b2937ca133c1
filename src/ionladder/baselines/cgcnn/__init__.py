"""Baseline ``cgcnn``."""
