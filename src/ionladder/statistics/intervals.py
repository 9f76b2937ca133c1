"""Intervals from leaving out groups: the jackknife with Student's t.

Entries of one paper or one chemical system err alike, so the group is what varies. Leaving out
each group in turn gives the variance of a score; unequal groups leave few degrees of freedom, and
Student's t pays for that. Errors are positive and skewed, so their interval is symmetric on the
logarithmic scale. ``benchmarks/coverage.py`` measures how often these intervals cover, beside
those of the bootstrap.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from ionladder.statistics.groups import Array, combined_freedom

Ends = tuple[Array, Array]


def jackknife_variance(value: Array, left_out: Array, present: Array) -> Array:
    """Variance of a value from the values with each group left out.

    Args:
        value: With all groups, shape (...,).
        left_out: With each group left out, shape (..., n_groups).
        present: Groups that have entries, shape (...,).

    Returns:
        Shape (...,): (k − 1)/k times the sum of squared distances from ``value``, with k groups
        present; NaN with fewer than two.

    Reference:
        Efron and Tibshirani 1993, An Introduction to the Bootstrap, eq. 11.5, with the value
        itself in place of the mean of the left-out values (the conservative form).

    Example:
        Leaving out moves 2 to 1 and to 4: half of (1 + 4).

        >>> float(jackknife_variance(np.array(2.0), np.array([1.0, 4.0]), np.array(2)))
        2.5
    """
    squares = np.square(left_out - np.asarray(value)[..., None]).sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance: Array = np.where(present > 1, (present - 1.0) / present * squares, np.nan)
    return variance


def error_interval(
    value: Array,
    left_out: Array,
    *,
    present: npt.ArrayLike,
    df: npt.ArrayLike,
    confidence: float,
    seed_variance: npt.ArrayLike = 0.0,
    seed_df: npt.ArrayLike = np.inf,
) -> Ends:
    """Interval of a mean error, or of a root of one: symmetric on the logarithmic scale.

    The standard error on that scale is the jackknife's divided by the value. Jackknifing the
    logarithms themselves covers as often, but its upper end runs away where one group holds
    nearly all of the error, because the logarithm of what is left without it does.

    Args:
        value: The error, shape (...,), not negative.
        left_out: The error with each group left out, shape (..., n_groups).
        present: Groups that have entries, shape (...,).
        df: Their degrees of freedom, shape (...,).
        confidence: Nominal level, between 0 and 1.
        seed_variance: Variance of ``value`` from the choice of seeds, shape (...,).
        seed_df: Degrees of freedom of that variance, one less than there are seeds, shape (...,).

    Returns:
        Lower and upper ends; NaN with fewer than two groups. An error of zero has itself as both.
    """
    value = np.asarray(value, dtype=np.float64)
    variance, t = _variance_and_t(value, left_out, present, df, confidence, seed_variance, seed_df)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        spread = np.exp(t * np.sqrt(variance) / value)
        low, high = value / spread, value * spread
    is_zero = (value == 0) & ~np.isnan(variance)
    return np.where(is_zero, 0.0, low), np.where(is_zero, 0.0, high)


def share_interval(
    value: Array,
    left_out: Array,
    *,
    present: npt.ArrayLike,
    df: npt.ArrayLike,
    confidence: float,
    seed_variance: npt.ArrayLike = 0.0,
    seed_df: npt.ArrayLike = np.inf,
) -> Ends:
    """Interval of a share of entries, within 0 and 1.

    Wilson's interval with Student's t, and with the number of independent entries that would
    give the jackknife's variance. At a share of 0 or 1 that number is the number of groups.

    Arguments are those of :func:`error_interval`.

    Reference:
        Wilson 1927, doi 10.1080/01621459.1927.10502953; effective sample size: Korn and Graubard
        1998, Survey Methodology 24, 193
    """
    value = np.asarray(value, dtype=np.float64)
    variance, t = _variance_and_t(value, left_out, present, df, confidence, seed_variance, seed_df)
    binomial = value * (1.0 - value)
    with np.errstate(divide="ignore", invalid="ignore"):
        effective = np.where((binomial > 0) & (variance > 0), binomial / variance, present)
    effective = np.where(np.isnan(variance), np.nan, effective)
    square = t**2 / effective
    centre = (value + square / 2.0) / (1.0 + square)
    half = np.sqrt(square * binomial + square**2 / 4.0) / (1.0 + square)
    return np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0)


def _variance_and_t(
    value: Array,
    left_out: Array,
    present: npt.ArrayLike,
    df: npt.ArrayLike,
    confidence: float,
    seed_variance: npt.ArrayLike,
    seed_df: npt.ArrayLike,
) -> tuple[Array, Array]:
    """Variance of a value from groups and seeds together, and the t that goes with it."""
    from_groups = jackknife_variance(value, left_out, np.asarray(present, dtype=np.float64))
    if not np.any(seed_variance):
        return from_groups, student_t(df, confidence)
    freedom = combined_freedom([(from_groups, df), (seed_variance, seed_df)])
    return from_groups + np.asarray(seed_variance), student_t(freedom, confidence)


def student_t(df: npt.ArrayLike, confidence: float) -> Array:
    """The two-sided critical value of Student's t; NaN where there are no degrees of freedom."""
    freedom = np.asarray(df, dtype=np.float64)
    if freedom.ndim == 0:
        return np.asarray(_student_t(float(freedom), confidence))
    from scipy.special import stdtrit

    t: Array = np.where(freedom > 0, stdtrit(freedom, 0.5 + confidence / 2.0), np.nan)
    return t


@lru_cache(maxsize=4096)
def _student_t(df: float, confidence: float) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(df, 0.5 + confidence / 2.0)) if df > 0 else math.nan
