"""Baseline ``p-cgcnn-bvel``."""
