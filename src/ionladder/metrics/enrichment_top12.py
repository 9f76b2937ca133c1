"""Enrichment among the twelve best predictions: what a small synthesis campaign would gain."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ionladder.metrics._inputs import check_pair, check_threshold
from ionladder.metrics._ratio import ratio
from ionladder.specs.metric import Array, Metric

TOP = 12
"""Number of entries picked: a tenth of the 121 test entries of OBELiX, rounded."""


def enrichment_top12(y_true: npt.ArrayLike, y_pred: npt.ArrayLike, *, threshold: float) -> float:
    """Precision among the 12 highest predictions, divided by the prevalence of good entries.

    Where several entries tie at the cut, the places left are shared among them equally: the
    result is the expected value over all ways of breaking the tie, so no row order can help.

    Args:
        y_true: Measured values, shape (n_entries,), in the target's unit, finite.
        y_pred: Predicted values, same shape, any unit, finite; only their order matters.
        threshold: Entries with ``y_true >= threshold`` are good, in the target's unit.

    Returns:
        Dimensionless; 1 is picking at random, the largest possible value is
        min(n_good, 12) / 12 * n_entries / n_good. NaN when no entry is good or there are fewer
        than 12 entries.

    Raises:
        MetricInputError: Shapes differ, there are no entries, or a value is not finite.

    Reference:
        Truchon and Bayly 2007, https://doi.org/10.1021/ci600426e; ties as McSherry and Najork
        2008, https://doi.org/10.1007/978-3-540-78646-7_38

    Example:
        Of 24 entries, 6 are good (prevalence 1/4) and rank first: precision 6/12, enrichment 2.
        A constant prediction ties everything and is worth picking at random.

        >>> labels = [-3.0] * 6 + [-9.0] * 18
        >>> enrichment_top12(labels, -np.arange(24.0), threshold=-4.0)
        2.0
        >>> enrichment_top12(labels, np.full(24, -5.0), threshold=-4.0)
        1.0
    """
    check_threshold("enrichment_top12", threshold)
    true, pred = check_pair("enrichment_top12", y_true, y_pred)
    if true.size < TOP:
        return float("nan")
    is_good = true >= threshold
    n_good = int(is_good.sum())
    return ratio(_expected_hits(is_good, pred) * true.size, TOP * n_good)


def _expected_hits(is_good: npt.NDArray[np.bool_], pred: Array) -> float:
    """Good entries among the 12 highest predictions, in expectation over ties at the cut."""
    cut = np.partition(pred, -TOP)[-TOP]
    is_above = pred > cut
    is_tied = pred == cut
    places_left = TOP - np.count_nonzero(is_above)
    share = places_left / np.count_nonzero(is_tied)
    return float(np.count_nonzero(is_good & is_above) + share * np.count_nonzero(is_good & is_tied))


METRIC = Metric(
    name="enrichment_top12",
    title="Enrichment, top 12",
    direction="maximize",
    unit="1",
    function=enrichment_top12,
    formula="(good among the 12 highest y_pred / 12) / (good / all); good: y_true >= threshold",
    reference="Truchon and Bayly 2007, https://doi.org/10.1021/ci600426e",
    options=("threshold",),
)
