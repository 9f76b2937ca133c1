"""Recall: of the good entries, the fraction that is called good."""

from __future__ import annotations

import numpy.typing as npt

from ionladder.metrics._ratio import ratio
from ionladder.metrics._screening import count_calls
from ionladder.specs.metric import Metric


def recall(y_true: npt.ArrayLike, y_pred: npt.ArrayLike, *, threshold: float) -> float:
    """TP / (TP + FN), where good is ``y_true >= threshold`` and called is ``y_pred >= threshold``.

    Args:
        y_true: Measured values, shape (n_entries,), in the target's unit, finite.
        y_pred: Predicted values, same shape and unit, finite.
        threshold: Smallest value that counts as good, inclusive, in the target's unit.

    Returns:
        Fraction between 0 and 1. NaN when no entry is good.

    Raises:
        MetricInputError: Shapes differ, there are no entries, or a value is not finite.

    Reference:
        Fawcett 2006, https://doi.org/10.1016/j.patrec.2005.10.010 (as true positive rate)

    Example:
        Four entries are good, the first three are called good:

        >>> recall([-3.0, -3.0, -2.0, -4.0], [-3.5, -3.0, -3.0, -8.0], threshold=-4.0)
        0.75
    """
    calls = count_calls("recall", y_true, y_pred, threshold=threshold)
    return ratio(calls.true_positives, calls.true_positives + calls.false_negatives)


METRIC = Metric(
    name="recall",
    title="Recall",
    direction="maximize",
    unit="1",
    function=recall,
    formula="TP / (TP + FN); good: y_true >= threshold, called good: y_pred >= threshold",
    reference="Fawcett 2006, https://doi.org/10.1016/j.patrec.2005.10.010",
    options=("threshold",),
)
