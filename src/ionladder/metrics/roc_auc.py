"""Area under the ROC curve: how well predictions order good entries above the others."""

from __future__ import annotations

import numpy.typing as npt

from ionladder.metrics._inputs import check_pair, check_threshold
from ionladder.metrics._ranks import average_ranks
from ionladder.metrics._ratio import ratio
from ionladder.specs.metric import Metric


def roc_auc(y_true: npt.ArrayLike, y_pred: npt.ArrayLike, *, threshold: float) -> float:
    """Probability that a good entry is predicted above another one; a tie counts one half.

    This is the Mann-Whitney statistic U / (n_good n_other). Predictions serve as scores: only
    their order matters, and the threshold applies to the labels alone.

    Args:
        y_true: Measured values, shape (n_entries,), in the target's unit, finite.
        y_pred: Predicted values, same shape, any unit, finite.
        threshold: Entries with ``y_true >= threshold`` are good, in the target's unit.

    Returns:
        Dimensionless, between 0 and 1; 0.5 is chance. NaN when either class is absent.

    Raises:
        MetricInputError: Shapes differ, there are no entries, or a value is not finite.

    Reference:
        Hanley and McNeil 1982, https://doi.org/10.1148/radiology.143.1.7063747

    Example:
        Two good entries, two others: of four pairs, three are in order and one is tied.

        >>> roc_auc([-3.0, -4.0, -6.0, -9.0], [-2.0, -5.0, -5.0, -7.0], threshold=-4.0)
        0.875
    """
    check_threshold("roc_auc", threshold)
    true, pred = check_pair("roc_auc", y_true, y_pred)
    is_good = true >= threshold
    n_good = int(is_good.sum())
    rank_sum = float(average_ranks(pred)[is_good].sum())
    return ratio(rank_sum - n_good * (n_good + 1) / 2, n_good * (true.size - n_good))


METRIC = Metric(
    name="roc_auc",
    title="ROC-AUC",
    direction="maximize",
    unit="1",
    function=roc_auc,
    formula="P(y_pred of a good entry > y_pred of another), ties 1/2; good: y_true >= threshold",
    reference="Hanley and McNeil 1982, https://doi.org/10.1148/radiology.143.1.7063747",
    options=("threshold",),
)
