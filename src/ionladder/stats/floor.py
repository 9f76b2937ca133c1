"""The experimental floor: how far repeated measurements of one material lie apart."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ionladder.errors import MetricInputError, Problem, first_few
from ionladder.specs import Array
from ionladder.stats.intervals import degrees_of_freedom, error_interval, left_out_means


@dataclass(frozen=True, kw_only=True)
class ReplicateFloor:
    """A replicate floor with its interval.

    Attributes:
        name: Key (``replicate_median_deviation``).
        value: The floor, in the unit of the measurements.
        ci_low: Lower end of its interval, same unit; NaN when there is a single group.
        ci_high: Upper end of its interval, same unit; NaN when there is a single group.
        n_groups: Groups of repeated measurements.
        n_entries: Measurements in them.
    """

    name: str
    value: float
    ci_low: float
    ci_high: float
    n_groups: int
    n_entries: int


def replicate_floors(
    values: npt.ArrayLike, groups: npt.ArrayLike, *, confidence: float
) -> tuple[ReplicateFloor, ...]:
    """Three measures of how far repeated measurements lie apart.

    ``replicate_median_deviation`` is the mean of |value − median of its group|.
    ``replicate_pair_difference`` is the mean of |difference| over all pairs within groups, divided
    by √2: for Gaussian noise, the mean absolute error of a model that knows the true value.
    ``replicate_leave_one_out`` is the mean of |value − median of the others in its group|.

    Args:
        values: Measured values, shape (n_entries,), in the target's unit, finite.
        groups: Integer group of each measurement, same shape; each group has two or more.
        confidence: Level of the intervals, between 0 and 1, both excluded; see
            :func:`ionladder.stats.intervals.error_interval`.

    Returns:
        The three, in this order.

    Raises:
        MetricInputError: A value is not finite, or a group has one measurement.

    Reference:
        Therrien et al. 2025, the OBELiX paper: its experimental row, 0.41 decades, is the first.

    Example:
        Medians −4 and −6; deviations 1 and 1, then 0.5, 0 and 1.5:

        >>> floors = replicate_floors([-3.0, -5.0, -5.5, -6.0, -7.5], [1, 1, 2, 2, 2],
        ...                           confidence=0.95)
        >>> floors[0].value, floors[0].n_groups, floors[0].n_entries
        (0.8, 2, 5)

        One pair differs by 2, the others by 0.5, 1.5 and 2, together 6 over 4 pairs. Two are 2
        apart; −5.5 is 1.25 from the middle of the other two, −6 is 0.5, −7.5 is 1.75:

        >>> round(floors[1].value * 2**0.5, 9), floors[2].value
        (1.5, 1.5)
    """
    measured, labels = np.asarray(values, dtype=np.float64), np.asarray(groups)
    _require_repeats(measured, labels)
    order = np.lexsort((measured, labels))
    y = measured[order]
    _, first, group, counts = np.unique(
        labels[order], return_index=True, return_inverse=True, return_counts=True
    )
    start, size = first[group], counts[group]
    place = np.arange(y.size) - start

    def deviation(low: npt.NDArray[np.intp], high: npt.NDArray[np.intp]) -> Array:
        """Distance to the median, which lies between two places of a group."""
        distances: Array = np.abs(y - (y[start + low] + y[start + high]) / 2)
        return distances

    # Places of the median among the m - 1 others; those from the left-out place on move up by one.
    low, high = (size - 2) // 2, (size - 1) // 2
    left_out = deviation(low + (low >= place), high + (high >= place))
    # Of m sorted values, the one at place k is the larger of k pairs and the smaller of m - 1 - k.
    # Both ends of a pair count half of it.
    pairs = y * (2 * place - (size - 1)) / math.sqrt(2)
    ones = np.ones(y.size)
    parts = {
        "replicate_median_deviation": (deviation((size - 1) // 2, size // 2), ones),
        "replicate_pair_difference": (pairs, (size - 1) / 2),
        "replicate_leave_one_out": (left_out, ones),
    }
    floors = []
    for name, (above, below) in parts.items():
        totals, weights = (np.bincount(group, weights=w).astype(float) for w in (above, below))
        value = totals.sum() / weights.sum()
        ends = error_interval(
            value,
            left_out_means(totals, weights),
            present=totals.size,
            df=degrees_of_freedom(weights),
            confidence=confidence,
        )
        floors.append(
            ReplicateFloor(
                name=name,
                value=float(value),
                ci_low=float(ends[0]),
                ci_high=float(ends[1]),
                n_groups=totals.size,
                n_entries=y.size,
            )
        )
    return tuple(floors)


def _require_repeats(values: Array, groups: npt.NDArray[np.generic]) -> None:
    problems = []
    if (strange := ~np.isfinite(values)).any():
        problems.append(
            Problem(
                "replicate floor, values",
                "finite numbers",
                "others at position " + first_few(np.flatnonzero(strange)),
                "Leave rows without a measured value out of the replicate groups.",
            )
        )
    names, sizes = np.unique(groups, return_counts=True)
    if (sizes < 2).any():
        problems.append(
            Problem(
                "replicate floor, groups",
                "two or more measurements in every group",
                "one in group " + first_few(names[sizes < 2]),
                "Give a replicate group only to materials measured more than once.",
            )
        )
    if problems:
        raise MetricInputError(problems)
