"""Slices of this dataset."""

from ionladder.data.litraj.slices import nebdft2k as slice_columns

__all__ = ["slice_columns"]
