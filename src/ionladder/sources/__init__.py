"""Pinned upstream bytes: fetched, verified, and read without trusting them."""
