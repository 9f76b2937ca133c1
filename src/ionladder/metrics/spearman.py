"""Spearman's rank correlation: is the order right, whatever the scale."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from ionladder.metrics._inputs import check_pair
from ionladder.metrics._ranks import average_ranks
from ionladder.metrics._ratio import ratio
from ionladder.specs.metric import Metric


def spearman(y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> float:
    """Pearson correlation of the ranks; tied values share their average rank.

    Args:
        y_true: Measured values, shape (n_entries,), in the target's unit, finite.
        y_pred: Predicted values, same shape, any unit, finite.

    Returns:
        Dimensionless, between -1 and 1. NaN when all labels or all predictions are equal (a
        constant prediction has no order), and so for a single entry.

    Raises:
        MetricInputError: Shapes differ, there are no entries, or a value is not finite.

    Reference:
        Spearman 1904, https://doi.org/10.2307/1412159

    Example:
        Ranks 1 2 3 4 against 1 3 2 4: 1 - 6 (0 + 1 + 1 + 0) / (4 * 15).

        >>> spearman([-9.0, -6.0, -4.0, -3.0], [-8.0, -4.0, -5.0, -2.0])
        0.8
    """
    true, pred = check_pair("spearman", y_true, y_pred)
    # The mean of n ranks is known, and half-integers add up without rounding.
    mean_rank = (true.size + 1) / 2
    true_ranks = average_ranks(true) - mean_rank
    pred_ranks = average_ranks(pred) - mean_rank
    spread = math.sqrt(np.square(true_ranks).sum() * np.square(pred_ranks).sum())
    return ratio(float((true_ranks * pred_ranks).sum()), spread)


METRIC = Metric(
    name="spearman",
    title="Spearman ρ",
    direction="maximize",
    unit="1",
    function=spearman,
    formula="Pearson correlation of the average ranks of y_true and y_pred",
    reference="Spearman 1904, https://doi.org/10.2307/1412159",
)
