"""All metrics: one decorated function each, found by its name.

``METRICS[name].function`` computes on arrays that were checked before, as the scorer's are. The
name in this module, ``mae`` for example, checks its arguments first and returns one number.
"""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable
from functools import wraps
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ionladder.errors import ConfigError, MetricInputError, Problem, did_you_mean, first_few, worded
from ionladder.specs import Array, Direction, Metric

Mask = npt.NDArray[np.bool_]

#: Largest accepted magnitude: squares of it can be summed without overflow.
LARGEST = 1e150

#: One entry of so many is picked for the enrichment, on every board alike.
TOP_PART = 10

#: That of the target, or a plain number.
Unit = Literal["target", "1"]
METRICS: dict[str, Metric] = {}


def get_metric(name: str) -> Metric:
    """Find a metric by its name.

    Raises:
        ConfigError: There is none; the error lists the known names.

    Example:
        >>> get_metric("rmse").direction
        'minimize'
    """
    if name in METRICS:
        return METRICS[name]
    known, hint = ", ".join(sorted(METRICS)), did_you_mean(name, METRICS)
    raise ConfigError(worded("no-metric", f"metric {name!r}", known=known, hint=hint))


def all_metrics() -> dict[str, Metric]:
    """Every metric by name, names in alphabetical order."""
    return dict(sorted(METRICS.items()))


def metric(
    title: str,
    direction: Direction,
    unit: Unit,
    formula: str,
    *,
    from_mean: Callable[[Array], Array] | None = None,
    **fields: Any,
) -> Callable[[Callable[..., Any]], Callable[..., float]]:
    """Enter a function into :data:`METRICS`; its name is the metric's, its docstring the reference.

    The function takes ``y_true`` of shape (n_entries,), ``y_pred`` and the options as keywords,
    which a task states; an ``upper_limit`` among them comes with the labels.
    With ``from_mean`` it returns one error per entry, for ``y_pred`` of shape (n_entries,) or
    (n_seeds, n_entries), and the metric is ``from_mean`` of their mean; only such metrics have
    intervals. Without, it returns the value, and NaN where that is undefined.

    Args:
        title: Name as printed.
        direction: Whether smaller or larger is better.
        unit: ``target`` for the target's unit, ``1`` for a pure number.
        formula: The definition in one line of plain text.
        from_mean: See above; ``np.positive`` for a plain mean.
        **fields: Other fields of :class:`ionladder.specs.Metric`.
    """

    def register(compute: Callable[..., Any]) -> Callable[..., float]:
        name = compute.__name__
        (reference,) = re.findall(r"Reference:\n(.+?)(?:\n\n|$)", compute.__doc__ or "", re.DOTALL)

        @wraps(compute)
        def value(y_true: Array, y_pred: Array, **options: Any) -> float:
            result = compute(y_true, y_pred, **options)
            return float(result if from_mean is None else from_mean(result.mean()))

        given = list(inspect.signature(compute).parameters)[2:]
        METRICS[name] = entered = Metric(
            name=name,
            title=title,
            direction=direction,
            unit=unit,
            function=value,
            formula=formula,
            reference=" ".join(reference.split()),
            entrywise=compute if from_mean else None,
            from_mean=from_mean,
            needs=tuple(name for name in given if name == "upper_limit"),
            options=tuple(name for name in given if name != "upper_limit"),
            **fields,
        )

        @wraps(compute)
        def checked(y_true: npt.ArrayLike, y_pred: npt.ArrayLike, **options: Any) -> float:
            true, pred = check_inputs(entered, y_true, y_pred, options)
            return value(true, pred, **options)

        return checked

    return register


_Decorator = Callable[[Callable[..., Any]], Callable[..., float]]


def _kind(direction: Direction, unit: Unit, **fixed: Any) -> Callable[..., _Decorator]:
    """:func:`metric` for metrics that have direction, unit and other fields in common."""
    return lambda title, formula, **own: metric(title, direction, unit, formula, **{**fixed, **own})


_error = _kind("minimize", "target", from_mean=np.positive)
_share = _kind("maximize", "1", from_mean=np.positive, is_share=True)
_number = _kind("maximize", "1")


@_error("MAE", "mean of |y_pred - y_true|")
def mae(y_true: Array, y_pred: Array) -> Array:
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
    return np.abs(y_pred - y_true)


@_error("RMSE", "square root of the mean of (y_pred - y_true)^2", from_mean=np.sqrt)
def rmse(y_true: Array, y_pred: Array) -> Array:
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
    return np.square(y_pred - y_true)


@metric("Median AE", "minimize", "target", "median of |y_pred - y_true|")
def median_ae(y_true: Array, y_pred: Array) -> float:
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
    return float(np.median(np.abs(y_pred - y_true)))


@_error(
    "MAE, censored-aware",
    "mean of |y_pred - y_true|, or of max(0, y_pred - limit) where only a limit is known",
)
def mae_censored(y_true: Array, y_pred: Array, *, upper_limit: Array) -> Array:
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
    excess = np.maximum(y_pred - upper_limit, 0.0)
    return np.where(np.isnan(upper_limit), np.abs(y_pred - y_true), excess)


@_error("MAE, capped", "mean of min(cap, error), the error being that of the censored-aware MAE")
def mae_capped(y_true: Array, y_pred: Array, *, cap: float, upper_limit: Array) -> Array:
    """Mean of the censored-aware errors, each at most ``cap``.

    No entry can decide it: a prediction that is absurd costs as much as one that is useless.

    Args:
        y_true: Measured values, shape (n_entries,), in the target's unit, finite.
        y_pred: Predicted values, same shape and unit, finite.
        cap: Largest error that still counts, in the target's unit.
        upper_limit: As of :func:`mae_censored`.

    Returns:
        Error in the target's unit, between 0 and ``cap``. Never NaN.

    Raises:
        MetricInputError: Shapes differ, there are no entries, a value is not finite, or a limit
            is infinite.

    Reference:
        Huber 1964, https://doi.org/10.1214/aoms/1177703732 (bounded influence)

    Example:
        Below its limit, off by half a decade, and off by twelve decades:

        >>> mae_capped([-15.0, -5.0, -6.0], [-12.0, -4.5, -18.0], cap=3.0,
        ...            upper_limit=[-10.0, np.nan, np.nan])
        1.1666666666666667
    """
    excess = np.maximum(y_pred - upper_limit, 0.0)
    return np.minimum(np.where(np.isnan(upper_limit), np.abs(y_pred - y_true), excess), cap)


@_error(
    "MAE, clipped",
    "mean of |min(y_pred, clip) - min(y_true, clip)|; a missing label counts as clip",
    accepts_missing=True,
)
def mae_clipped(y_true: Array, y_pred: Array, *, clip: float) -> Array:
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
    y_true = np.where(np.isnan(y_true), clip, y_true)
    errors: Array = np.abs(np.minimum(y_pred, clip) - np.minimum(y_true, clip))
    return errors


@metric(
    "MAE of ln(1 + y)",
    "minimize",
    "1",
    "mean of |ln(1 + y_pred) - ln(1 + y_true)|",
    from_mean=np.positive,
)
def mae_log1p(y_true: Array, y_pred: Array) -> Array:
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
    log_true, log_pred = (np.sign(y) * np.log1p(np.abs(y)) for y in (y_true, y_pred))
    errors: Array = np.abs(log_pred - log_true)
    return errors


@_share("Within one decade", "fraction of entries with |y_pred - y_true| <= 1")
def within_one_decade(y_true: Array, y_pred: Array) -> Array:
    """Fraction of entries with |y_pred - y_true| <= 1, for a log10 target.

    Inclusive: an error of exactly one decade counts, also where binary numbers make it 1e-9 more.

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
    return (np.abs(y_pred - y_true) <= 1.0 + 1e-9).astype(np.float64)


@_share("Within tolerance", "fraction of entries with |y_pred - y_true| <= tolerance")
def within(y_true: Array, y_pred: Array, *, tolerance: float) -> Array:
    """Fraction of entries with |y_pred - y_true| <= tolerance.

    Inclusive, compared in float64; a billionth more counts as equal, since decimal barriers differ
    by rounding.

    Args:
        y_true: True values, shape (n_entries,), in the target's unit, finite.
        y_pred: Predicted values, same shape and unit, finite.
        tolerance: Largest error that counts, in the target's unit.

    Returns:
        Fraction between 0 and 1. Never NaN.

    Raises:
        MetricInputError: Shapes differ, there are no entries, or a value is not finite.

    Reference:
        Chang and Hanna 2004, https://doi.org/10.1007/s00703-003-0070-7 (there as FAC2, factor 2)

    Example:
        Errors of 0.05, 0.1 and 0.3 eV; the first two count:

        >>> round(within([0.3, 0.5, 0.9], [0.35, 0.6, 0.6], tolerance=0.1), 4)
        0.6667
    """
    return (np.abs(y_pred - y_true) <= tolerance + 1e-9).astype(np.float64)


@_number("R²", "1 - sum of (y_pred - y_true)^2 / sum of (y_true - mean y_true)^2")
def r2(y_true: Array, y_pred: Array) -> float:
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
    rest, total = np.square(y_pred - y_true).sum(), np.square(deviations(y_true)).sum()
    return 1.0 - ratio(rest, total)


@_number("Pearson r", "covariance of y_true and y_pred / (standard deviation of each, multiplied)")
def pearson_r(y_true: Array, y_pred: Array) -> float:
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
    true, pred = deviations(y_true), deviations(y_pred)
    spread = math.sqrt(np.square(true).sum()) * math.sqrt(np.square(pred).sum())
    value = ratio((true * pred).sum(), spread)
    # Rounding may carry a perfect correlation past 1 by one part in 10^16.
    return value if math.isnan(value) else max(-1.0, min(1.0, value))


@_number("Spearman ρ", "Pearson correlation of the average ranks of y_true and y_pred")
def spearman(y_true: Array, y_pred: Array) -> float:
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
    middle = (y_true.size + 1) / 2
    true, pred = average_ranks(y_true) - middle, average_ranks(y_pred) - middle
    return ratio((true * pred).sum(), math.sqrt(np.square(true).sum() * np.square(pred).sum()))


@_number("Slope", "covariance of y_true and y_pred / variance of y_true", ideal=1.0)
def slope(y_true: Array, y_pred: Array) -> float:
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
    true, pred = deviations(y_true), deviations(y_pred)
    return ratio((true * pred).sum(), np.square(true).sum())


@_number("Precision", "TP / (TP + FP); good: y_true >= threshold, called good: y_pred >= threshold")
def precision(y_true: Array, y_pred: Array, *, threshold: float) -> float:
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
    hits, _, n_called = count_calls(y_true >= threshold, y_pred >= threshold)
    return ratio(hits, n_called)


@_number("Recall", "TP / (TP + FN); good: y_true >= threshold, called good: y_pred >= threshold")
def recall(y_true: Array, y_pred: Array, *, threshold: float) -> float:
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
    hits, n_good, _ = count_calls(y_true >= threshold, y_pred >= threshold)
    return ratio(hits, n_good)


@_number("F1", "2 TP / (2 TP + FP + FN); good: y_true >= threshold, called: y_pred >= threshold")
def f1(y_true: Array, y_pred: Array, *, threshold: float) -> float:
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
    hits, n_good, n_called = count_calls(y_true >= threshold, y_pred >= threshold)
    return ratio(2 * hits, n_good + n_called)


@_number(
    "F1 below",
    "2 TP / (2 TP + FP + FN); good: y_true < threshold, called: y_pred < threshold",
    accepts_missing=True,
)
def f1_below(y_true: Array, y_pred: Array, *, threshold: float) -> float:
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
    hits, n_good, n_called = count_calls(y_true < threshold, y_pred < threshold)
    return ratio(2 * hits, n_good + n_called)


@_share("Accuracy below", "fraction of entries with (y_pred < threshold) = (y_true < threshold)")
def accuracy_below(y_true: Array, y_pred: Array, *, threshold: float) -> Array:
    """Fraction of entries on the right side of the threshold, where values below it are good.

    Args:
        y_true: True values, shape (n_entries,), in the target's unit, finite.
        y_pred: Predicted values, same shape and unit, finite.
        threshold: Smallest value that is no longer good, in the target's unit.

    Returns:
        Fraction between 0 and 1. Never NaN.

    Raises:
        MetricInputError: Shapes differ, there are no entries, or a value is not finite.

    Reference:
        Fawcett 2006, https://doi.org/10.1016/j.patrec.2005.10.010

    Example:
        One hit, one false alarm, one miss, one true negative:

        >>> accuracy_below([0.3, 2.0, 0.4, 0.9], [0.2, 0.1, 0.6, 0.8], threshold=0.5)
        0.5
    """
    is_right: Array = (y_pred < threshold) == (y_true < threshold)
    return is_right.astype(np.float64)


@_number("MCC below", "Pearson correlation of (y_true < threshold) and (y_pred < threshold)")
def mcc_below(y_true: Array, y_pred: Array, *, threshold: float) -> float:
    """Matthews correlation coefficient, where values below the threshold are good.

    Args:
        y_true: True values, shape (n_entries,), in the target's unit, finite.
        y_pred: Predicted values, same shape and unit, finite.
        threshold: Smallest value that is no longer good, in the target's unit.

    Returns:
        Dimensionless, between -1 and 1; 0 is chance. NaN when all entries are good or none is,
        or when all are called good or none is.

    Raises:
        MetricInputError: Shapes differ, there are no entries, or a value is not finite.

    Reference:
        Matthews 1975, https://doi.org/10.1016/0005-2795(75)90109-9

    Example:
        Two hits, one miss, one true negative: (2 * 1 - 0 * 1) / sqrt(2 * 3 * 1 * 2).

        >>> round(mcc_below([0.3, 0.2, 0.4, 0.9], [0.2, 0.1, 0.6, 0.8], threshold=0.5), 4)
        0.5774
    """
    hits, n_good, n_called = count_calls(y_true < threshold, y_pred < threshold)
    n, spread = y_true.size, n_good * (y_true.size - n_good) * n_called
    return ratio(hits * n - n_good * n_called, math.sqrt(spread * (n - n_called)))


@_number(
    "ROC-AUC", "P(y_pred of a good entry > y_pred of another), ties 1/2; good: y_true >= threshold"
)
def roc_auc(y_true: Array, y_pred: Array, *, threshold: float) -> float:
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
    is_good = y_true >= threshold
    n_good = int(is_good.sum())
    rank_sum = float(average_ranks(y_pred)[is_good].sum())
    return ratio(rank_sum - n_good * (n_good + 1) / 2, n_good * (y_true.size - n_good))


@_number(
    "Enrichment, top 10 %",
    "share of good in the tenth with highest y_pred / (good / all); good: y_true >= threshold",
)
def enrichment_top10pct(y_true: Array, y_pred: Array, *, threshold: float) -> float:
    """Precision among the tenth with the highest predictions, divided by the prevalence of good.

    A tenth of 121 entries is 12.1: the thirteenth counts a tenth. Where several entries tie at the
    cut, the places left are shared among them equally: the result is the expected value over all
    ways of breaking the tie, so no row order can help.

    Args:
        y_true: Measured values, shape (n_entries,), in the target's unit, finite.
        y_pred: Predicted values, same shape, any unit, finite; only their order matters.
        threshold: Entries with ``y_true >= threshold`` are good, in the target's unit.

    Returns:
        Dimensionless; 1 is picking at random, the largest possible value is the smaller of 10 and
        n_entries / n_good. NaN when no entry is good or there are fewer than 10 entries.

    Raises:
        MetricInputError: Shapes differ, there are no entries, or a value is not finite.

    Reference:
        Truchon and Bayly 2007, https://doi.org/10.1021/ci600426e; ties as McSherry and Najork
        2008, https://doi.org/10.1007/978-3-540-78646-7_38

    Example:
        Of 20 entries, 5 are good (prevalence 1/4) and rank first: both picked ones are good.
        A constant prediction ties everything and is worth picking at random.

        >>> labels = [-3.0] * 5 + [-9.0] * 15
        >>> enrichment_top10pct(labels, -np.arange(20.0), threshold=-4.0)
        4.0
        >>> enrichment_top10pct(labels, np.full(20, -5.0), threshold=-4.0)
        1.0
    """
    picked = y_true.size / TOP_PART
    if picked < 1:
        return math.nan
    is_good = y_true >= threshold
    cut = np.sort(y_pred)[-math.ceil(picked)]
    is_above, is_tied = y_pred > cut, y_pred == cut
    share = (picked - np.count_nonzero(is_above)) / np.count_nonzero(is_tied)
    hits = np.count_nonzero(is_good & is_above) + share * np.count_nonzero(is_good & is_tied)
    return ratio(hits * y_true.size, picked * int(is_good.sum()))


def check_inputs(
    metric: Metric, y_true: npt.ArrayLike, y_pred: npt.ArrayLike, options: dict[str, Any]
) -> tuple[Array, Array]:
    """Labels and predictions of one model as float64, for a metric that is called by hand.

    Args:
        metric: The metric, whose name is in the error.
        y_true: Measured values, shape (n_entries,), n_entries >= 1; NaN only where the metric
            gives a missing label a meaning.
        y_pred: Predicted values, shape (n_entries,), in the order of ``y_true``.
        options: The options it is called with; ``upper_limit`` becomes an array.

    Raises:
        MetricInputError: Not numbers, shapes that do not fit, no entries, a value that is not
            finite or above ``LARGEST``, a threshold that is not finite, or an infinite limit; all
            problems at once.
    """
    problems: list[Problem] = []
    needed = {name: options[name] for name in metric.needs}
    arrays = {
        name: _numbers(metric, name, values, problems)
        for name, values in {"y_true": y_true, "y_pred": y_pred, **needed}.items()
    }
    options |= {name: arrays[name] for name in metric.needs}
    problems += [
        worded("metric-option", metric.at(name), found=options[name])
        for name in metric.options
        if not math.isfinite(options[name])
    ]
    if not problems:
        problems += _shape_problems(metric, arrays)
    if not problems:
        problems += _value_problems(metric, arrays)
    if problems:
        raise MetricInputError(problems)
    return arrays["y_true"], arrays["y_pred"]


def _numbers(
    metric: Metric, argument: str, values: npt.ArrayLike, problems: list[Problem]
) -> Array:
    """Convert to float64; text, objects and ragged lists are a problem, not a guess."""
    try:
        array = np.asarray(values)
    except ValueError:
        found = "rows of different lengths"
    else:
        if array.dtype.kind in "fiu":
            return array.astype(np.float64, copy=False)
        found = f"values of type {array.dtype}"
    problems.append(worded("metric-type", metric.at(argument), found=found))
    return np.empty(0)


def _shape_problems(metric: Metric, arrays: dict[str, Array]) -> list[Problem]:
    shape = arrays["y_true"].shape
    if len(shape) != 1 or not shape[0]:
        expected = "shape (n_entries,) with at least one entry"
        return [worded("metric-shape", metric.at("y_true"), expected=expected, found=shape)]
    expected = f"shape {shape} as y_true has"
    return [
        worded("metric-shape", metric.at(name), expected=expected, found=array.shape)
        for name, array in arrays.items()
        if array.shape != shape
    ]


def _value_problems(metric: Metric, arrays: dict[str, Array]) -> list[Problem]:
    problems = []
    for name, array in arrays.items():
        may_miss = name in metric.needs or (name == "y_true" and metric.accepts_missing)
        # NaN fails every comparison, so this finds it together with what is too large.
        bad = np.flatnonzero(~(np.abs(array) <= LARGEST) & ~(may_miss & np.isnan(array)))
        if len(bad):
            found = first_few(f"{array[place]} at position {place}" for place in bad)
            facts = {"most": LARGEST, "missing": " or NaN" * may_miss, "found": found}
            problems.append(worded("metric-values", metric.at(name), **facts))
    return problems


def count_calls(is_good: Mask, is_called: Mask) -> tuple[int, int, int]:
    """Good entries that are called good, good entries, and entries called good.

    Example:
        >>> count_calls(np.array([True, True, False]), np.array([True, False, True]))
        (1, 2, 2)
    """
    return int((is_good & is_called).sum()), int(is_good.sum()), int(is_called.sum())


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


def ratio(numerator: float, denominator: float) -> float:
    """Divide; NaN when the denominator is zero.

    Example:
        >>> ratio(1, 4), ratio(1, 0)
        (0.25, nan)
    """
    return numerator / denominator if denominator else float("nan")
