"""Mean absolute error after clipping: beyond a limit, the size of a number says nothing more."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ionladder.metrics._inputs import check_pair, check_seeds, check_threshold, fill_missing
from ionladder.specs.metric import Array, Metric


def mae_clipped(y_true: npt.ArrayLike, y_pred: npt.ArrayLike, *, clip: float) -> float:
    """Mean of |min(y_pred, clip) - min(y_true, clip)|; a missing label stands at the clip.

    Args:
        y_true: True values, shape (n_entries,), in the target's unit; NaN where the value lies
            beyond every number (a path that does not exist), which is beyond the clip too.
        y_pred: Predicted values, same shape and unit, finite.
        clip: Largest value that still counts, in the target's unit.

    Returns:
        Error in the target's unit. Never NaN.

    Raises:
        MetricInputError: Shapes differ, there are no entries, or a prediction is not finite.

    Reference:
        Willmott and Matsuura 2005, https://doi.org/10.3354/cr030079, on values clipped from above

    Example:
        A barrier of 18 eV is as closed as one of 6 eV:

        >>> mae_clipped([0.5, 18.0], [1.0, 9.0], clip=6.0)
        0.25

        No path at all, predicted at 5 eV:

        >>> mae_clipped([float("nan")], [5.0], clip=6.0)
        1.0
    """
    check_threshold("mae_clipped", clip)
    true, pred = check_pair("mae_clipped", fill_missing("mae_clipped", y_true, clip), y_pred)
    return float(np.abs(np.minimum(pred, clip) - np.minimum(true, clip)).mean())


def clipped_errors(y_true: npt.ArrayLike, y_pred: npt.ArrayLike, *, clip: float) -> Array:
    """The clipped error per entry; ``y_pred`` may hold several seeds, one per row.

    Example:
        >>> clipped_errors([0.5, 18.0], [[1.0, 9.0], [0.5, 4.0]], clip=6.0)
        array([[0.5, 0. ],
               [0. , 2. ]])
    """
    check_threshold("mae_clipped", clip)
    true, pred = check_seeds("mae_clipped", fill_missing("mae_clipped", y_true, clip), y_pred)
    errors: Array = np.abs(np.minimum(pred, clip) - np.minimum(true, clip))
    return errors


METRIC = Metric(
    name="mae_clipped",
    title="MAE, clipped",
    direction="minimize",
    unit="target",
    function=mae_clipped,
    formula="mean of |min(y_pred, clip) - min(y_true, clip)|; a missing label counts as clip",
    reference="Willmott and Matsuura 2005, https://doi.org/10.3354/cr030079, on clipped values",
    entrywise=clipped_errors,
    from_mean=np.positive,
    options=("clip",),
    accepts_missing=True,
)
