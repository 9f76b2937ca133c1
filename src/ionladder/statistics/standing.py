"""Scores of many submissions made ready to be compared: paired variances, shared resamples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ionladder.statistics.groups import Array, degrees_of_freedom, left_out_means
from ionladder.statistics.resamples import Resamples


@dataclass(frozen=True, kw_only=True)
class GroupScore:
    """One score as sums over groups: enough to resample it and to pair it with another.

    Attributes:
        sums: Per-entry errors, averaged over seeds and summed within groups, shape
            (n_targets, n_groups). The score is the mean over targets of the mean over entries.
        sizes: Entries in each group that count, same shape.
        per_seed: The score of each seed, shape (n_seeds,).
    """

    sums: Array
    sizes: Array
    per_seed: Array

    @property
    def left_out(self) -> Array:
        """The score with each group left out, shape (n_groups,)."""
        means: Array = left_out_means(self.sums, self.sizes).mean(axis=0)
        return means


@dataclass(frozen=True, kw_only=True)
class Standings:
    """Scores of one board, smaller being better.

    Attributes:
        values: Score of each submission, shape (n,).
        left_out: The same with each group left out, shape (n, n_groups).
        jackknife: Rows whose distance is the standard error of a paired difference, shape
            (n, n_columns): a column for each group, and one for each seed.
        linear: Rows whose distance is the standard deviation of a difference of ``samples``.
        samples: Scores under the shared resamples, shape (n, n_resamples).
        df: Degrees of freedom of a comparison.
    """

    values: Array
    left_out: Array
    jackknife: Array
    linear: Array
    samples: Array
    df: float

    def take(self, rows: npt.NDArray[np.int64]) -> Standings:
        """Some of the submissions, in the order given."""
        return Standings(
            values=self.values[rows],
            left_out=self.left_out[rows],
            jackknife=self.jackknife[rows],
            linear=self.linear[rows],
            samples=self.samples[rows],
            df=self.df,
        )


def make_standings(scores: Sequence[GroupScore], resamples: Resamples) -> Standings:
    """Put scores of the same entries side by side.

    Args:
        scores: One per submission, all over the same groups and targets.
        resamples: The shared resamples. Groups are drawn with replacement, and so are the seeds
            of a submission that has several. Submissions with equally many seeds share the draws,
            so that a copy of a submission never differs from it.
    """
    if not scores:
        nothing = np.empty((0, 0))
        return Standings(
            values=np.empty(0),
            left_out=nothing,
            jackknife=nothing,
            linear=nothing,
            samples=np.empty((0, resamples.n_resamples)),
            df=np.nan,
        )
    sums = np.stack([score.sums for score in scores])
    sizes = scores[0].sizes
    n_groups = sizes.shape[1]
    values = (sums.sum(axis=2) / sizes.sum(axis=1)).mean(axis=1)
    left_out = left_out_means(sums, sizes)
    shifts = left_out - (sums.sum(axis=2) / sizes.sum(axis=1))[:, :, None]
    kept = 1.0 - sizes / sizes.sum(axis=1, keepdims=True)
    seeds, counts = _seed_columns(scores)
    jackknife = np.sqrt((n_groups - 1.0) / n_groups) * shifts.mean(axis=1)
    return Standings(
        values=values,
        left_out=left_out.mean(axis=1),
        jackknife=np.hstack([jackknife, seeds]),
        linear=np.hstack([(shifts * kept).mean(axis=1), seeds]),
        samples=_group_samples(sums, sizes, values, resamples)
        + _seed_samples(seeds, counts, resamples),
        df=degrees_of_freedom(sizes.mean(axis=0)),
    )


def _group_samples(sums: Array, sizes: Array, values: Array, resamples: Resamples) -> Array:
    """Scores under every resample of groups, shape (n, n_resamples)."""
    samples = np.empty((len(sums), resamples.n_resamples))
    for block, counts in resamples.group_counts(sizes.shape[1]):
        drawn = sizes @ counts
        # A resample without a single labelled entry of some target says nothing about it.
        empty = (drawn == 0).any(axis=0)
        drawn[:, empty] = 1.0
        totals = [sums[:, target] @ (counts / drawn[target]) for target in range(len(sizes))]
        samples[:, block] = np.mean(totals, axis=0)
        samples[:, block][:, empty] = values[:, None]
    return samples


def _seed_columns(scores: Sequence[GroupScore]) -> tuple[Array, list[int]]:
    """What each seed adds to the deviation of a submission's mean over seeds.

    Squares of a row sum to the variance of that mean, s²/k for k seeds. Submissions with equally
    many seeds share columns.

    Returns:
        Shape (n, total number of columns), and the numbers of seeds that have columns.
    """
    counts = sorted({len(score.per_seed) for score in scores if len(score.per_seed) > 1})
    begins = dict(zip(counts, np.cumsum([0, *counts]).tolist(), strict=False))
    columns = np.zeros((len(scores), sum(counts)))
    for row, score in enumerate(scores):
        k = len(score.per_seed)
        if k > 1:
            shifts = score.per_seed - score.per_seed.mean()
            columns[row, begins[k] : begins[k] + k] = shifts / np.sqrt(k * (k - 1.0))
    return columns, counts


def _seed_samples(seeds: Array, counts: list[int], resamples: Resamples) -> Array | float:
    """What drawing seeds with replacement adds to the samples."""
    if not counts:
        return 0.0
    drawn = np.vstack([resamples.seed_counts(k) for k in counts])
    samples: Array = seeds @ drawn
    return samples
