"""Mean absolute error of ln(1 + y): relative errors for large values, absolute for small ones."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ionladder.metrics._inputs import check_pair, check_seeds
from ionladder.specs.metric import Array, Metric


def mae_log1p(y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> float:
    """Mean of |ln(1 + y_pred) - ln(1 + y_true)|, continued to negative values by symmetry.

    Args:
        y_true: True values, shape (n_entries,), in the target's unit, finite.
        y_pred: Predicted values, same shape and unit, finite. A negative value y counts as
            -ln(1 - y), so that a worse prediction never scores better.

    Returns:
        Dimensionless error. Never NaN.

    Raises:
        MetricInputError: Shapes differ, there are no entries, or a value is not finite.

    Reference:
        Hyndman and Koehler 2006, https://doi.org/10.1016/j.ijforecast.2006.03.001, section 2.2

    Example:
        The same factor in 1 + y, the same error:

        >>> round(mae_log1p([0.0, 1.0], [1.0, 3.0]), 4)
        0.6931
    """
    true, pred = check_pair("mae_log1p", y_true, y_pred)
    return float(np.abs(_signed_log(pred) - _signed_log(true)).mean())


def log_errors(y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> Array:
    """The error of ln(1 + y) per entry; ``y_pred`` may hold several seeds, one per row.

    Example:
        >>> log_errors([0.0, 1.0], [0.0, 3.0]).round(4)
        array([0.    , 0.6931])
    """
    true, pred = check_seeds("mae_log1p", y_true, y_pred)
    errors: Array = np.abs(_signed_log(pred) - _signed_log(true))
    return errors


def _signed_log(values: Array) -> Array:
    logs: Array = np.sign(values) * np.log1p(np.abs(values))
    return logs


METRIC = Metric(
    name="mae_log1p",
    title="MAE of ln(1 + y)",
    direction="minimize",
    unit="1",
    function=mae_log1p,
    formula="mean of |ln(1 + y_pred) - ln(1 + y_true)|",
    reference="Hyndman and Koehler 2006, https://doi.org/10.1016/j.ijforecast.2006.03.001",
    entrywise=log_errors,
    from_mean=np.positive,
)
