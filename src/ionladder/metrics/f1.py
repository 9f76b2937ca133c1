"""F1: precision and recall in one number."""

from __future__ import annotations

import numpy.typing as npt

from ionladder.metrics._ratio import ratio
from ionladder.metrics._screening import count_calls
from ionladder.specs.metric import Metric


def f1(y_true: npt.ArrayLike, y_pred: npt.ArrayLike, *, threshold: float) -> float:
    """2 TP / (2 TP + FP + FN), the harmonic mean of precision and recall.

    Args:
        y_true: Measured values, shape (n_entries,), in the target's unit, finite.
        y_pred: Predicted values, same shape and unit, finite.
        threshold: Smallest value that counts as good, inclusive, in the target's unit.

    Returns:
        Fraction between 0 and 1. NaN when no entry is good and none is called good; 0 when
        there are good entries and none is found, though precision may then be NaN.

    Raises:
        MetricInputError: Shapes differ, there are no entries, or a value is not finite.

    Reference:
        van Rijsbergen 1979, Information Retrieval, 2nd edition, chapter 7 (1 - E at equal weights)

    Example:
        One hit, one false alarm, one miss: 2 / (2 + 1 + 1).

        >>> f1([-3.0, -6.0, -4.0], [-3.5, -3.9, -8.0], threshold=-4.0)
        0.5
    """
    calls = count_calls("f1", y_true, y_pred, threshold=threshold)
    twice = 2 * calls.true_positives
    return ratio(twice, twice + calls.false_positives + calls.false_negatives)


METRIC = Metric(
    name="f1",
    title="F1",
    direction="maximize",
    unit="1",
    function=f1,
    formula="2 TP / (2 TP + FP + FN); good: y_true >= threshold, called: y_pred >= threshold",
    reference="van Rijsbergen 1979, Information Retrieval, 2nd edition, chapter 7",
    options=("threshold",),
)
