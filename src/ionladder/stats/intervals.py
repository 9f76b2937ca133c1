"""Confidence intervals of errors that come in groups."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

# Groups of related entries: their sums, and means with each group left out in turn


Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Groups:
    """How entries fall into groups.

    Attributes:
        index: Group of each entry as 0 … n_groups − 1, shape (n_entries,).
        sizes: Entries in each group, shape (n_groups,); 0 for a group without any of these.
        order: Entries sorted by group, shape (n_entries,).
        starts: Where each group that has entries begins in ``order``.
    """

    index: npt.NDArray[np.int64]
    sizes: Array
    order: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]

    @property
    def n_groups(self) -> int:
        """Groups, those without entries included."""
        return len(self.sizes)

    @property
    def n_present(self) -> int:
        """Groups that have entries."""
        return len(self.starts)

    def sums(self, values: Array) -> Array:
        """Sums within groups.

        Args:
            values: Per-entry values, shape (..., n_entries).

        Returns:
            Shape (..., n_groups); 0 for groups without entries.
        """
        out = np.zeros((*values.shape[:-1], self.n_groups))
        if self.n_present:
            sums = np.add.reduceat(values[..., self.order], self.starts, axis=-1)
            out[..., self.sizes > 0] = sums
        return out


def make_groups(
    labels: npt.ArrayLike, *, universe: npt.NDArray[np.generic] | None = None
) -> Groups:
    """Number the groups of entries.

    Args:
        labels: Group label of each entry, shape (n_entries,); any sortable labels.
        universe: All group labels to number, sorted; default: those that occur. Entries of
            different targets get comparable sums when they share it.

    Example:
        >>> groups = make_groups([7, 9, 7])
        >>> groups.sizes, groups.sums(np.array([1.0, 5.0, 2.0]))
        (array([2., 1.]), array([3., 5.]))
    """
    found = np.asarray(labels)
    names = np.unique(found) if universe is None else universe
    index = np.searchsorted(names, found).astype(np.int64)
    counts = np.bincount(index, minlength=len(names))
    order = np.argsort(index, kind="stable").astype(np.int64)
    starts = (np.cumsum(counts) - counts)[counts > 0].astype(np.int64)
    return Groups(index, counts.astype(np.float64), order, starts)


def merged_groups(index: npt.NDArray[np.int64], labels: npt.NDArray[np.object_]) -> Any:
    """Groups that share a label, directly or through others, as one.

    Args:
        index: Group of each entry as 0 … n_groups − 1, shape (n_entries,).
        labels: Label of each entry, same shape; None merges nothing.

    Returns:
        Number of the merged group of each group, from 0 on, shape (n_groups,).

    Example:
        >>> names = np.array(["garnet", "garnet", None, "NASICON"], dtype=object)
        >>> merged_groups(np.array([0, 1, 2, 2]), names).tolist()
        [0, 0, 1]
    """
    known = np.array([label is not None for label in labels])
    names, code = np.unique(labels[known].astype(str), return_inverse=True)
    group, merged = index[known], np.arange(int(index.max()) + 1)
    # The least number spreads over labels; scipy's graphs would take longer to import.
    while True:
        least, former = np.full(len(names), len(merged)), merged.copy()
        np.minimum.at(least, code, merged[group])
        np.minimum.at(merged, group, least[code])
        if np.array_equal(merged, former):
            return np.unique(merged, return_inverse=True)[1]


def intraclass_correlation(values: Array, classes: npt.NDArray[np.integer]) -> float:
    """How alike values of one class are, by a one-way analysis of variance.

    Args:
        values: Shape (n,).
        classes: Class of each, same shape; classes with a single value are passed over.

    Returns:
        1 where values of a class agree, 0 or less where they are as unlike as any; NaN with fewer
        than two classes of two or more values.

    Reference:
        Donner 1986, doi 10.2307/1403259 (unequal classes)

    Example:
        >>> round(intraclass_correlation(np.array([1.0, 1.2, 3.0, 3.2]), np.array([0, 0, 1, 1])), 3)
        0.99
    """
    _, code, counts = np.unique(classes, return_inverse=True, return_counts=True)
    kept = counts[code] > 1
    y, (_, code, n) = values[kept], np.unique(code[kept], return_inverse=True, return_counts=True)
    if len(n) < 2:
        return math.nan
    means = np.bincount(code, weights=y) / n
    between = (n * (means - y.mean()) ** 2).sum() / (len(n) - 1)
    within = ((y - means[code]) ** 2).sum() / (len(y) - len(n))
    size = (len(y) - (n**2).sum() / len(y)) / (len(n) - 1)
    return float((between - within) / (between + (size - 1) * within))


def left_out_means(sums: Array, sizes: Array) -> Array:
    """The mean over entries with each group left out in turn.

    Args:
        sums: Sums within groups, shape (..., n_groups).
        sizes: Entries in each group, shape (..., n_groups).

    Returns:
        Shape (..., n_groups). Leaving out a group without entries changes nothing; leaving out
        the only group that has any gives NaN.

    Example:
        >>> left_out_means(np.array([3.0, 5.0]), np.array([2.0, 1.0]))
        array([5. , 1.5])
    """
    rest = sizes.sum(axis=-1, keepdims=True) - sizes
    kept = sums.sum(axis=-1, keepdims=True) - sums
    with np.errstate(divide="ignore", invalid="ignore"):
        means: Array = np.where(rest > 0, kept / rest, np.nan)
    return means


def degrees_of_freedom(sizes: Array, *, shared: float = 1.0) -> float:
    """Degrees of freedom of a jackknife over unequal groups.

    A few large groups carry most of the variance, so a variance estimated from 42 groups can be
    as uncertain as one from nine. Satterthwaite's approximation matches the first two moments of
    the estimate under a working model: by default that entries of a group err alike, which gives
    fewer degrees of freedom than independent entries would.

    Args:
        sizes: Entries in each group, shape (n_groups,); zeros are passed over.
        shared: Part of the variance that entries of a group share in the working model.

    Returns:
        Between 0 and n_groups − 1; n_groups − 1 for groups of one size; NaN for fewer than two.

    Reference:
        Satterthwaite 1946, doi 10.2307/3002019; for groups: Bell and McCaffrey 2002, Survey
        Methodology 28, 169; Pustejovsky and Tipton 2018, doi 10.1080/07350015.2016.1247004

    Example:
        Four groups of equal size leave three; if one of them is ten times as large, it leaves
        little more than one:

        >>> round(degrees_of_freedom(np.array([5.0, 5, 5, 5])), 6)
        3.0
        >>> round(degrees_of_freedom(np.array([50.0, 5, 5, 5])), 2)
        1.03
    """
    present = sizes[sizes > 0]
    if len(present) < 2:
        return float("nan")
    share = present / present.sum()
    # Sums of weighted group residuals have covariance diag(v) − s vᵀ − v sᵀ + t s sᵀ with shares
    # s, the variances v of the groups' sums and t their total; the jackknife weighs squared
    # residuals by a = (1 − s)⁻². The traces of (aM) and (aM)² follow from three sums, without a
    # matrix.
    v = (shared * present**2 + (1.0 - shared) * present) / present.sum() ** 2
    a = (1.0 - share) ** -2
    t = v.sum()
    cross = -2.0 * share * v + t * share**2
    trace = float(np.sum(a * (v + cross)))
    h2, hv, v2 = (float(np.sum(a * x)) for x in (share**2, share * v, v**2))
    square = float(np.sum(a**2 * (v**2 + 2.0 * v * cross)))
    square += 2.0 * h2 * v2 + t**2 * h2**2 + 2.0 * hv**2 - 4.0 * t * h2 * hv
    return float(trace**2 / square)


def combined_freedom(parts: Sequence[tuple[npt.ArrayLike, npt.ArrayLike]]) -> Array:
    """Degrees of freedom of a sum of independent estimates of variance.

    Args:
        parts: Each variance with its degrees of freedom, shapes that broadcast together. A part
            that is zero counts for nothing, whatever its degrees of freedom.

    Returns:
        Satterthwaite's approximation, at least the smallest of those that count and at most their
        sum; the first part's degrees of freedom where all variances are zero.

    Reference:
        Satterthwaite 1946, doi 10.2307/3002019

    Example:
        >>> float(combined_freedom([(1.0, 10.0), (1.0, 10.0)]))
        20.0
        >>> float(combined_freedom([(1.0, 10.0), (0.0, 1.0)]))
        10.0
    """
    variances = [np.asarray(variance, dtype=np.float64) for variance, _ in parts]
    freedoms = [np.asarray(freedom, dtype=np.float64) for _, freedom in parts]
    total = np.sum(np.broadcast_arrays(*variances), axis=0)
    squares = np.zeros_like(total)
    with np.errstate(divide="ignore", invalid="ignore"):
        for variance, freedom in zip(variances, freedoms, strict=True):
            # Relative to the total, so that no square underflows.
            share = np.where(variance == 0, 0.0, variance / total)
            squares = squares + np.where(share == 0, 0.0, share**2 / freedom)
        combined: Array = np.where(squares > 0, 1.0 / squares, freedoms[0])
    return np.where(np.isnan(squares), np.nan, combined)


# Intervals from leaving out groups: the jackknife with Student's t


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
    return np.where(freedom > 0, special().stdtrit(freedom, 0.5 + confidence / 2.0), np.nan)


@lru_cache(maxsize=4096)
def _student_t(df: float, confidence: float) -> float:
    return float(special().stdtrit(df, 0.5 + confidence / 2.0)) if df > 0 else math.nan


@lru_cache(maxsize=1)
def special() -> Any:
    """Scipy's special functions of one number each, from their compiled module alone.

    The package around them prepares wrappers for other kinds of arrays, which would take a tenth of
    the time of ``ionladder score``. An empty package stands in for it meanwhile.
    """
    if (package := "scipy.special") not in sys.modules:
        import scipy

        stub = ModuleType(package)
        stub.__path__ = [str(Path(scipy.__path__[0], "special"))]
        sys.modules[package] = stub
        try:
            return import_module(f"{package}._ufuncs")
        except ImportError:  # another release has them elsewhere
            pass
        finally:
            del sys.modules[package]
    return import_module(package)
