"""All metrics, and finding one by its name."""

from __future__ import annotations

import math
from difflib import get_close_matches
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ionladder.errors import ConfigError, MetricInputError, Problem, first_few
from ionladder.specs import Array, Metric

# What every metric checks before it computes: kind, shape and values of its arrays


LARGEST = 1e150
"""Largest accepted magnitude: squares of it can be summed without overflow."""

_NUMERIC_KINDS = "fiu"


def check_pair(metric: str, y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> tuple[Array, Array]:
    """Check measured and predicted values of one model.

    Args:
        metric: Name of the metric that asks, for the letter.
        y_true: Measured values, shape (n_entries,), n_entries >= 1.
        y_pred: Predicted values, shape (n_entries,), in the order of ``y_true``.

    Returns:
        Both as float64.

    Raises:
        MetricInputError: Not numbers, shapes that do not fit, no entries, or a value that is not
            finite; all problems at once.
    """
    return _checked(metric, y_true, y_pred, dimensions=(1,))


def check_seeds(metric: str, y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> tuple[Array, Array]:
    """Check as :func:`check_pair`, and also accept predictions of shape (n_seeds, n_entries)."""
    return _checked(metric, y_true, y_pred, dimensions=(1, 2))


def check_limits(metric: str, upper_limit: npt.ArrayLike, n_entries: int) -> Array:
    """Check upper limits: shape (n_entries,), finite where censored, NaN where not."""
    limits, problems = _as_numbers(metric, "upper_limit", upper_limit)
    if not problems and limits.shape != (n_entries,):
        problems.append(_shape_problem(metric, "upper_limit", f"({n_entries},)", limits))
    if not problems and np.isinf(limits).any():
        problems.append(_value_problem(metric, "upper_limit", np.isinf(limits), limits, "or NaN"))
    if problems:
        raise MetricInputError(problems)
    return limits


def fill_missing(metric: str, y_true: npt.ArrayLike, value: float) -> Array:
    """True values as numbers, with ``value`` where they are missing (NaN)."""
    true, problems = _as_numbers(metric, "y_true", y_true)
    if problems:
        raise MetricInputError(problems)
    filled: Array = np.where(np.isnan(true), value, true)
    return filled


def check_threshold(metric: str, threshold: float) -> None:
    """Check that a threshold is a finite number."""
    if not math.isfinite(threshold):
        raise MetricInputError(
            Problem(
                where=f"metric {metric}, threshold",
                expected="a finite number in the target's unit",
                found=repr(threshold),
                next_step="Correct the threshold in the task's metric options.",
            )
        )


def _checked(
    metric: str, y_true: npt.ArrayLike, y_pred: npt.ArrayLike, *, dimensions: tuple[int, ...]
) -> tuple[Array, Array]:
    true, problems = _as_numbers(metric, "y_true", y_true)
    pred, more = _as_numbers(metric, "y_pred", y_pred)
    problems += more
    if not problems:
        problems += _shape_problems(metric, true, pred, dimensions)
    if not problems:
        problems += _value_problems(metric, "y_true", true)
        problems += _value_problems(metric, "y_pred", pred)
    if problems:
        raise MetricInputError(problems)
    return true, pred


def _as_numbers(metric: str, argument: str, values: npt.ArrayLike) -> tuple[Array, list[Problem]]:
    """Convert to float64; text, objects and ragged lists are a problem, not a guess."""
    try:
        array = np.asarray(values)
    except ValueError:
        array = None
    if array is not None and array.dtype.kind in _NUMERIC_KINDS:
        return array.astype(np.float64, copy=False), []
    problem = Problem(
        where=f"metric {metric}, {argument}",
        expected="an array of numbers",
        found="rows of different lengths" if array is None else f"values of type {array.dtype}",
        next_step="Convert the column to float64 before scoring.",
    )
    return np.empty(0), [problem]


def _shape_problems(
    metric: str, true: Array, pred: Array, dimensions: tuple[int, ...]
) -> list[Problem]:
    if true.ndim != 1 or true.size == 0:
        return [_shape_problem(metric, "y_true", "(n_entries,) with at least one entry", true)]
    if pred.ndim in dimensions and pred.shape[-1] == true.size and pred.size > 0:
        return []
    wanted = f"({true.size},)" + (f" or (n_seeds, {true.size})" if 2 in dimensions else "")
    return [_shape_problem(metric, "y_pred", f"{wanted} as y_true has", pred)]


def _shape_problem(metric: str, argument: str, wanted: str, array: Array) -> Problem:
    return Problem(
        where=f"metric {metric}, {argument}",
        expected=f"shape {wanted}",
        found=f"shape {array.shape}",
        next_step="Join labels and predictions by id before scoring.",
    )


def _value_problems(metric: str, argument: str, array: Array) -> list[Problem]:
    # NaN fails every comparison, so one reduction finds it together with what is too large.
    if np.abs(array).max() <= LARGEST:
        return []
    return [_value_problem(metric, argument, ~(np.abs(array) <= LARGEST), array, "")]


def _value_problem(
    metric: str, argument: str, is_bad: npt.NDArray[np.bool_], array: Array, or_else: str
) -> Problem:
    places = np.argwhere(is_bad)
    shown = (f"{array[tuple(p)]} at position {', '.join(map(str, p))}" for p in places.tolist())
    return Problem(
        where=f"metric {metric}, {argument}",
        expected=f"finite numbers up to {LARGEST:g} in magnitude {or_else}".rstrip(),
        found=first_few(shown),
        next_step="Give every scored entry a finite number.",
    )


# Sums of squares and products about the mean, from which correlation and slope follow


def deviations(values: Array) -> Array:
    """Values minus their mean; exactly zero where all are equal.

    Example:
        >>> deviations(np.array([-2.0, -4.0, -6.0])).tolist()
        [2.0, 0.0, -2.0]
    """
    # Shifting by one of the values first makes the deviations of equal values exactly zero.
    shifted = values - values[0]
    result: Array = shifted - np.mean(shifted)
    return result


# Average ranks, the common ground of Spearman's correlation and the area under the ROC curve


def average_ranks(values: Array) -> Array:
    """Rank values from 1 upwards; tied values share the mean of the ranks they occupy.

    Values that stand at ``start`` to ``end - 1`` of the ascending order, counted from 0, occupy the
    ranks start + 1 to end, whose mean is (start + end + 1) / 2.

    Args:
        values: Shape (n_entries,), no NaN.

    Returns:
        Ranks of the same shape, multiples of one half; their sum is n (n + 1) / 2.

    Example:
        >>> average_ranks(np.array([-3.0, -5.0, -3.0, -9.0]))
        array([3.5, 2. , 3.5, 1. ])
    """
    order = np.argsort(values)
    ordered = values[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    ends = np.append(starts[1:], len(values))
    ranks = np.empty(len(values))
    ranks[order] = np.repeat((starts + ends + 1) / 2.0, ends - starts)
    return ranks


# Division that says "undefined" instead of failing


def ratio(numerator: float, denominator: float) -> float:
    """Divide; NaN when the denominator is zero.

    Example:
        >>> ratio(1, 4), ratio(1, 0)
        (0.25, nan)
    """
    return numerator / denominator if denominator else float("nan")


# Counting a screen: which entries are good, which are called good, at one threshold


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
        MetricInputError: Arrays or threshold are unfit (see :mod:`ionladder.metrics`).

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


# Enrichment among the twelve best predictions: what a small synthesis campaign would gain


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


# F1: precision and recall in one number


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


F1_METRIC = Metric(
    name="f1",
    title="F1",
    direction="maximize",
    unit="1",
    function=f1,
    formula="2 TP / (2 TP + FP + FN); good: y_true >= threshold, called: y_pred >= threshold",
    reference="van Rijsbergen 1979, Information Retrieval, 2nd edition, chapter 7",
    options=("threshold",),
)


# F1 of a screen for small values: good means below a threshold


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


F1_BELOW_METRIC = Metric(
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


# Mean absolute error, the primary metric of conductivity tasks


def mae(y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> float:
    """Mean absolute error: mean of |y_pred - y_true|.

    Args:
        y_true: Measured values, shape (n_entries,), in the target's unit, finite.
        y_pred: Predicted values, same shape and unit, finite.

    Returns:
        Error in the target's unit; decades for a log10 target. Never NaN.

    Raises:
        MetricInputError: Shapes differ, there are no entries, or a value is not finite.

    Reference:
        Willmott and Matsuura 2005, https://doi.org/10.3354/cr030079

    Example:
        Errors of 0.5 and 2 decades:

        >>> mae([-3.0, -5.0], [-3.5, -3.0])
        1.25
    """
    true, pred = check_pair("mae", y_true, y_pred)
    return float(np.abs(pred - true).mean())


def absolute_errors(y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> Array:
    """|y_pred - y_true| per entry; ``y_pred`` may hold several seeds, one per row.

    Example:
        >>> absolute_errors([-3.0, -5.0], [[-3.5, -3.0], [-3.0, -6.0]])
        array([[0.5, 2. ],
               [0. , 1. ]])
    """
    true, pred = check_seeds("mae", y_true, y_pred)
    errors: Array = np.abs(pred - true)
    return errors


MAE_METRIC = Metric(
    name="mae",
    title="MAE",
    direction="minimize",
    unit="target",
    function=mae,
    formula="mean of |y_pred - y_true|",
    reference="Willmott and Matsuura 2005, https://doi.org/10.3354/cr030079",
    entrywise=absolute_errors,
    from_mean=np.positive,
)


# Mean absolute error that respects upper limits: "below the limit" is not an error


def mae_censored(
    y_true: npt.ArrayLike, y_pred: npt.ArrayLike, *, upper_limit: npt.ArrayLike
) -> float:
    """Mean absolute error in which a left-censored entry only penalises exceeding its limit.

    The error is max(0, y_pred - upper_limit) where a limit is given, and |y_pred - y_true|
    elsewhere. The value of ``y_true`` at a censored entry has no influence. On censored entries
    this is the residual of censored least absolute deviations; no prediction is clipped elsewhere.

    Args:
        y_true: Measured values, shape (n_entries,), in the target's unit, finite.
        y_pred: Predicted values, same shape and unit, finite.
        upper_limit: Limit of left-censored entries (log10 of the limit for a log10 target), same
            shape and unit; NaN where the measurement is not censored.

    Returns:
        Error in the target's unit. Never NaN.

    Raises:
        MetricInputError: Shapes differ, there are no entries, a value is not finite, or a limit
            is infinite.

    Reference:
        Powell 1984, https://doi.org/10.1016/0304-4076(84)90004-6

    Example:
        Both entries were reported as "< 1e-10 S/cm". The first prediction is below the limit
        (error 0), the second 2 decades above it; a third, ordinary entry is wrong by 1:

        >>> mae_censored([-15.0, -15.0, -5.0], [-12.0, -8.0, -4.0],
        ...              upper_limit=[-10.0, -10.0, np.nan])
        1.0
    """
    true, pred = check_pair("mae_censored", y_true, y_pred)
    return float(_errors(true, pred, check_limits("mae_censored", upper_limit, true.size)).mean())


def censored_errors(
    y_true: npt.ArrayLike, y_pred: npt.ArrayLike, *, upper_limit: npt.ArrayLike
) -> Array:
    """Error per entry as :func:`mae_censored` defines it; ``y_pred`` may hold several seeds.

    Example:
        >>> censored_errors([-15.0, -5.0], [[-12.0, -4.0], [-8.0, -5.5]],
        ...                 upper_limit=[-10.0, np.nan])
        array([[0. , 1. ],
               [2. , 0.5]])
    """
    true, pred = check_seeds("mae_censored", y_true, y_pred)
    return _errors(true, pred, check_limits("mae_censored", upper_limit, true.size))


def _errors(true: Array, pred: Array, limit: Array) -> Array:
    excess = np.maximum(pred - limit, 0.0)
    return np.where(np.isnan(limit), np.abs(pred - true), excess)


MAE_CENSORED_METRIC = Metric(
    name="mae_censored",
    title="MAE, censored-aware",
    direction="minimize",
    unit="target",
    function=mae_censored,
    formula="mean of |y_pred - y_true|, or of max(0, y_pred - limit) where only a limit is known",
    reference="Powell 1984, https://doi.org/10.1016/0304-4076(84)90004-6",
    entrywise=censored_errors,
    from_mean=np.positive,
    needs=("upper_limit",),
)


# Mean absolute error after clipping: beyond a limit, the size of a number says nothing more


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


MAE_CLIPPED_METRIC = Metric(
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


# Mean absolute error of ln(1 + y): relative errors for large values, absolute for small ones


def mae_log1p(y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> float:
    """Mean of |ln(1 + y_pred) - ln(1 + y_true)|, continued to negative values by symmetry.

    Args:
        y_true: True values, shape (n_entries,), in the target's unit, finite.
        y_pred: Predicted values, same shape and unit, finite. A negative value y counts as
            -ln(1 - y), so that a worse prediction never scores better.

    Returns:
        Dimensionless error. Never NaN.

    Raises:
        MetricInputError: Shapes differ, there are no entries, or a value is not finite.

    Reference:
        Hyndman and Koehler 2006, https://doi.org/10.1016/j.ijforecast.2006.03.001, section 2.2

    Example:
        The same factor in 1 + y, the same error:

        >>> round(mae_log1p([0.0, 1.0], [1.0, 3.0]), 4)
        0.6931
    """
    true, pred = check_pair("mae_log1p", y_true, y_pred)
    return float(np.abs(_signed_log(pred) - _signed_log(true)).mean())


def log_errors(y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> Array:
    """The error of ln(1 + y) per entry; ``y_pred`` may hold several seeds, one per row.

    Example:
        >>> log_errors([0.0, 1.0], [0.0, 3.0]).round(4)
        array([0.    , 0.6931])
    """
    true, pred = check_seeds("mae_log1p", y_true, y_pred)
    errors: Array = np.abs(_signed_log(pred) - _signed_log(true))
    return errors


def _signed_log(values: Array) -> Array:
    logs: Array = np.sign(values) * np.log1p(np.abs(values))
    return logs


MAE_LOG1P_METRIC = Metric(
    name="mae_log1p",
    title="MAE of ln(1 + y)",
    direction="minimize",
    unit="1",
    function=mae_log1p,
    formula="mean of |ln(1 + y_pred) - ln(1 + y_true)|",
    reference="Hyndman and Koehler 2006, https://doi.org/10.1016/j.ijforecast.2006.03.001",
    entrywise=log_errors,
    from_mean=np.positive,
)


# Median absolute error: the error of a typical entry, deaf to outliers


def median_ae(y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> float:
    """Median of |y_pred - y_true|; the mean of the middle two for an even number of entries.

    Args:
        y_true: Measured values, shape (n_entries,), in the target's unit, finite.
        y_pred: Predicted values, same shape and unit, finite.

    Returns:
        Error in the target's unit; decades for a log10 target. Never NaN.

    Raises:
        MetricInputError: Shapes differ, there are no entries, or a value is not finite.

    Reference:
        Hyndman and Koehler 2006, https://doi.org/10.1016/j.ijforecast.2006.03.001

    Example:
        Errors of 0.5, 1 and 9 decades:

        >>> median_ae([-3.0, -5.0, -15.0], [-3.5, -4.0, -6.0])
        1.0
    """
    true, pred = check_pair("median_ae", y_true, y_pred)
    errors = np.abs(pred - true)
    errors.sort()
    middle = errors.size // 2
    return float((errors[middle] + errors[-1 - middle]) / 2)


MEDIAN_AE_METRIC = Metric(
    name="median_ae",
    title="Median AE",
    direction="minimize",
    unit="target",
    function=median_ae,
    formula="median of |y_pred - y_true|",
    reference="Hyndman and Koehler 2006, https://doi.org/10.1016/j.ijforecast.2006.03.001",
)


# Pearson's correlation: how well predictions lie on any straight line against the labels


def pearson_r(y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> float:
    """Covariance over the product of standard deviations.

    A constant bias or a wrong scale of the predictions costs nothing; R² charges for both.

    Args:
        y_true: True values, shape (n_entries,), in the target's unit, finite.
        y_pred: Predicted values, same shape, any unit, finite.

    Returns:
        Dimensionless, between -1 and 1. NaN when all labels or all predictions are equal, and so
        for a single entry.

    Raises:
        MetricInputError: Shapes differ, there are no entries, or a value is not finite.

    Reference:
        Pearson 1895, https://doi.org/10.1098/rspl.1895.0041

    Example:
        Deviations -1 0 1 against -1 0 2 less their mean 1/3: 3 / sqrt(2 * 14/3).

        >>> round(pearson_r([1.0, 2.0, 3.0], [0.0, 1.0, 3.0]), 4)
        0.982
    """
    true, pred = check_pair("pearson_r", y_true, y_pred)
    true, pred = deviations(true), deviations(pred)
    spread = math.sqrt(np.square(true).sum()) * math.sqrt(np.square(pred).sum())
    value = ratio(float((true * pred).sum()), spread)
    # Rounding may carry a perfect correlation past 1 by one part in 10^16.
    return value if math.isnan(value) else max(-1.0, min(1.0, value))


PEARSON_R_METRIC = Metric(
    name="pearson_r",
    title="Pearson r",
    direction="maximize",
    unit="1",
    function=pearson_r,
    formula="covariance of y_true and y_pred / (standard deviation of each, multiplied)",
    reference="Pearson 1895, https://doi.org/10.1098/rspl.1895.0041",
)


# Precision: of the entries called good, the fraction that is


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


PRECISION_METRIC = Metric(
    name="precision",
    title="Precision",
    direction="maximize",
    unit="1",
    function=precision,
    formula="TP / (TP + FP); good: y_true >= threshold, called good: y_pred >= threshold",
    reference="Fawcett 2006, https://doi.org/10.1016/j.patrec.2005.10.010",
    options=("threshold",),
)


# Coefficient of determination: the share of the labels' variance that predictions explain


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


R2_METRIC = Metric(
    name="r2",
    title="R²",
    direction="maximize",
    unit="1",
    function=r2,
    formula="1 - sum of (y_pred - y_true)^2 / sum of (y_true - mean y_true)^2",
    reference="Kvalseth 1985, https://doi.org/10.1080/00031305.1985.10479448",
)


# Recall: of the good entries, the fraction that is called good


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


RECALL_METRIC = Metric(
    name="recall",
    title="Recall",
    direction="maximize",
    unit="1",
    function=recall,
    formula="TP / (TP + FN); good: y_true >= threshold, called good: y_pred >= threshold",
    reference="Fawcett 2006, https://doi.org/10.1016/j.patrec.2005.10.010",
    options=("threshold",),
)


# The registry of metrics: every public module of this package, found by its name


def all_metrics() -> dict[str, Metric]:
    """Every metric by name, names in alphabetical order."""
    return dict(_discovered())


def get_metric(name: str) -> Metric:
    """Find a metric by its name.

    Raises:
        ConfigError: There is none; the letter lists the known names.

    Example:
        >>> get_metric("rmse").direction
        'minimize'
    """
    known = _discovered()
    if name in known:
        return known[name]
    close = get_close_matches(name, known, n=1)
    hint = f"Did you mean {close[0]!r}? " if close else ""
    raise ConfigError(
        Problem(
            where=f"metric {name!r}",
            expected=f"one of {', '.join(known)}",
            found="no metric of that name",
            next_step=f"{hint}Correct the name, or add src/ionladder/metrics/{name}.py.",
        )
    )


@cache
def _discovered() -> dict[str, Metric]:
    found = sorted(
        (value for value in globals().values() if isinstance(value, Metric)),
        key=lambda metric: metric.name,
    )
    return {metric.name: metric for metric in found}


# Root mean square error: like MAE, but one large error outweighs many small ones


def rmse(y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> float:
    """Square root of the mean of (y_pred - y_true)^2.

    Args:
        y_true: Measured values, shape (n_entries,), in the target's unit, finite.
        y_pred: Predicted values, same shape and unit, finite.

    Returns:
        Error in the target's unit; decades for a log10 target. Never NaN.

    Raises:
        MetricInputError: Shapes differ, there are no entries, or a value is not finite.

    Reference:
        Chai and Draxler 2014, https://doi.org/10.5194/gmd-7-1247-2014

    Example:
        Errors of 1 and 7 decades: the root of (1 + 49) / 2.

        >>> rmse([-3.0, -15.0], [-4.0, -8.0])
        5.0
    """
    true, pred = check_pair("rmse", y_true, y_pred)
    return math.sqrt(np.square(pred - true).mean())


def squared_errors(y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> Array:
    """(y_pred - y_true)^2 per entry; ``y_pred`` may hold several seeds, one per row.

    Example:
        >>> squared_errors([-3.0, -15.0], [-4.0, -8.0])
        array([ 1., 49.])
    """
    true, pred = check_seeds("rmse", y_true, y_pred)
    return np.square(pred - true)


RMSE_METRIC = Metric(
    name="rmse",
    title="RMSE",
    direction="minimize",
    unit="target",
    function=rmse,
    formula="square root of the mean of (y_pred - y_true)^2",
    reference="Chai and Draxler 2014, https://doi.org/10.5194/gmd-7-1247-2014",
    entrywise=squared_errors,
    from_mean=np.sqrt,
)


# Area under the ROC curve: how well predictions order good entries above the others


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


ROC_AUC_METRIC = Metric(
    name="roc_auc",
    title="ROC-AUC",
    direction="maximize",
    unit="1",
    function=roc_auc,
    formula="P(y_pred of a good entry > y_pred of another), ties 1/2; good: y_true >= threshold",
    reference="Hanley and McNeil 1982, https://doi.org/10.1148/radiology.143.1.7063747",
    options=("threshold",),
)


# Slope of predictions regressed on labels: are differences predicted as large as they are


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


SLOPE_METRIC = Metric(
    name="slope",
    title="Slope",
    direction="maximize",
    unit="1",
    function=slope,
    formula="covariance of y_true and y_pred / variance of y_true",
    reference="Dembitskiy et al. 2025, https://doi.org/10.1038/s41524-025-01571-z",
    ideal=1.0,
)


# Spearman's rank correlation: is the order right, whatever the scale


def spearman(y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> float:
    """Pearson correlation of the ranks; tied values share their average rank.

    Args:
        y_true: Measured values, shape (n_entries,), in the target's unit, finite.
        y_pred: Predicted values, same shape, any unit, finite.

    Returns:
        Dimensionless, between -1 and 1. NaN when all labels or all predictions are equal (a
        constant prediction has no order), and so for a single entry.

    Raises:
        MetricInputError: Shapes differ, there are no entries, or a value is not finite.

    Reference:
        Spearman 1904, https://doi.org/10.2307/1412159

    Example:
        Ranks 1 2 3 4 against 1 3 2 4: 1 - 6 (0 + 1 + 1 + 0) / (4 * 15).

        >>> spearman([-9.0, -6.0, -4.0, -3.0], [-8.0, -4.0, -5.0, -2.0])
        0.8
    """
    true, pred = check_pair("spearman", y_true, y_pred)
    # The mean of n ranks is known, and half-integers add up without rounding.
    mean_rank = (true.size + 1) / 2
    true_ranks = average_ranks(true) - mean_rank
    pred_ranks = average_ranks(pred) - mean_rank
    spread = math.sqrt(np.square(true_ranks).sum() * np.square(pred_ranks).sum())
    return ratio(float((true_ranks * pred_ranks).sum()), spread)


SPEARMAN_METRIC = Metric(
    name="spearman",
    title="Spearman ρ",
    direction="maximize",
    unit="1",
    function=spearman,
    formula="Pearson correlation of the average ranks of y_true and y_pred",
    reference="Spearman 1904, https://doi.org/10.2307/1412159",
)


# Fraction of entries predicted within one decade, that is, within a factor of ten


LARGEST_ERROR = 1.0
"""Largest accepted error, in decades, inclusive."""


def within_one_decade(y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> float:
    """Fraction of entries with |y_pred - y_true| <= 1, for a log10 target.

    Inclusive: an error of exactly one decade counts. The comparison is made in float64, without
    tolerance.

    Args:
        y_true: Measured values, shape (n_entries,), log10, finite.
        y_pred: Predicted values, same shape, log10 of the same unit, finite.

    Returns:
        Fraction between 0 and 1. Never NaN.

    Raises:
        MetricInputError: Shapes differ, there are no entries, or a value is not finite.

    Reference:
        Chang and Hanna 2004, https://doi.org/10.1007/s00703-003-0070-7 (there as FAC2, factor 2)

    Example:
        Errors of 0.5, 1 and 2 decades; the first two count:

        >>> round(within_one_decade([-3.0, -5.0, -9.0], [-3.5, -4.0, -7.0]), 4)
        0.6667
    """
    true, pred = check_pair("within_one_decade", y_true, y_pred)
    return float(_is_within(true, pred).mean())


def hits(y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> Array:
    """1.0 per entry within one decade, else 0.0; ``y_pred`` may hold several seeds.

    Example:
        >>> hits([-3.0, -5.0, -9.0], [-3.5, -4.0, -7.0])
        array([1., 1., 0.])
    """
    true, pred = check_seeds("within_one_decade", y_true, y_pred)
    return _is_within(true, pred).astype(np.float64)


def _is_within(true: Array, pred: Array) -> npt.NDArray[np.bool_]:
    is_within: npt.NDArray[np.bool_] = np.abs(pred - true) <= LARGEST_ERROR
    return is_within


WITHIN_ONE_DECADE_METRIC = Metric(
    name="within_one_decade",
    title="Within one decade",
    direction="maximize",
    unit="1",
    function=within_one_decade,
    formula="fraction of entries with |y_pred - y_true| <= 1",
    reference="Chang and Hanna 2004, https://doi.org/10.1007/s00703-003-0070-7",
    entrywise=hits,
    from_mean=np.positive,
    is_share=True,
)
