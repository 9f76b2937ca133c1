"""Pearson's correlation: how well predictions lie on any straight line against the labels."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from ionladder.metrics._inputs import check_pair
from ionladder.metrics._linear import deviations
from ionladder.metrics._ratio import ratio
from ionladder.specs.metric import Metric


def pearson_r(y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> float:
    """Covariance over the product of standard deviations.

    A constant bias or a wrong scale of the predictions costs nothing; R² charges for both.

    Args:
        y_true: True values, shape (n_entries,), in the target's unit, finite.
        y_pred: Predicted values, same shape, any unit, finite.

    Returns:
        Dimensionless, between -1 and 1. NaN when all labels or all predictions are equal, and so
        for a single entry.

    Raises:
        MetricInputError: Shapes differ, there are no entries, or a value is not finite.

    Reference:
        Pearson 1895, https://doi.org/10.1098/rspl.1895.0041

    Example:
        Deviations -1 0 1 against -1 0 2 less their mean 1/3: 3 / sqrt(2 * 14/3).

        >>> round(pearson_r([1.0, 2.0, 3.0], [0.0, 1.0, 3.0]), 4)
        0.982
    """
    true, pred = check_pair("pearson_r", y_true, y_pred)
    true, pred = deviations(true), deviations(pred)
    spread = math.sqrt(np.square(true).sum()) * math.sqrt(np.square(pred).sum())
    value = ratio(float((true * pred).sum()), spread)
    # Rounding may carry a perfect correlation past 1 by one part in 10^16.
    return value if math.isnan(value) else max(-1.0, min(1.0, value))


METRIC = Metric(
    name="pearson_r",
    title="Pearson r",
    direction="maximize",
    unit="1",
    function=pearson_r,
    formula="covariance of y_true and y_pred / (standard deviation of each, multiplied)",
    reference="Pearson 1895, https://doi.org/10.1098/rspl.1895.0041",
)
