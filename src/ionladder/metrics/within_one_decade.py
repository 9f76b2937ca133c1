"""Fraction of entries predicted within one decade, that is, within a factor of ten."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ionladder.metrics._inputs import check_pair, check_seeds
from ionladder.specs.metric import Array, Metric

LARGEST_ERROR = 1.0
"""Largest accepted error, in decades, inclusive."""


def within_one_decade(y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> float:
    """Fraction of entries with |y_pred - y_true| <= 1, for a log10 target.

    Inclusive: an error of exactly one decade counts. The comparison is made in float64, without
    tolerance.

    Args:
        y_true: Measured values, shape (n_entries,), log10, finite.
        y_pred: Predicted values, same shape, log10 of the same unit, finite.

    Returns:
        Fraction between 0 and 1. Never NaN.

    Raises:
        MetricInputError: Shapes differ, there are no entries, or a value is not finite.

    Reference:
        Chang and Hanna 2004, https://doi.org/10.1007/s00703-003-0070-7 (there as FAC2, factor 2)

    Example:
        Errors of 0.5, 1 and 2 decades; the first two count:

        >>> round(within_one_decade([-3.0, -5.0, -9.0], [-3.5, -4.0, -7.0]), 4)
        0.6667
    """
    true, pred = check_pair("within_one_decade", y_true, y_pred)
    return float(_is_within(true, pred).mean())


def hits(y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> Array:
    """1.0 per entry within one decade, else 0.0; ``y_pred`` may hold several seeds.

    Example:
        >>> hits([-3.0, -5.0, -9.0], [-3.5, -4.0, -7.0])
        array([1., 1., 0.])
    """
    true, pred = check_seeds("within_one_decade", y_true, y_pred)
    return _is_within(true, pred).astype(np.float64)


def _is_within(true: Array, pred: Array) -> npt.NDArray[np.bool_]:
    is_within: npt.NDArray[np.bool_] = np.abs(pred - true) <= LARGEST_ERROR
    return is_within


METRIC = Metric(
    name="within_one_decade",
    title="Within one decade",
    direction="maximize",
    unit="1",
    function=within_one_decade,
    formula="fraction of entries with |y_pred - y_true| <= 1",
    reference="Chang and Hanna 2004, https://doi.org/10.1007/s00703-003-0070-7",
    entrywise=hits,
    from_mean=np.positive,
    is_share=True,
)
