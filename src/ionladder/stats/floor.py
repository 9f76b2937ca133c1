"""The experimental floor: how far replicate measurements are apart."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ionladder.errors import MetricInputError, Problem, first_few
from ionladder.specs import Array
from ionladder.stats.intervals import degrees_of_freedom, error_interval, left_out_means

# Repeated measurements of the same material, checked and sorted: what replicate floors rest on


_Integers = npt.NDArray[np.intp]


@dataclass(frozen=True, kw_only=True)
class Replicates:
    """Repeated measurements sorted by group, then value; one element per measurement.

    Attributes:
        values: Measured values.
        group: Number of the group, from 0.
        start: Index at which the group starts.
        size: Measurements in the group.
        place: Place within the group; 0 is its smallest value.
    """

    values: Array
    group: _Integers
    start: _Integers
    size: _Integers
    place: _Integers


def sort_replicates(values: npt.ArrayLike, groups: npt.ArrayLike) -> Replicates:
    """Sort measurements by group, then value.

    Args:
        values: Measured values, shape (n_entries,), finite.
        groups: Integer group of each measurement, same shape; each group has two or more.

    Raises:
        MetricInputError: Any of these does not hold; all problems of the content at once.

    Example:
        >>> sort_replicates([-3.0, -6.0, -5.0, -4.0], [7, 2, 7, 2]).values
        array([-6., -4., -5., -3.])
    """
    measured, labels = np.asarray(values), np.asarray(groups)
    problems = _form_problems(measured, labels) or _content_problems(measured, labels)
    if problems:
        raise MetricInputError(problems)
    order = np.lexsort((measured, labels))
    _, start, group, size = np.unique(
        labels[order], return_index=True, return_inverse=True, return_counts=True
    )
    return Replicates(
        values=measured[order].astype(np.float64),
        group=group,
        start=start[group],
        size=size[group],
        place=np.arange(order.size) - start[group],
    )


def _form_problems(
    values: npt.NDArray[np.generic], groups: npt.NDArray[np.generic]
) -> list[Problem]:
    has_form = values.ndim == 1 and values.shape == groups.shape and values.size > 0
    if has_form and values.dtype.kind in "fiu" and groups.dtype.kind in "iu":
        return []
    return [
        Problem(
            "replicate floor",
            "at least two measurements, and one integer group for each",
            f"values of shape {values.shape} and type {values.dtype}, "
            f"groups of shape {groups.shape} and type {groups.dtype}",
            "Hand over only rows that have a replicate group.",
        )
    ]


def _content_problems(
    values: npt.NDArray[np.generic], groups: npt.NDArray[np.generic]
) -> list[Problem]:
    problems = []
    is_finite = np.isfinite(values)
    if not is_finite.all():
        problems.append(
            Problem(
                "replicate floor, values",
                "finite numbers",
                "others at position " + first_few(np.flatnonzero(~is_finite)),
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
    return problems


# Replicate floors: how far repeated measurements of one material lie apart


@dataclass(frozen=True, kw_only=True)
class Floor:
    """A replicate floor with its interval.

    Attributes:
        name: Key (``replicate_median_deviation``).
        title: As printed.
        value: The floor, in the unit of the measurements.
        ci_low: Lower end of its interval, same unit; NaN when there is a single group.
        ci_high: Upper end of its interval, same unit; NaN when there is a single group.
        n_groups: Groups of repeated measurements.
        n_entries: Measurements in them.
        definition: What is computed, in one sentence.
    """

    name: str
    title: str
    value: float
    ci_low: float
    ci_high: float
    n_groups: int
    n_entries: int
    definition: str


def replicate_floors(
    values: npt.ArrayLike, groups: npt.ArrayLike, *, confidence: float
) -> tuple[Floor, ...]:
    """Compute median deviation, pair difference and leave-one-out, in this order.

    Arguments and errors are those of
    :func:`replicate_median_deviation`.
    """
    return tuple(
        _floor(definition, values, groups, confidence=confidence)
        for definition in (_MEDIAN_DEVIATION, _PAIR_DIFFERENCE, _LEAVE_ONE_OUT)
    )


def replicate_median_deviation(
    values: npt.ArrayLike, groups: npt.ArrayLike, *, confidence: float
) -> Floor:
    """Mean of |value - median of its group|, over all measurements.

    Args:
        values: Measured values, shape (n_entries,), in the target's unit, finite.
        groups: Integer group of each measurement, same shape; each group has two or more.
        confidence: Level of the interval, between 0 and 1, both excluded; see
            :func:`ionladder.stats.intervals.error_interval`.

    Raises:
        MetricInputError: Any of these does not hold.

    Reference:
        Therrien et al. 2025, the OBELiX paper: its experimental row, 0.41 decades

    Example:
        Medians -4 and -6; deviations 1 and 1, then 0.5, 0 and 1.5:

        >>> floor = replicate_median_deviation([-3.0, -5.0, -5.5, -6.0, -7.5], [1, 1, 2, 2, 2],
        ...                                    confidence=0.95)
        >>> floor.value, floor.n_groups, floor.n_entries
        (0.8, 2, 5)
    """
    return _floor(_MEDIAN_DEVIATION, values, groups, confidence=confidence)


def replicate_pair_difference(
    values: npt.ArrayLike, groups: npt.ArrayLike, *, confidence: float
) -> Floor:
    """Mean of |difference| over all pairs within groups, divided by the square root of 2.

    For Gaussian noise this is the mean absolute error of a model that knows the true value.
    Arguments and errors are those of :func:`replicate_median_deviation`.

    Example:
        One pair differs by 2, the others by 0.5, 1.5 and 2, together 6 over 4 pairs:

        >>> floor = replicate_pair_difference([-3.0, -5.0, -5.5, -6.0, -7.5], [1, 1, 2, 2, 2],
        ...                                   confidence=0.95)
        >>> round(floor.value * 2**0.5, 9)
        1.5
    """
    return _floor(_PAIR_DIFFERENCE, values, groups, confidence=confidence)


def replicate_leave_one_out(
    values: npt.ArrayLike, groups: npt.ArrayLike, *, confidence: float
) -> Floor:
    """Mean of |value - median of the other members of its group|, over all measurements.

    Arguments and errors are those of :func:`replicate_median_deviation`.

    Example:
        Two are 2 apart; -5.5 is 1.25 from the middle of the other two, -6 is 0.5, -7.5 is 1.75:

        >>> floor = replicate_leave_one_out([-3.0, -5.0, -5.5, -6.0, -7.5], [1, 1, 2, 2, 2],
        ...                                 confidence=0.95)
        >>> floor.value
        1.5
    """
    return _floor(_LEAVE_ONE_OUT, values, groups, confidence=confidence)


@dataclass(frozen=True, kw_only=True)
class _Definition:
    """A floor as a ratio of sums: ``parts`` gives each measurement's share of both sums."""

    name: str
    title: str
    sentence: str
    parts: Callable[[Replicates], tuple[Array, Array]]


def _floor(
    definition: _Definition,
    values: npt.ArrayLike,
    groups: npt.ArrayLike,
    *,
    confidence: float,
) -> Floor:
    _check_confidence(confidence)
    replicates = sort_replicates(values, groups)
    above, below = definition.parts(replicates)
    totals: Array = np.bincount(replicates.group, weights=above).astype(np.float64)
    counts: Array = np.bincount(replicates.group, weights=below).astype(np.float64)
    value = totals.sum() / counts.sum()
    low, high = error_interval(
        value,
        left_out_means(totals, counts),
        present=totals.size,
        df=degrees_of_freedom(counts),
        confidence=confidence,
    )
    return Floor(
        name=definition.name,
        title=definition.title,
        value=float(value),
        ci_low=float(low),
        ci_high=float(high),
        n_groups=totals.size,
        n_entries=replicates.values.size,
        definition=definition.sentence,
    )


def _median_deviations(replicates: Replicates) -> tuple[Array, Array]:
    values, start, size = replicates.values, replicates.start, replicates.size
    medians = (values[start + (size - 1) // 2] + values[start + size // 2]) / 2
    return np.abs(values - medians), np.ones(values.size)


def _pair_differences(replicates: Replicates) -> tuple[Array, Array]:
    # Of m sorted values, the one at place k is the larger of k pairs and the smaller of m - 1 - k.
    # Both ends of a pair count half of it.
    signed_pairs = 2 * replicates.place - (replicates.size - 1)
    return replicates.values * signed_pairs / math.sqrt(2), (replicates.size - 1) / 2


def _left_out_deviations(replicates: Replicates) -> tuple[Array, Array]:
    values, start, size = replicates.values, replicates.start, replicates.size
    # Places of the median among the m - 1 others; those from the left-out place on move up by one.
    low, high = (size - 2) // 2, (size - 1) // 2
    low, high = low + (low >= replicates.place), high + (high >= replicates.place)
    medians = (values[start + low] + values[start + high]) / 2
    return np.abs(values - medians), np.ones(values.size)


_MEDIAN_DEVIATION = _Definition(
    name="replicate_median_deviation",
    title="Replicate spread",
    sentence="Mean absolute deviation of a measurement from the median of its group.",
    parts=_median_deviations,
)
_PAIR_DIFFERENCE = _Definition(
    name="replicate_pair_difference",
    title="Replicate pair difference / √2",
    sentence="Mean absolute difference of two measurements in a group, divided by √2.",
    parts=_pair_differences,
)
_LEAVE_ONE_OUT = _Definition(
    name="replicate_leave_one_out",
    title="Replicate left out",
    sentence="Mean absolute deviation of a measurement from the median of the others in its group.",
    parts=_left_out_deviations,
)


def _check_confidence(confidence: float) -> None:
    if not 0.0 < confidence < 1.0:
        raise MetricInputError(
            "replicate floor, confidence",
            "a level between 0 and 1",
            str(confidence),
            "Correct it under `scoring:` in params.yaml.",
        )
