"""Precision: of the entries called good, the fraction that is."""

from __future__ import annotations

import numpy.typing as npt

from ionladder.metrics._ratio import ratio
from ionladder.metrics._screening import count_calls
from ionladder.specs.metric import Metric


def precision(y_true: npt.ArrayLike, y_pred: npt.ArrayLike, *, threshold: float) -> float:
    """TP / (TP + FP), where good is ``y_true >= threshold`` and called is ``y_pred >= threshold``.

    Args:
        y_true: Measured values, shape (n_entries,), in the target's unit, finite.
        y_pred: Predicted values, same shape and unit, finite.
        threshold: Smallest value that counts as good, inclusive, in the target's unit.

    Returns:
        Fraction between 0 and 1. NaN when nothing is called good: a model that recommends
        nothing has no precision, rather than a bad one.

    Raises:
        MetricInputError: Shapes differ, there are no entries, or a value is not finite.

    Reference:
        Fawcett 2006, https://doi.org/10.1016/j.patrec.2005.10.010

    Example:
        The first two are called good, the first one is:

        >>> precision([-3.0, -6.0, -4.0], [-3.5, -3.9, -8.0], threshold=-4.0)
        0.5
    """
    calls = count_calls("precision", y_true, y_pred, threshold=threshold)
    return ratio(calls.true_positives, calls.true_positives + calls.false_positives)


METRIC = Metric(
    name="precision",
    title="Precision",
    direction="maximize",
    unit="1",
    function=precision,
    formula="TP / (TP + FP); good: y_true >= threshold, called good: y_pred >= threshold",
    reference="Fawcett 2006, https://doi.org/10.1016/j.patrec.2005.10.010",
    options=("threshold",),
)
