"""Average ranks, the common ground of Spearman's correlation and the area under the ROC curve."""

from __future__ import annotations

import numpy as np

from ionladder.specs.metric import Array


def average_ranks(values: Array) -> Array:
    """Rank values from 1 upwards; tied values share the mean of the ranks they occupy.

    Values that stand at ``start`` to ``end - 1`` of the ascending order, counted from 0, occupy the
    ranks start + 1 to end, whose mean is (start + end + 1) / 2.

    Args:
        values: Shape (n_entries,), no NaN.

    Returns:
        Ranks of the same shape, multiples of one half; their sum is n (n + 1) / 2.

    Example:
        >>> average_ranks(np.array([-3.0, -5.0, -3.0, -9.0]))
        array([3.5, 2. , 3.5, 1. ])
    """
    order = np.argsort(values)
    ordered = values[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    ends = np.append(starts[1:], len(values))
    ranks = np.empty(len(values))
    ranks[order] = np.repeat((starts + ends + 1) / 2.0, ends - starts)
    return ranks
