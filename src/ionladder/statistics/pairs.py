"""Paired differences: how much better one submission is than another on the same entries."""

from __future__ import annotations

from dataclasses import dataclass

from ionladder.statistics.groups import Array
from ionladder.statistics.intervals import student_t
from ionladder.statistics.standing import Standings


@dataclass(frozen=True, kw_only=True)
class PairedDifferences:
    """One submission against several.

    Attributes:
        difference: Its score minus theirs, shape (n,).
        ci_low: Lower end of the interval of the difference, shape (n,).
        ci_high: Upper end.
        probability_smaller: Share of the shared resamples in which its score is the smaller one,
            equal scores counting half, shape (n,).
    """

    difference: Array
    ci_low: Array
    ci_high: Array
    probability_smaller: Array


def paired_differences(
    standings: Standings, row: int, others: list[int], *, confidence: float
) -> PairedDifferences:
    """Compare one submission with others.

    The interval is that of a jackknife over groups with Student's t, and holds for the one pair;
    tie groups allow for all comparisons of a board together.

    Args:
        standings: The submissions.
        row: The one compared.
        others: Those it is compared with.
        confidence: Level of the intervals.
    """
    difference = standings.values[row] - standings.values[others]
    errors, freedom = standings.errors_to(row, others)
    half = student_t(freedom, confidence) * errors
    gap = standings.samples[others] - standings.samples[row]
    return PairedDifferences(
        difference=difference,
        ci_low=difference - half,
        ci_high=difference + half,
        probability_smaller=((gap > 0).mean(axis=1) + 0.5 * (gap == 0).mean(axis=1)),
    )
