"""Submissions: their card, their predictions, and the checks both must pass."""
