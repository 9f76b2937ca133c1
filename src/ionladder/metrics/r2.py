"""Coefficient of determination: the share of the labels' variance that predictions explain."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ionladder.metrics._inputs import check_pair
from ionladder.metrics._ratio import ratio
from ionladder.specs.metric import Metric


def r2(y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> float:
    """1 - RSS / TSS, with TSS taken about the mean of the labels being scored.

    1 is perfect, 0 is what the mean of these labels would score, negative is worse than that.
    It is not the square of a correlation.

    Args:
        y_true: Measured values, shape (n_entries,), in the target's unit, finite.
        y_pred: Predicted values, same shape and unit, finite.

    Returns:
        Dimensionless, at most 1. NaN when TSS is 0: a single entry, or all labels equal.

    Raises:
        MetricInputError: Shapes differ, there are no entries, or a value is not finite.

    Reference:
        Kvalseth 1985, https://doi.org/10.1080/00031305.1985.10479448 (the first of its eight)

    Example:
        RSS = 1 + 0 + 0, TSS = 4 + 0 + 4:

        >>> r2([-2.0, -4.0, -6.0], [-3.0, -4.0, -6.0])
        0.875
    """
    true, pred = check_pair("r2", y_true, y_pred)
    # Shifting by a label first makes the deviations of equal labels exactly zero.
    deviations = true - true[0]
    deviations -= deviations.mean()
    residual_sum = float(np.square(pred - true).sum())
    return 1.0 - ratio(residual_sum, float(np.square(deviations).sum()))


METRIC = Metric(
    name="r2",
    title="R²",
    direction="maximize",
    unit="1",
    function=r2,
    formula="1 - sum of (y_pred - y_true)^2 / sum of (y_true - mean y_true)^2",
    reference="Kvalseth 1985, https://doi.org/10.1080/00031305.1985.10479448",
)
