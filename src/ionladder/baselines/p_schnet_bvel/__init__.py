"""Baseline ``p-schnet-bvel``."""
