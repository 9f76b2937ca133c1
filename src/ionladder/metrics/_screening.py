"""Counting a screen: which entries are good, which are called good, at one threshold."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ionladder.metrics._inputs import check_pair, check_threshold


class Calls(NamedTuple):
    """Outcome of calling every entry good or not.

    Attributes:
        true_positives: Good entries called good.
        false_positives: Other entries called good.
        false_negatives: Good entries not called good.
    """

    true_positives: int
    false_positives: int
    false_negatives: int


def count_calls(
    metric: str, y_true: npt.ArrayLike, y_pred: npt.ArrayLike, *, threshold: float
) -> Calls:
    """Call entries with ``y_pred >= threshold`` good and compare with ``y_true >= threshold``.

    Args:
        metric: Name of the metric that asks, for the letter.
        y_true: Measured values, shape (n_entries,), in the target's unit, finite.
        y_pred: Predicted values, same shape and unit, finite.
        threshold: Smallest value that counts as good, in the target's unit.

    Raises:
        MetricInputError: Arrays or threshold are unfit (see :mod:`ionladder.metrics._inputs`).

    Example:
        >>> count_calls("f1", [-3.0, -4.0, -6.0], [-3.5, -4.5, -3.9], threshold=-4.0)
        Calls(true_positives=1, false_positives=1, false_negatives=1)
    """
    check_threshold(metric, threshold)
    true, pred = check_pair(metric, y_true, y_pred)
    is_good = true >= threshold
    is_called = pred >= threshold
    hits = int(np.count_nonzero(is_good & is_called))
    return Calls(
        true_positives=hits,
        false_positives=int(np.count_nonzero(is_called)) - hits,
        false_negatives=int(np.count_nonzero(is_good)) - hits,
    )
