"""Baseline ``cgcnn-weighted``."""
