"""Ranks that admit doubt: rank ranges and the probability of being best, from shared resamples."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ionladder.statistics.groups import Array
from ionladder.statistics.resamples import Resamples
from ionladder.statistics.standing import Standings
from ionladder.statistics.ties import tie_groups

_CELLS = 1_000_000
"""Scores ranked at a time, which bounds the memory of a board with many submissions."""


@dataclass(frozen=True, kw_only=True)
class RankRow:
    """Where one submission stands.

    Attributes:
        rank: 1 for the best score; equal scores share the smaller rank.
        rank_low: Best rank in the central ``confidence`` share of the resamples.
        rank_high: Worst such rank.
        tie_group: 1 for the leader and all that cannot be told from it, and so on.
        probability_best: Share of the resamples in which it has the best score; those that share
            it share the resample.
    """

    rank: int
    rank_low: int
    rank_high: int
    tie_group: int
    probability_best: float


def rank_rows(standings: Standings, *, resamples: Resamples, confidence: float) -> list[RankRow]:
    """Rank scores for which smaller is better.

    Args:
        standings: The submissions.
        resamples: The resamples that ``standings`` rests on.
        confidence: Level of the rank ranges and of the comparisons that make tie groups.

    Returns:
        One row per submission, in the order given.
    """
    if not len(standings.values):
        return []
    low, high, best = _resampled_ranks(standings.samples, (1.0 - confidence) / 2.0)
    groups = tie_groups(standings, resamples=resamples, confidence=confidence)
    ordered = np.sort(standings.values)
    ranks = 1 + np.searchsorted(ordered, standings.values, side="left")
    return [
        RankRow(
            rank=int(ranks[row]),
            rank_low=int(low[row]),
            rank_high=int(high[row]),
            tie_group=int(groups[row]),
            probability_best=float(best[row]),
        )
        for row in range(len(ranks))
    ]


def _resampled_ranks(
    samples: Array, tail: float
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Array]:
    """Ranks that the central resamples stay within, observed ones, and how often each is best."""
    n_submissions, n_resamples = samples.shape
    ranks = np.empty((n_submissions, n_resamples), dtype=np.int32)
    best = np.zeros(n_submissions)
    step = max(_CELLS // n_submissions, 1)
    for begin in range(0, n_resamples, step):
        block = slice(begin, begin + step)
        ranks[:, block] = _ranks(np.ascontiguousarray(samples[:, block].T)).T
        is_best = ranks[:, block] == 1
        best += (is_best / is_best.sum(axis=0)).sum(axis=1)
    ranks.sort(axis=1)
    # Rounded, since 2.5 % of 1,000 is 25 and not the 26 that the next float above 0.025 gives.
    low = max(math.ceil(round(tail * n_resamples, 6)), 1) - 1
    high = max(math.ceil(round((1.0 - tail) * n_resamples, 6)), 1) - 1
    return (
        ranks[:, low].astype(np.int64),
        ranks[:, high].astype(np.int64),
        best / n_resamples,
    )


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
