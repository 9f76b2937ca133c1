"""Sums of squares and products about the mean, from which correlation and slope follow."""

from __future__ import annotations

import numpy as np

from ionladder.specs.metric import Array


def deviations(values: Array) -> Array:
    """Values minus their mean; exactly zero where all are equal.

    Example:
        >>> deviations(np.array([-2.0, -4.0, -6.0])).tolist()
        [2.0, 0.0, -2.0]
    """
    # Shifting by one of the values first makes the deviations of equal values exactly zero.
    shifted = values - values[0]
    result: Array = shifted - np.mean(shifted)
    return result
