"""Baseline ``li-geometry``."""
