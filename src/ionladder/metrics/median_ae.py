"""Median absolute error: the error of a typical entry, deaf to outliers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ionladder.metrics._inputs import check_pair
from ionladder.specs.metric import Metric


def median_ae(y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> float:
    """Median of |y_pred - y_true|; the mean of the middle two for an even number of entries.

    Args:
        y_true: Measured values, shape (n_entries,), in the target's unit, finite.
        y_pred: Predicted values, same shape and unit, finite.

    Returns:
        Error in the target's unit; decades for a log10 target. Never NaN.

    Raises:
        MetricInputError: Shapes differ, there are no entries, or a value is not finite.

    Reference:
        Hyndman and Koehler 2006, https://doi.org/10.1016/j.ijforecast.2006.03.001

    Example:
        Errors of 0.5, 1 and 9 decades:

        >>> median_ae([-3.0, -5.0, -15.0], [-3.5, -4.0, -6.0])
        1.0
    """
    true, pred = check_pair("median_ae", y_true, y_pred)
    errors = np.abs(pred - true)
    errors.sort()
    middle = errors.size // 2
    return float((errors[middle] + errors[-1 - middle]) / 2)


METRIC = Metric(
    name="median_ae",
    title="Median AE",
    direction="minimize",
    unit="target",
    function=median_ae,
    formula="median of |y_pred - y_true|",
    reference="Hyndman and Koehler 2006, https://doi.org/10.1016/j.ijforecast.2006.03.001",
)
