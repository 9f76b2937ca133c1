"""Floors: how far repeated measurements lie apart, and the error that can be achieved."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ionladder.errors import MetricInputError, first_few, worded
from ionladder.specs import Array
from ionladder.stats import intervals as iv


@dataclass(frozen=True, kw_only=True)
class ReplicateFloor:
    """A floor with its intervals, all in the unit of the measurements.

    Attributes:
        name: Key (``replicate_median_deviation``).
        value: The floor.
        ci_low, ci_high: Its interval over clusters; NaN when there is a single one.
        groups_ci_low, groups_ci_high: The same if all groups were independent of one another.
        n_groups: Groups of repeated measurements.
        n_clusters: Clusters of groups that share a paper or a composition.
        n_entries: Measurements in them.
        oracle_share: The part of the value that a perfect model pays on entries of which only a
            limit is known.
        standard_error, df: Those behind the interval over clusters.
    """

    name: str
    value: float
    ci_low: float
    ci_high: float
    groups_ci_low: float
    groups_ci_high: float
    n_groups: int
    n_clusters: int
    n_entries: int
    oracle_share: float = 0.0
    standard_error: float = 0.0
    df: float = math.inf


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How an error on measured entries becomes an error on all scored entries.

    Attributes:
        measured: Share of the scored entries that were measured, between 0 and 1.
        oracle_share: Mean over all scored entries of what a perfect model pays on the others, in
            the unit of the error.
    """

    measured: float = 1.0
    oracle_share: float = 0.0


def replicate_floors(
    values: npt.ArrayLike,
    groups: npt.ArrayLike,
    *,
    confidence: float,
    clusters: npt.ArrayLike | None = None,
    levels: npt.ArrayLike | None = None,
    shares: npt.ArrayLike = (1.0,),
    scales: Mapping[str, Scale] | None = None,
) -> tuple[ReplicateFloor, ...]:
    """Measures of how far repeated measurements lie apart, and what a perfect model would score.

    ``replicate_median_deviation`` is the mean of |value − median of its group|.
    ``replicate_pair_difference`` is the mean of |difference| over all pairs within groups, divided
    by √2: for Gaussian noise, the mean absolute error of a model that knows the true value.
    ``replicate_leave_one_out`` is the mean of |value − median of the others in its group|.
    Each of ``scales`` is the pair difference weighted to the levels of the scored entries, the
    error that a perfect model is expected to make on them if the noise is Gaussian.

    Args:
        values: Measured values, shape (n_entries,), in the target's unit, finite.
        groups: Integer group of each measurement, same shape; each group has two or more.
        confidence: Level of the intervals, between 0 and 1, both excluded; see
            :func:`ionladder.stats.intervals.error_interval`.
        clusters: Cluster of each measurement, same shape, one for all of a group: what an interval
            leaves out in turn. Without them, the groups themselves.
        levels: Level of each measurement, 0 … n_levels − 1, same shape, one for all of a group;
            noise may differ between levels. Without them, all measurements are of one level.
        shares: Share of the scored entries at each level, shape (n_levels,). Levels without
            repeated measurements are passed over.
        scales: Name of an achievable error → the entries that it is for.

    Returns:
        The three, then one for each of ``scales``, in this order.

    Raises:
        MetricInputError: A value is not finite, or a group has one measurement.

    Reference:
        Therrien et al. 2025, the OBELiX paper: its experimental row, 0.41 decades, is the first.
        Weighting by level: Holt and Smith 1979, doi 10.2307/2344652 (post-stratification)

    Example:
        Medians −4 and −6; deviations 1 and 1, then 0.5, 0 and 1.5:

        >>> floors = replicate_floors([-3.0, -5.0, -5.5, -6.0, -7.5], [1, 1, 2, 2, 2],
        ...     confidence=0.95, levels=[0, 0, 1, 1, 1], shares=[0.75, 0.25],
        ...     scales={"achievable_error": Scale()})
        >>> floors[0].value, floors[0].n_groups, floors[0].n_entries
        (0.8, 2, 5)

        One pair differs by 2, the others by 0.5, 1.5 and 2, together 6 over 4 pairs. Two are 2
        apart; −5.5 is 1.25 from the middle of the other two, −6 is 0.5, −7.5 is 1.75:

        >>> round(floors[1].value * 2**0.5, 9), floors[2].value
        (1.5, 1.5)

        Three of four scored entries are like the first group: 0.75 · 2 + 0.25 · 4/3.

        >>> round(floors[3].value * 2**0.5, 4)
        1.8333
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
    pairs = y * (2 * place - (size - 1)) / math.sqrt(2), (size - 1) / 2
    alone, whole = np.arange(counts.size), Scale()
    cluster = alone if clusters is None else np.asarray(clusters)[order][first]
    cluster = np.unique(cluster, return_inverse=True)[1]
    level = 0 * alone if levels is None else np.asarray(levels)[order][first].astype(np.intp)
    one, ones = (0 * alone, np.ones(1)), np.ones(y.size)
    parts: dict[str, tuple[Any, ...]] = {
        "replicate_median_deviation": (deviation((size - 1) // 2, size // 2), ones, *one, whole),
        "replicate_pair_difference": (*pairs, *one, whole),
        "replicate_leave_one_out": (left_out, ones, *one, whole),
    }
    weighted = (level, np.asarray(shares, dtype=np.float64))
    parts |= {name: (*pairs, *weighted, scale) for name, scale in (scales or {}).items()}
    floors = []
    for name, (above, below, stratum, share, scale) in parts.items():
        sums, weights = (np.bincount(group, weights=w).astype(float) for w in (above, below))
        found: dict[str, float] = {}
        for unit, key in ((alone, "groups_ci"), (cluster, "ci")):
            value, rest, df = _weighted_mean(sums, weights, unit, stratum, share)
            value, rest = (scale.measured * x + scale.oracle_share for x in (value, rest))
            present = np.array(len(rest))
            ends = iv.error_interval(value, rest, present=present, df=df, confidence=confidence)
            found |= {f"{key}_low": float(ends[0]), f"{key}_high": float(ends[1])}
        error = math.sqrt(float(iv.jackknife_variance(value, rest, present)))
        counted = {"n_groups": counts.size, "n_clusters": len(rest), "n_entries": y.size}
        found |= {"value": float(value), "oracle_share": scale.oracle_share}
        floors.append(ReplicateFloor(name=name, standard_error=error, df=df, **counted, **found))  # type: ignore[arg-type]
    return tuple(floors)


def _weighted_mean(
    sums: Array,
    weights: Array,
    unit: npt.NDArray[np.intp],
    stratum: npt.NDArray[np.intp],
    shares: Array,
) -> tuple[Array, Array, float]:
    """A mean over strata of known shares, the same without each unit, and degrees of freedom.

    Args:
        sums: Of each group, shape (n_groups,).
        weights: Likewise; the mean of a stratum is the ratio of its sums and weights.
        unit: What is left out with each group, 0 … n_units − 1, same shape.
        stratum: Stratum of each group, same shape.
        shares: Of the strata, shape (n_strata,).
    """
    above, below = np.zeros((2, int(unit.max()) + 1, len(shares)))
    np.add.at(above, (unit, stratum), sums)
    np.add.at(below, (unit, stratum), weights)

    def mean(n: Array, d: Array) -> Array:
        known = shares * (d > 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            parts = np.where(known > 0, n / d, 0.0)
            found: Array = (parts * known).sum(axis=-1) / known.sum(axis=-1)
        return found

    totals = above.sum(axis=0), below.sum(axis=0)
    known = shares * (totals[1] > 0)
    sizes = (below[:, known > 0] / totals[1][known > 0]) @ known[known > 0]
    left_out = mean(totals[0] - above, totals[1] - below)
    return mean(*totals), left_out, iv.degrees_of_freedom(sizes)


def gap_closed(
    score: float,
    reference: float,
    floor: ReplicateFloor,
    left_out: tuple[Array, Array],
    *,
    df: float,
    confidence: float,
    seed_variance: float = 0.0,
) -> tuple[float, float, float]:
    """Share of the way from a reference to the achievable error, with its interval.

    Groups of test entries are left out in turn for score and reference alike; the doubt about the
    floor and the choice of seeds enter to first order.

    Args:
        score: An error, in the unit of the floor.
        reference: That of a trivial model on the same entries.
        floor: The achievable error.
        left_out: Both errors with each group of entries left out, shape (n_groups,) each.
        df: Degrees of freedom over these groups.
        confidence: Level of the interval.
        seed_variance: Variance of the two errors' difference from the choice of seeds.

    Returns:
        (reference − score) / (reference − floor) and the ends of its interval; NaN where it is not
        defined. 0 is the reference, 1 the floor, negative is worse than the reference.

    Example:
        >>> floor = replicate_floors([1.0, 2.0], [1, 1], confidence=0.95)[0]
        >>> gap_closed(1.0, 2.0, floor, (np.ones(2), 2 * np.ones(2)), df=1.0, confidence=0.95)[0]
        0.6666666666666666
    """
    gap = reference - floor.value
    if not gap > 0:
        return math.nan, math.nan, math.nan
    closed = (reference - score) / gap
    with np.errstate(divide="ignore", invalid="ignore"):
        without = (left_out[1] - left_out[0]) / (left_out[1] - floor.value)
    parts = [
        (float(iv.jackknife_variance(np.array(closed), without, np.array(len(without)))), df),
        ((closed / gap * floor.standard_error) ** 2, floor.df),
        (seed_variance / gap**2, math.inf),
    ]
    t = float(iv.student_t(float(iv.combined_freedom(parts)), confidence))
    spread = t * math.sqrt(math.fsum(variance for variance, _ in parts))
    return closed, closed - spread, closed + spread


def _require_repeats(values: Array, groups: npt.NDArray[np.generic]) -> None:
    problems = []
    if (strange := ~np.isfinite(values)).any():
        places = first_few(np.flatnonzero(strange))
        problems.append(worded("replicates-unmeasured", "replicate floor, values", places=places))
    names, sizes = np.unique(groups, return_counts=True)
    if (sizes < 2).any():
        alone = first_few(names[sizes < 2])
        problems.append(worded("replicates-single", "replicate floor, groups", names=alone))
    if problems:
        raise MetricInputError(problems)
