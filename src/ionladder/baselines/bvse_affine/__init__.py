"""Baseline ``bvse-affine``."""
