"""F1 of a screen for small values: good means below a threshold."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ionladder.metrics._inputs import check_pair, check_threshold, fill_missing
from ionladder.metrics._ratio import ratio
from ionladder.specs.metric import Metric


def f1_below(y_true: npt.ArrayLike, y_pred: npt.ArrayLike, *, threshold: float) -> float:
    """2 TP / (2 TP + FP + FN), where values below the threshold are good.

    Args:
        y_true: True values, shape (n_entries,), in the target's unit; NaN where the value lies
            beyond every number (a path that does not exist), which is not good.
        y_pred: Predicted values, same shape and unit, finite.
        threshold: Smallest value that is no longer good, in the target's unit.

    Returns:
        Fraction between 0 and 1. NaN when no entry is good and none is called good.

    Raises:
        MetricInputError: Shapes differ, there are no entries, or a prediction is not finite.

    Reference:
        van Rijsbergen 1979, Information Retrieval, 2nd edition, chapter 7 (1 - E at equal weights)

    Example:
        One hit, one false alarm, one miss: 2 / (2 + 1 + 1).

        >>> f1_below([0.3, 2.0, 0.4], [0.2, 0.1, 0.6], threshold=0.5)
        0.5
    """
    check_threshold("f1_below", threshold)
    true, pred = check_pair("f1_below", fill_missing("f1_below", y_true, threshold), y_pred)
    is_good, is_called = true < threshold, pred < threshold
    hits = int(np.count_nonzero(is_good & is_called))
    named = int(np.count_nonzero(is_good)) + int(np.count_nonzero(is_called))
    return ratio(2 * hits, named)


METRIC = Metric(
    name="f1_below",
    title="F1 below",
    direction="maximize",
    unit="1",
    function=f1_below,
    formula="2 TP / (2 TP + FP + FN); good: y_true < threshold, called: y_pred < threshold",
    reference="van Rijsbergen 1979, Information Retrieval, 2nd edition, chapter 7",
    options=("threshold",),
    accepts_missing=True,
)
