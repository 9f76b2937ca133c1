"""Slope of predictions regressed on labels: are differences predicted as large as they are."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ionladder.metrics._inputs import check_pair
from ionladder.metrics._linear import deviations
from ionladder.metrics._ratio import ratio
from ionladder.specs.metric import Metric


def slope(y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> float:
    """Least-squares slope of ``y_pred`` as a function of ``y_true``.

    1 is perfect. Below 1, predictions are drawn towards their mean, as those of most models are;
    above 1 they exaggerate. It says nothing of scatter.

    Args:
        y_true: True values, shape (n_entries,), in the target's unit, finite.
        y_pred: Predicted values, same shape and unit, finite.

    Returns:
        Dimensionless, any number. NaN when all labels are equal, and so for a single entry.

    Raises:
        MetricInputError: Shapes differ, there are no entries, or a value is not finite.

    Reference:
        Dembitskiy et al. 2025, https://doi.org/10.1038/s41524-025-01571-z (metrics.py of LiTraj:
        the prediction is regressed on the truth)

    Example:
        Deviations -1 0 1 of the labels against -1 0 2: (1 + 0 + 2) / (1 + 0 + 1).

        >>> slope([1.0, 2.0, 3.0], [0.0, 1.0, 3.0])
        1.5
    """
    true, pred = check_pair("slope", y_true, y_pred)
    true, pred = deviations(true), deviations(pred)
    return ratio(float((true * pred).sum()), float(np.square(true).sum()))


METRIC = Metric(
    name="slope",
    title="Slope",
    direction="maximize",
    unit="1",
    function=slope,
    formula="covariance of y_true and y_pred / variance of y_true",
    reference="Dembitskiy et al. 2025, https://doi.org/10.1038/s41524-025-01571-z",
    ideal=1.0,
)
