"""Root mean square error: like MAE, but one large error outweighs many small ones."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from ionladder.metrics._inputs import check_pair, check_seeds
from ionladder.specs.metric import Array, Metric


def rmse(y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> float:
    """Square root of the mean of (y_pred - y_true)^2.

    Args:
        y_true: Measured values, shape (n_entries,), in the target's unit, finite.
        y_pred: Predicted values, same shape and unit, finite.

    Returns:
        Error in the target's unit; decades for a log10 target. Never NaN.

    Raises:
        MetricInputError: Shapes differ, there are no entries, or a value is not finite.

    Reference:
        Chai and Draxler 2014, https://doi.org/10.5194/gmd-7-1247-2014

    Example:
        Errors of 1 and 7 decades: the root of (1 + 49) / 2.

        >>> rmse([-3.0, -15.0], [-4.0, -8.0])
        5.0
    """
    true, pred = check_pair("rmse", y_true, y_pred)
    return math.sqrt(np.square(pred - true).mean())


def squared_errors(y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> Array:
    """(y_pred - y_true)^2 per entry; ``y_pred`` may hold several seeds, one per row.

    Example:
        >>> squared_errors([-3.0, -15.0], [-4.0, -8.0])
        array([ 1., 49.])
    """
    true, pred = check_seeds("rmse", y_true, y_pred)
    return np.square(pred - true)


METRIC = Metric(
    name="rmse",
    title="RMSE",
    direction="minimize",
    unit="target",
    function=rmse,
    formula="square root of the mean of (y_pred - y_true)^2",
    reference="Chai and Draxler 2014, https://doi.org/10.5194/gmd-7-1247-2014",
    entrywise=squared_errors,
    from_mean=np.sqrt,
)
