"""Mean absolute error that respects upper limits: "below the limit" is not an error."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ionladder.metrics._inputs import check_limits, check_pair, check_seeds
from ionladder.specs.metric import Array, Metric


def mae_censored(
    y_true: npt.ArrayLike, y_pred: npt.ArrayLike, *, upper_limit: npt.ArrayLike
) -> float:
    """Mean absolute error in which a left-censored entry only penalises exceeding its limit.

    The error is max(0, y_pred - upper_limit) where a limit is given, and |y_pred - y_true|
    elsewhere. The value of ``y_true`` at a censored entry has no influence. On censored entries
    this is the residual of censored least absolute deviations; no prediction is clipped elsewhere.

    Args:
        y_true: Measured values, shape (n_entries,), in the target's unit, finite.
        y_pred: Predicted values, same shape and unit, finite.
        upper_limit: Limit of left-censored entries (log10 of the limit for a log10 target), same
            shape and unit; NaN where the measurement is not censored.

    Returns:
        Error in the target's unit. Never NaN.

    Raises:
        MetricInputError: Shapes differ, there are no entries, a value is not finite, or a limit
            is infinite.

    Reference:
        Powell 1984, https://doi.org/10.1016/0304-4076(84)90004-6

    Example:
        Both entries were reported as "< 1e-10 S/cm". The first prediction is below the limit
        (error 0), the second 2 decades above it; a third, ordinary entry is wrong by 1:

        >>> mae_censored([-15.0, -15.0, -5.0], [-12.0, -8.0, -4.0],
        ...              upper_limit=[-10.0, -10.0, np.nan])
        1.0
    """
    true, pred = check_pair("mae_censored", y_true, y_pred)
    return float(_errors(true, pred, check_limits("mae_censored", upper_limit, true.size)).mean())


def censored_errors(
    y_true: npt.ArrayLike, y_pred: npt.ArrayLike, *, upper_limit: npt.ArrayLike
) -> Array:
    """Error per entry as :func:`mae_censored` defines it; ``y_pred`` may hold several seeds.

    Example:
        >>> censored_errors([-15.0, -5.0], [[-12.0, -4.0], [-8.0, -5.5]],
        ...                 upper_limit=[-10.0, np.nan])
        array([[0. , 1. ],
               [2. , 0.5]])
    """
    true, pred = check_seeds("mae_censored", y_true, y_pred)
    return _errors(true, pred, check_limits("mae_censored", upper_limit, true.size))


def _errors(true: Array, pred: Array, limit: Array) -> Array:
    excess = np.maximum(pred - limit, 0.0)
    return np.where(np.isnan(limit), np.abs(pred - true), excess)


METRIC = Metric(
    name="mae_censored",
    title="MAE, censored-aware",
    direction="minimize",
    unit="target",
    function=mae_censored,
    formula="mean of |y_pred - y_true|, or of max(0, y_pred - limit) where only a limit is known",
    reference="Powell 1984, https://doi.org/10.1016/0304-4076(84)90004-6",
    entrywise=censored_errors,
    from_mean=np.positive,
    needs=("upper_limit",),
)
