"""Baseline ``cgcnn-majority``."""
