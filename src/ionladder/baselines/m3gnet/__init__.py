"""Baseline ``m3gnet``."""
