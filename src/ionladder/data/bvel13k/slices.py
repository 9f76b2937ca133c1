"""Slices of this dataset."""

from ionladder.data.litraj.slices import bvel13k as slice_columns

__all__ = ["slice_columns"]
