"""Checks of pull requests."""
