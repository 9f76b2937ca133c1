"""Average ranks, the common ground of Spearman's correlation and the area under the ROC curve."""

from __future__ import annotations

import numpy as np

from ionladder.specs.metric import Array


def average_ranks(values: Array) -> Array:
    """Rank values from 1 upwards; tied values share the mean of the ranks they occupy.

    A value with ``a`` values below it and ``b`` values below or equal to it occupies the ranks
    a + 1 to b, whose mean is (a + b + 1) / 2.

    Args:
        values: Shape (n_entries,), no NaN.

    Returns:
        Ranks of the same shape, multiples of one half; their sum is n (n + 1) / 2.

    Example:
        >>> average_ranks(np.array([-3.0, -5.0, -3.0, -9.0]))
        array([3.5, 2. , 3.5, 1. ])
    """
    ordered = np.sort(values)
    below = ordered.searchsorted(values, side="left")
    below_or_equal = ordered.searchsorted(values, side="right")
    ranks: Array = (below + below_or_equal + 1) / 2.0
    return ranks
