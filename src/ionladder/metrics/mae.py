"""Mean absolute error, the primary metric of conductivity tasks."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ionladder.metrics._inputs import check_pair, check_seeds
from ionladder.specs.metric import Array, Metric


def mae(y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> float:
    """Mean absolute error: mean of |y_pred - y_true|.

    Args:
        y_true: Measured values, shape (n_entries,), in the target's unit, finite.
        y_pred: Predicted values, same shape and unit, finite.

    Returns:
        Error in the target's unit; decades for a log10 target. Never NaN.

    Raises:
        MetricInputError: Shapes differ, there are no entries, or a value is not finite.

    Reference:
        Willmott and Matsuura 2005, https://doi.org/10.3354/cr030079

    Example:
        Errors of 0.5 and 2 decades:

        >>> mae([-3.0, -5.0], [-3.5, -3.0])
        1.25
    """
    true, pred = check_pair("mae", y_true, y_pred)
    return float(np.abs(pred - true).mean())


def absolute_errors(y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> Array:
    """|y_pred - y_true| per entry; ``y_pred`` may hold several seeds, one per row.

    Example:
        >>> absolute_errors([-3.0, -5.0], [[-3.5, -3.0], [-3.0, -6.0]])
        array([[0.5, 2. ],
               [0. , 1. ]])
    """
    true, pred = check_seeds("mae", y_true, y_pred)
    errors: Array = np.abs(pred - true)
    return errors


METRIC = Metric(
    name="mae",
    title="MAE",
    direction="minimize",
    unit="target",
    function=mae,
    formula="mean of |y_pred - y_true|",
    reference="Willmott and Matsuura 2005, https://doi.org/10.3354/cr030079",
    entrywise=absolute_errors,
    from_mean=np.positive,
)
