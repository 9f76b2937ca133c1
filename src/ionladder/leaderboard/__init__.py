"""Leaderboards: receipts become ranked rows, and rows become the files people review."""
