"""Ranks that admit doubt: rank ranges and tie groups from paired resamples."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ionladder.statistics.bootstrap import Array, percentile_interval

_BLOCK = 1000
"""Resamples ranked at a time, which bounds the memory of a board with many submissions."""


@dataclass(frozen=True, kw_only=True)
class RankRow:
    """Where one submission stands.

    Attributes:
        rank: 1 for the best score; equal scores share the smaller rank.
        rank_low: Best rank in the central ``confidence`` share of the resamples.
        rank_high: Worst such rank.
        tie_group: 1 for the leader and all that cannot be told from it, and so on.
    """

    rank: int
    rank_low: int
    rank_high: int
    tie_group: int


def rank_rows(scores: Array, samples: Array, *, confidence: float) -> list[RankRow]:
    """Rank scores for which smaller is better.

    Tie groups are read from the top: the best submission not yet in a group leads the next one;
    every following submission joins as long as the interval of its paired difference to that
    leader contains zero, and the first that is separated leads a new group. No submission is in
    two groups, and a group never contains one worse than a separated one.

    Args:
        scores: Shape (n_submissions,).
        samples: The same score under shared resamples, shape (n_submissions, n_resamples).
        confidence: Level of the rank ranges and of the paired differences.

    Returns:
        One row per submission, in the order given.
    """
    if len(scores) == 0:
        return []
    tail = (1.0 - confidence) / 2.0
    low, high = _rank_ranges(samples, tail)
    groups = tie_groups(scores, samples, confidence=confidence)
    return [
        RankRow(
            rank=1 + int(np.sum(scores < score)),
            rank_low=int(low[row]),
            rank_high=int(high[row]),
            tie_group=int(groups[row]),
        )
        for row, score in enumerate(scores)
    ]


def _rank_ranges(
    samples: Array, tail: float
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Ranks that the central resamples stay within; observed ranks, not interpolated ones."""
    n_submissions, n_resamples = samples.shape
    ranks = np.empty((n_submissions, n_resamples), dtype=np.int32)
    for begin in range(0, n_resamples, _BLOCK):
        block = slice(begin, begin + _BLOCK)
        ranks[:, block] = _ranks(np.ascontiguousarray(samples[:, block].T)).T
    ranks.sort(axis=1)
    low = max(math.ceil(tail * n_resamples), 1) - 1
    high = max(math.ceil((1.0 - tail) * n_resamples), 1) - 1
    return ranks[:, low].astype(np.int64), ranks[:, high].astype(np.int64)


def _ranks(values: Array) -> npt.NDArray[np.int32]:
    """Rank along the last axis: 1 + how many are smaller, so that equal values share a rank."""
    order = np.argsort(values, axis=1)
    ordered = np.take_along_axis(values, order, axis=1)
    starts = np.zeros(values.shape, dtype=np.int32)
    positions = np.arange(1, values.shape[1], dtype=np.int32)
    starts[:, 1:] = np.where(ordered[:, 1:] > ordered[:, :-1], positions, 0)
    ranks = np.empty_like(starts)
    np.put_along_axis(ranks, order, 1 + np.maximum.accumulate(starts, axis=1), axis=1)
    return ranks


def tie_groups(scores: Array, samples: Array, *, confidence: float) -> npt.NDArray[np.int64]:
    """Number of the tie group of each submission, 1 for the best; see :func:`rank_rows`."""
    groups = np.zeros(len(scores), dtype=np.int64)
    leader = -1
    for row in np.argsort(scores, kind="stable"):
        if leader < 0 or _is_separated(samples[row] - samples[leader], confidence):
            leader = int(row)
            groups[row] = groups.max() + 1
        else:
            groups[row] = groups[leader]
    return groups


def _is_separated(differences: Array, confidence: float) -> bool:
    low, high = percentile_interval(differences, confidence=confidence)
    return bool(low > 0.0 or high < 0.0)
